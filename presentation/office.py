"""A deck as PDF, by LibreOffice."""

import shutil
import subprocess
import tempfile
from pathlib import Path

PATIENCE_SECONDS = 180


def write_pdf(deck: Path) -> Path:
    """Convert a .pptx to a PDF beside it; RuntimeError where there is no LibreOffice, or it fails.

    A profile of its own lets several of them run at the same time.
    """
    if not (program := shutil.which("soffice")):
        raise RuntimeError("no soffice: install LibreOffice Impress, or build with --no-pdf")
    with tempfile.TemporaryDirectory(prefix="fruits-office-") as profile:
        command = [
            program, f"-env:UserInstallation={Path(profile).as_uri()}", "--headless",
            "--convert-to", "pdf", "--outdir", str(deck.parent), str(deck),
        ]  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_SECONDS,
                              check=False)  # fmt: skip
    pdf = deck.with_suffix(".pdf")
    if done.returncode or not pdf.is_file():
        raise RuntimeError(f"soffice left no {pdf.name}: {done.stderr or done.stdout}")
    return pdf
