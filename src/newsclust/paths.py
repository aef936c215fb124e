"""Where files are, for a notebook opened in JupyterLab as for papermill run from the project's top."""

from __future__ import annotations

import os
from pathlib import Path


def root() -> Path:
    """The folder that relative paths start from.

    The working folder; and inside ``notebooks/``, where JupyterLab and nbval run their kernels, the folder
    above it, so that a notebook opened by hand and one run by papermill share the same files.
    """
    here = Path.cwd()
    return here.parent if here.name == "notebooks" else here


def state_dir(name: str) -> Path:
    """The folder ``.newsclust/<name>`` for what can be made again: downloads and cached stages."""
    path = root() / ".newsclust" / name
    path.mkdir(parents=True, exist_ok=True)
    return path


def find_input(path: str | Path) -> Path:
    """A file the user named: as seen from the working folder if it is there, else from `root`."""
    path = Path(path).expanduser()
    return path.resolve() if path.exists() else (root() / path).resolve()


def find_output(path: str | Path) -> Path:
    """A file or folder to write: relative paths start from `root`."""
    return (root() / Path(path).expanduser()).resolve()


def short(path: Path) -> str:
    """The path as one would type it here."""
    return os.path.relpath(path, Path.cwd())


def write_whole(path: Path, text: str) -> None:
    """Write a file that is either complete or not there."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        part.write_text(text, encoding="utf-8")
        os.replace(part, path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
