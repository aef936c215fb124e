"""Where files are, for a notebook opened in JupyterLab as for papermill run from the project's top."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import pickle
import re
import shutil
import stat
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from secrets import token_hex
from typing import Any

from .errors import InputError, RunError, notice
from .stages import current_log

#: Bytes that file systems allow for a name; a name in a folder that does not exist yet can't be tried.
NAME_BYTES = 255


def root() -> Path:
    """The folder that relative paths start from.

    The working folder; and inside this project's ``notebooks/``, where JupyterLab and nbval run their kernels, the
    folder above it, so that a notebook opened by hand and one run by papermill share the same files.
    """
    here = Path.cwd()
    return here.parent if here.name == "notebooks" and _is_this_project(here.parent) else here


def state_dir(name: str) -> Path:
    """The folder ``.newsclust/<name>`` for the cache: downloads and cached stages.

    If it can't be written, as in a read-only checkout, a folder of the user elsewhere, with one notice.
    """
    path = root() / ".newsclust" / name
    if _can_keep(path):
        return path
    other = fallback_dir() / name
    other.mkdir(parents=True, exist_ok=True)
    tell_once(f"{path} can't be written: the cache is kept in {other} instead.")
    return other


def fallback_dir() -> Path:
    """A folder for this project's files outside of it: in the user's cache, else among the temporary files."""
    import platformdirs

    project = root()
    name = f"{project.name}-{hashlib.blake2b(os.fsencode(project), digest_size=4).hexdigest()}"
    caches = platformdirs.user_cache_path()
    # For a user without a home it begins with "~", which would be a folder of that name.
    if caches.is_absolute() and _can_keep(caches / "newsclust" / name):
        return caches / "newsclust" / name
    return _temporary_dir() / name


def find_input(path: str | os.PathLike) -> Path:
    """A file the user named: as seen from the working folder if it is there, else from `root`.

    Raises
    ------
    InputError
        If no file can have this path: a name too long, with a NUL character, of an unknown user.
    """
    with _possible(path):
        path = Path(path).expanduser()
        return _resolved(path if path.exists() else _checked(root() / path))


def find_shipped(path: str | Path) -> Path | None:
    """A file of ``notebooks/`` or ``params/`` of newsclust's project, or as it came with newsclust; None for neither.

    Another project's files of this name are not used, and not executed.
    """
    package, here = Path(__file__).parent, root()
    checkout = package.parents[1]  # where the package is installed in place, they are not in it
    own = [here] if _is_this_project(here) else []
    if not own and (here / path).is_file():
        tell_once(
            f"{path} in {here} is not used, because that is not newsclust's project: the one that came with it is."
        )
    found = (folder / path for folder in (*own, package, checkout))
    return next((path for path in found if path.is_file()), None)


def find_output(path: str | Path) -> Path:
    """A file or folder to write: relative paths start from `root`.

    Raises
    ------
    InputError
        If no file can have this path.
    """
    with _possible(path):
        return _resolved(_checked(root() / Path(path).expanduser()))


def can_write(path: Path) -> bool:
    """Whether a file or folder may be made at `path`, or written where it is there, as far as permissions tell."""
    while not os.path.lexists(path) and path != path.parent:
        path = path.parent
    return os.access(path, os.W_OK | (os.X_OK if path.is_dir() else 0))


def short(path: Path) -> str:
    """The path as one would type it here."""
    try:
        return min(os.path.relpath(path, Path.cwd()), str(path), key=len)
    except ValueError:  # another drive of Windows
        return str(path)


def give_numba_a_folder() -> None:
    """Call this before importing what numba compiles.

    If numba can write neither beside the code nor into a home folder, it fails instead of compiling without a cache. It
    also fails, in every later run, if a file of its cache is truncated, as by a full disk.
    """
    _choose_numbas_folder()
    _mend_numbas_cache()


def _choose_numbas_folder() -> None:
    specs = map(find_spec, ("newsclust.neighbors", "umap", "pynndescent"))
    beside = [Path(spec.origin).parent for spec in specs if spec and spec.origin]
    if "NUMBA_CACHE_DIR" in os.environ or all(can_write(folder / "__pycache__") for folder in beside):
        return
    os.environ["NUMBA_CACHE_DIR"] = folder = str(state_dir("numba"))
    if "numba" in sys.modules:  # it has read the environment already
        sys.modules["numba"].config.CACHE_DIR = folder


@lru_cache
def _mend_numbas_cache() -> None:
    """Make numba compile again what it can't read from its cache, and ignore what it can't write there."""
    from numba.core.caching import Cache

    load, save = Cache._load_overload, Cache._save_overload

    def load_or_compile(cache: Cache, *arguments: Any) -> Any:
        try:
            return load(cache, *arguments)
        except Exception:  # the exception depends on where the file is truncated
            with suppress(Exception):
                cache.flush()

    def save_if_possible(cache: Cache, *arguments: Any) -> None:
        with suppress(OSError, EOFError, ValueError, pickle.UnpicklingError):
            save(cache, *arguments)

    Cache._load_overload, Cache._save_overload = load_or_compile, save_if_possible  # type: ignore[method-assign]  # mended


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """A file to write, which replaces `path` if the block succeeds, and is deleted otherwise.

    Leftovers of killed processes for the same file are deleted, too.
    """
    import psutil

    part = path.with_name(f".{path.name}.{os.getpid()}-{token_hex(4)}.part")
    try:
        yield part
        os.replace(part, path)
    finally:
        with suppress(OSError, ValueError):
            part.unlink(missing_ok=True)
            for left in path.parent.glob(f".{path.name}.*.part"):
                if not psutil.pid_exists(int(left.name.split(".")[-2].partition("-")[0])):
                    left.unlink(missing_ok=True)


def write_whole(path: Path, content: str | Callable[[Path], object]) -> None:
    """Write a text, or call what writes a file at the path it is given; the file is complete or not there.

    Raises
    ------
    RunError
        If it can't be written.
    """
    try:
        with whole(path) as part:
            part.write_text(content, encoding="utf-8") if isinstance(content, str) else content(part)
    except OSError as error:
        advice = "check that its folder is there, its permissions and the room on its disk, and run this again."
        raise RunError(f"{short(path)} can't be written ({error.strerror}): {advice}") from None


def write_all(folder: Path, texts: dict[str, str]) -> list[Path]:
    """Write texts into files of a folder, which is made where it is missing.

    Raises
    ------
    RunError
        If they can't be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RunError(f"{short(folder)} can't be made ({error.strerror}): give another one with --output.") from None
    for name, text in texts.items():
        write_whole(folder / name, text)
    return [folder / name for name in texts]


def read_json(file: Path) -> dict[str, Any]:
    """The names and values in a file; none where it is missing, damaged or something else."""
    with suppress(OSError, ValueError):
        found = json.loads(file.read_text(encoding="utf-8"))
        return found if isinstance(found, dict) else {}
    return {}


def remove(folder: Path) -> str:
    """Remove a folder of ours, and say so; of a link to another place only the link."""
    size = sum(file.lstat().st_size for file in folder.rglob("*") if file.is_file())
    if folder.is_symlink():
        folder.unlink()
    else:
        shutil.rmtree(folder, ignore_errors=not folder.exists())
    return f"Removed {short(folder)} ({size / 2**20:.1f} MiB)."


def tell_once(text: str) -> None:
    """A notice that is shown once in this process and folder; each log keeps it."""
    current_log().keep(text)
    _show_once(text, os.getcwd())


@lru_cache
def _show_once(text: str, _folder: str) -> None:
    notice(text)


@lru_cache
def _is_this_project(folder: Path) -> bool:
    with suppress(OSError, UnicodeDecodeError):
        return bool(re.search(r'(?m)^name = "newsclust"$', (folder / "pyproject.toml").read_text(encoding="utf-8")))
    return False


def _can_keep(folder: Path) -> bool:
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        return os.access(folder, os.R_OK | os.W_OK | os.X_OK)
    return False


@lru_cache
def _temporary_dir() -> Path:
    """A temporary folder, the same for every process of a user, unless somebody else has taken its name."""
    if not hasattr(os, "getuid"):
        return Path(tempfile.gettempdir(), "newsclust")  # of the user alone, on Windows
    path = Path(tempfile.gettempdir(), f"newsclust-{os.getuid()}")
    with suppress(FileExistsError):
        path.mkdir(mode=0o700)
    facts = path.lstat()
    mine = stat.S_ISDIR(facts.st_mode) and facts.st_uid == os.getuid() and not facts.st_mode & 0o022
    return path if mine else Path(tempfile.mkdtemp(prefix="newsclust-"))


@contextmanager
def _possible(path: str | os.PathLike) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        why = "the working folder is gone: change into another one"
    except PermissionError as error:
        why = f"{error.strerror} at {error.filename}"
    except OSError as error:
        why = str(error.strerror)
    except RuntimeError as error:
        why = "it links to itself" if "link" in str(error) else "there is no such user"
    except ValueError:
        why = "it holds a character that no path may have"
    else:
        return
    text = str(path)
    shown = repr(text if len(text) <= 60 else f"{text[:40]}...{text[-15:]}")
    raise InputError(f"{shown} cannot be the path of a file ({why[0].lower()}{why[1:]}): correct it.")


def _resolved(path: Path) -> Path:
    resolved = path.resolve()
    if resolved.is_symlink():  # from Python 3.13 on that raises nothing itself
        raise OSError(errno.ELOOP, "it links to itself")
    return resolved


def _checked(path: Path) -> Path:
    if any(len(os.fsencode(part)) > NAME_BYTES for part in path.parts):
        raise OSError(errno.ENAMETOOLONG, "File name too long")
    with suppress(FileNotFoundError, NotADirectoryError, PermissionError):
        path.lstat()
    return path
