"""papermill's command with one kernel for all notebooks: starting one takes longer than most runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook

_FORGET = new_notebook(cells=[new_code_cell("%reset -f")])


@contextmanager
def one_kernel(folder: Path, running: Any = None) -> Iterator[Callable]:
    """A kernel in `folder`, or one that is `running`; what takes the arguments of papermill's command for it."""
    import papermill.cli
    from click.testing import CliRunner
    from papermill.engines import NBClientEngine, papermill_engines

    kernel = NotebookClient(_FORGET, km=running, resources={"metadata": {"path": str(folder)}})

    class OneKernel(NBClientEngine):
        @classmethod
        def execute_managed_notebook(cls, *arguments, **keywords):
            NotebookClient(_FORGET, km=kernel.km).execute()
            super().execute_managed_notebook(*arguments, km=kernel.km, **keywords)

    papermill_engines.register("one kernel", OneKernel)
    how = ["--engine", "one kernel", "--no-progress-bar"]
    with nullcontext() if running else kernel.setup_kernel():
        yield lambda *arguments: CliRunner().invoke(papermill.cli.papermill, [*map(str, arguments), *how])
