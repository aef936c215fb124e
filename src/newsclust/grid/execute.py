"""Execute one notebook with papermill, in a kernel of this environment, and say in a sentence what went wrong."""

from __future__ import annotations

import gc
import os
import re
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from .. import errors
from ..errors import NewsclustError, RunError, shortage
from ..paths import find_shipped

#: Garbage collection is rare: imports make little garbage, and looking for it took a quarter of a kernel's time.
RARELY = 50_000, 20, 100
# In a kernel without a browser tqdm draws its bars as text, instead of loading ipywidgets for bars that nobody sees.
_AT_START = f"""import gc, sys, tqdm.std
gc.set_threshold(*{RARELY})
sys.modules["tqdm.autonotebook"] = tqdm.std
del gc, sys, tqdm"""
_KERNEL_ARGUMENTS = [
    "--IPKernelApp.log_level=CRITICAL",  # its warnings would tear the progress bar
    f"--IPKernelApp.exec_lines={'; '.join(_AT_START.splitlines())}",
]
# For the next run a kernel keeps the libraries, which take five seconds to load, but nothing of this project.
_FORGET = """import sys
for name in list(sys.modules):
    if name.partition(".")[0] in ("graph_hdbscan", "headline_reader", "newsclust"):
        del sys.modules[name]
get_ipython().reset(new_session=True)"""
#: Seconds from one copy of an unfinished notebook to the next.
SAVED_EVERY = 5
ENGINE = "newsclust"


def find_notebook(name: str) -> Path:
    """``notebooks/<name>.ipynb`` of the working folder, where there is one, else the one that came with newsclust.

    Raises
    ------
    RunError
    """
    if path := find_shipped(f"notebooks/{name}.ipynb"):
        return path
    raise RunError(f"there is no notebooks/{name}.ipynb, here or with the package: install newsclust again.")


@contextmanager
def kept_kernels() -> Iterator[list[Any]]:
    """A list for idle kernels, so that one serves several calls of `execute`; they end with the block."""
    from jupyter_client.utils import run_sync

    kernels: list[Any] = []
    try:
        yield kernels
    finally:
        for kernel in kernels:
            run_sync(kernel.shutdown_kernel)(now=True)


def execute(
    notebook: Path,
    executed: Path,
    parameters: dict[str, Any],
    show_bars: bool = False,
    kernels: list[Any] | None = None,
) -> str:
    """Execute `notebook` with `parameters`, and write it whole or not at all.

    Parameters
    ----------
    notebook, executed : Path
    parameters : dict
    show_bars : bool
        Pass on what the notebook writes to its standard error, such as progress bars.
    kernels : list, optional
        The list of `kept_kernels`; without it the notebook gets a kernel of its own.

    Returns
    -------
    str
        What went wrong, in a sentence; "" if nothing did.
    """
    from nbclient.exceptions import DeadKernelError

    papermill = load_papermill()
    part = executed.with_name(f".{executed.stem}.part.ipynb")
    message = ""
    try:
        papermill.execute_notebook(
            _literal(notebook),
            _literal(part),
            parameters=parameters,
            kernel_name="python3",  # whatever kernel the notebook was last saved with
            language="python",
            engine_name=ENGINE,
            progress_bar=False,
            stderr_file=sys.stderr if show_bars else None,
            coalesce_streams=True,
            extra_arguments=list(_KERNEL_ARGUMENTS),
            kernels=kernels,
        )
    except papermill.PapermillExecutionError as error:
        message = error.evalue
        if not _is_sentence(error.ename):
            message = _hidden(message) or f"{error.ename}: {message}"
            message = f"The machine is short of something: {lacking}" if (lacking := shortage(message)) else message
    except DeadKernelError:
        message = (
            "The notebook's kernel died, perhaps because memory ran out, or because a limit of this user or container "
            "leaves it too little memory or too few threads (ulimit -v, ulimit -u): raise that and run again."
        )
        _note_failure(part, message)
    except Exception as error:
        lacking = shortage(error) or f"{type(error).__name__}: {error}."
        message = f"The notebook could not be executed ({lacking.rstrip('.')})."
        if not part.exists():
            shutil.copyfile(notebook, part)
        _note_failure(part, message)
    os.replace(part, executed)
    return " ".join(message.split())


def load_papermill() -> Any:
    """papermill, set to the kernel of this environment; to be called once before several threads execute."""
    os.environ.setdefault("JUPYTER_PREFER_ENV_PATH", "1")  # not a kernel of that name that the user installed
    gc.set_threshold(*RARELY)
    import papermill
    from papermill.clientwrap import PapermillNotebookClient
    from papermill.engines import NBClientEngine, NotebookExecutionManager, papermill_engines

    class SparingClient(PapermillNotebookClient):
        """A client that uses an idle kernel, if there is one, and leaves it running for others."""

        def execute(self, kernels: list[Any] | None) -> None:
            with suppress(AttributeError, IndexError):
                self.km = kernels.pop()  # type: ignore[union-attr]  # or there is none
            self.is_used = self.km is not None
            try:
                super().execute(cleanup_kc=kernels is None)
            except BaseException:
                if self.km is not None:
                    self._cleanup_kernel()
                raise
            if kernels is not None:
                self.kc.stop_channels()
                kernels.append(self.km)

        def papermill_execute_cells(self) -> None:
            if self.is_used:
                self.wait_for_reply(self.kc.execute(_FORGET, silent=True))
            super().papermill_execute_cells()

    class SparingEngine(NBClientEngine):
        """An engine that saves rarely: papermill's writes the whole notebook around each cell, seconds per run."""

        @classmethod
        def execute_managed_notebook(cls, nb_man: NotebookExecutionManager, *arguments: Any, **options: Any) -> None:
            save = nb_man.save

            def save_now_and_then() -> None:
                if (nb_man.now() - nb_man.last_save_time).total_seconds() >= SAVED_EVERY:
                    save()

            nb_man.save = save_now_and_then
            given = {name: options[name] for name in ("stderr_file", "coalesce_streams", "extra_arguments")}
            try:
                client = SparingClient(nb_man, kernel_name="python3", log=papermill.log.logger, **given)
                client.execute(options["kernels"])
            finally:
                nb_man.save = save  # it is written in any case at the end

    papermill_engines.register(ENGINE, SparingEngine)
    return papermill


def kill_kernels() -> None:
    """End the kernels of this process at once; during a long computation they would not notice its end."""
    import psutil

    for child in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            child.kill()


def _is_sentence(name: str) -> bool:
    """Whether an error of this name is one of our own, whose message already is a sentence."""
    kind = getattr(errors, name, None)
    return isinstance(kind, type) and issubclass(kind, NewsclustError)


def _hidden(message: str) -> str:
    """What to do where a file of the working folder is imported instead of a library; "" where none is."""
    files = [Path(f"{name}.py") for name in re.findall(r"'(\w+)'", message)]
    hiding = next((file for file in files if file.is_file()), None)
    return f"{hiding} in this folder hides the library of that name: rename it and run again." if hiding else ""


def _literal(path: Path) -> str:
    """A path as text for papermill, which would fill in parameters between braces."""
    return str(path).replace("{", "{{").replace("}", "}}")


def _note_failure(notebook: Path, message: str) -> None:
    """Add an error where the notebook stopped, because papermill adds none if the kernel failed and not the code."""
    import nbformat

    nb = nbformat.read(notebook, as_version=4)
    started = [c for c in nb.cells if c.cell_type == "code" and c.metadata.get("papermill", {}).get("start_time")]
    cells = started or [c for c in nb.cells if c.cell_type == "code"]
    if cells:
        error = nbformat.v4.new_output("error", ename=RunError.__name__, evalue=message, traceback=[message])
        cells[-1].outputs.append(error)
    nbformat.write(nb, notebook)
