"""Execute the notebooks and keep what they print: `make notebooks`.

The repository's address is set in one place, pyproject.toml, and written from there into the Colab cells.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import nbformat
from nbclient import NotebookClient

TOP = Path(__file__).parent.parent
WIDGET = "application/vnd.jupyter.widget-view+json"
ORDER = ["embed", "cluster", "compare", "evaluate", "assign"]

#: What makes the finished runs that a notebook looks at.
NEEDED = {
    "compare": ["params/grid.yaml", "--jobs", "2"],
    "assign": ["params/quickstart.yaml"],
}


def run_needed(name: str) -> None:
    """Run what the notebook of this name looks at, unless it is finished and fresh."""
    if name in NEEDED:
        subprocess.run([sys.executable, "-m", "newsclust", "run", *NEEDED[name]], cwd=TOP, check=True)


def refresh(path: Path, repository: str) -> None:
    """Execute one notebook in its folder, as JupyterLab does, and save it without what changes each time."""
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        cell.source = re.sub(r'(?m)^REPOSITORY = "[^"]*"', f'REPOSITORY = "{repository}"', cell.source)
    NotebookClient(notebook, resources={"metadata": {"path": str(path.parent)}}).execute()
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        if cell.cell_type == "code":
            # Progress bars are for whoever waits for them.
            cell.outputs = [
                output
                for output in cell.outputs
                if output.get("name") != "stderr" and WIDGET not in output.get("data", {})
            ]
    notebook.metadata.pop("widgets", None)
    nbformat.write(notebook, path)
    print(f"executed {path.relative_to(TOP)}")


if __name__ == "__main__":
    address = tomllib.loads((TOP / "pyproject.toml").read_text())["project"]["urls"]["Repository"]
    for name in sys.argv[1:] or ORDER:
        run_needed(name)
        refresh(TOP / "notebooks" / f"{name}.ipynb", address)
