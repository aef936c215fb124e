"""Execute the notebooks and keep what they print: `make notebooks`.

What is set in one place is written from there: the repository's address (pyproject.toml) into the Colab cells, and all
parameters (the model of them) into the cell of cluster.ipynb that papermill reads them from.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from inspect import signature
from pathlib import Path
from textwrap import indent
from types import ModuleType

import nbformat
from nbclient import NotebookClient

TOP = Path(__file__).parent.parent
WIDGET = "application/vnd.jupyter.widget-view+json"
ORDER = ["embed", "cluster", "explore", "compare", "evaluate", "assign"]

#: What makes the finished runs that a notebook looks at.
NEEDED = {
    "compare": ["params/grid.yaml", "--jobs", "1"],
    "assign": ["params/quickstart.yaml"],
    "explore": ["params/quickstart.yaml"],
}


def run_needed(name: str) -> None:
    """Run what the notebook of this name looks at, unless it is finished and fresh."""
    if name in NEEDED:
        subprocess.run([sys.executable, "-m", "newsclust", "run", *NEEDED[name]], cwd=TOP, check=True)


def all_parameters() -> str:
    """The text of the cell that papermill reads the parameters from: no line of it may have two equals signs."""
    from newsclust.run.parameters import Parameters, listed

    n = len(Parameters.model_fields)
    what = f"All {n} parameters and their defaults: set any in the cell above, or with papermill's -p and -f"
    last = "papermill writes what a run was given into a cell of its own below this one, such as `seed = 7`."
    return "\n\n".join([f"<details><summary>{what}</summary>", indent(listed(), "    "), last, "</details>"])


def parameters_page() -> str:
    """docs/parameters.md."""
    from newsclust.run.parameters import listed

    told = "Of `cluster.ipynb`, `nc.find` and parameter files, with their defaults; written by `make notebooks`."
    return f"# Parameters\n\n{told}\n\n```text\n{listed()}\n```\n"


def reference_page() -> str:
    """docs/reference.md: what `nc`, `nc.show` and `nc.grid` offer, each with its arguments and its first sentence."""
    import newsclust as nc

    lines = [
        "# Reference",
        "",
        "What `import newsclust as nc` offers; `help(nc.find)` says more. Written by `make notebooks`.",
    ]
    for name, room in {"nc": nc, "nc.show": nc.show, "nc.grid": nc.grid}.items():
        lines += ["", f"## {name}", ""]
        for what in sorted(dir(room)):
            one = getattr(room, what)
            if what.startswith("_") or isinstance(one, ModuleType):
                continue
            given = "" if isinstance(one, type) else f"({', '.join(signature(one).parameters)})"
            lines.append(f"- `{what}{given}`: {(one.__doc__ or '').strip().splitlines()[0]}")
    return "\n".join([*lines, ""])


def refresh(path: Path, repository: str) -> None:
    """Execute one notebook in its folder, as JupyterLab does, and save it without what changes each time."""
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "markdown" and "parameters" in cell.metadata.get("tags", []):
            cell.source = all_parameters()
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
    (TOP / "docs/parameters.md").write_text(parameters_page(), encoding="utf-8")
    (TOP / "docs/reference.md").write_text(reference_page(), encoding="utf-8")
    address = tomllib.loads((TOP / "pyproject.toml").read_text())["project"]["urls"]["Repository"]
    for name in sys.argv[1:] or ORDER:
        run_needed(name)
        refresh(TOP / "notebooks" / f"{name}.ipynb", address)
