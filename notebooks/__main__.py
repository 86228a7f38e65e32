"""python -m notebooks: runs the notebook of the defence and keeps its outputs.

python -m notebooks --check                               run it on a drawn orchard, keep nothing
python -m notebooks --input fruits-360.zip                run it on these photos, keep its outputs
"""

import argparse
import tempfile
from pathlib import Path

import nbformat

from notebooks.execution import execute

NOTEBOOK = Path(__file__).with_name("fruits.ipynb")


def main() -> None:
    """Run the notebook; end with 1 where a cell fails."""
    parser = argparse.ArgumentParser(prog="python -m notebooks", description=__doc__)
    parser.add_argument("--input", type=Path, help="photos: a folder or a zip [a drawn orchard]")
    parser.add_argument("--model", default="mobilenet_v2", help="the network [mobilenet_v2]")
    parser.add_argument("--check", action="store_true", help="run it, but keep no output")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="fruits-notebook-") as folder:
        done = execute(NOTEBOOK, Path(folder), photos=given.input, model=given.model)
    if not given.check:
        nbformat.write(done, NOTEBOOK)
    cells = sum(cell.cell_type == "code" for cell in done.cells)
    print(
        f"{cells} code cells ran{'' if given.check else ', their outputs are in ' + NOTEBOOK.name}"
    )


if __name__ == "__main__":
    main()
