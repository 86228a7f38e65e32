"""Where each result lies under an output."""

from typing import Final

MATRIX_CSV: Final = "matrix/matrix.csv"
MATRIX_PARQUET: Final = "matrix/matrix.parquet"
PCA_NPZ: Final = "pca/pca.npz"
PCA_JSON: Final = "pca/pca.json"
REPORT_JSON: Final = "report.json"
REPORT_HTML: Final = "report.html"
FIGURES: Final = "figures"
"""The folder of the report's figures, as PNG and SVG."""
