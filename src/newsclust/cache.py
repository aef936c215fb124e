"""Arrays kept on disk: under a fingerprint of what they depend on, and where memory can't hold them.

NumPy's ``.npz`` holds them: no pickle is ever read, and the zip's checksums reveal a damaged entry. A cache only saves
time: where it can't be written or read, the run goes on without it.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from math import prod
from mmap import mmap
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

import numpy as np

from .errors import notice
from .paths import state_dir, whole
from .stages import in_files

Arrays = dict[str, np.ndarray]
#: Bytes of an array from which it is in a file.
IN_FILE = 2**28
#: Bytes that are read at a time.
BLOCK = 2**24

_complained = False


def fingerprint(*parts: object) -> str:
    """16 hex digits that change when any of `parts` (bytes, arrays, or anything JSON can say) changes."""
    digest = hashlib.blake2b(digest_size=8)
    for part in parts:
        if isinstance(part, np.ndarray):
            digest.update(f"{part.dtype.str}{part.shape}".encode())
            part = np.ascontiguousarray(part).tobytes() if part.size == 0 else np.ascontiguousarray(part).data
        elif not isinstance(part, bytes):
            part = json.dumps(part, sort_keys=True, default=str).encode()
        digest.update(hashlib.blake2b(part).digest())
    return digest.hexdigest()


def zeros(shape: tuple[int, ...], dtype: Any) -> np.ndarray:
    """An array of zeros; a large one in a file without a name, whose pages leave memory when a stage begins.

    Where the disk has no room for it, or the system can't promise that, it is in memory.
    """
    n_bytes = prod(shape) * np.dtype(dtype).itemsize
    if n_bytes >= IN_FILE and hasattr(os, "posix_fallocate"):
        with suppress(OSError), TemporaryFile(dir=state_dir("cache")) as file:
            os.posix_fallocate(file.fileno(), 0, n_bytes)  # a disk that fills up later would end the process
            in_files.add(mapped := mmap(file.fileno(), n_bytes))
            return np.frombuffer(mapped, dtype).reshape(shape)
    return np.zeros(shape, dtype)


def once(
    kind: str, key: dict, compute: Callable[[], Arrays], good: Callable[[Arrays], bool] = lambda arrays: True
) -> tuple[Arrays, bool]:
    """The arrays saved as `kind` under `key`; computed and saved if there are none.

    Of several processes that need an entry at the same time one computes it, and the others wait and read.

    Parameters
    ----------
    kind : str
    key : dict
        All that the arrays depend on.
    compute : callable
        Returns the arrays by name.
    good : callable, optional
        Whether saved arrays can be used.

    Returns
    -------
    arrays : dict of ndarray
    computed : bool
        Whether `compute` was called.
    """
    try:
        alone: AbstractContextManager[None] = turn(_path(kind, key).with_suffix(".lock"), f"making the same {kind}")
    except OSError:
        alone = nullcontext()
    with alone:
        kept = load(kind, key)
        if kept is not None and good(kept):
            return kept, False
        arrays = compute()
        save(kind, key, **arrays)
        return arrays, True


def load(kind: str, key: dict) -> Arrays | None:
    """The arrays saved as `kind` under `key`, or None where there are none or the file is damaged."""
    try:
        path = _path(kind, key)
        file = path.open("rb")
    except FileNotFoundError:
        return None
    except OSError as error:  # perhaps another user's file, which we neither judge nor delete
        _complain(error)
        return None
    try:
        with file, np.load(file, allow_pickle=False) as entry:
            arrays = {name: _array(entry, name) for name in entry.files}
        if set(arrays.pop("names")) != arrays.keys():  # a damaged table of contents
            raise ValueError
        return arrays
    except Exception:  # what NumPy and zipfile raise depends on which byte is wrong
        notice(f"The cached {kind} in {path.name} are damaged and will be computed again.")
        with suppress(OSError):
            path.unlink(missing_ok=True)
        return None


def _array(entry: Any, name: str) -> np.ndarray:
    """An array of an open ``.npz``; a large one is never in memory as a whole."""
    if entry.zip.getinfo(f"{name}.npy").file_size < IN_FILE:
        return entry[name]
    with entry.zip.open(f"{name}.npy") as member:
        np.lib.format.read_magic(member)
        shape, by_columns, dtype = np.lib.format.read_array_header_1_0(member)
        array = zeros(shape[::-1] if by_columns else shape, dtype)
        places = array.data.cast("B")
        blocks = [places[start : start + BLOCK] for start in range(0, len(places), BLOCK)]
        if any(member.readinto(block) != len(block) for block in blocks) or member.read(1):
            raise ValueError
    return array.T if by_columns else array


def save(kind: str, key: dict, **arrays: np.ndarray) -> None:
    """Save `arrays` as `kind` under `key`; an interrupted save leaves nothing that looks complete."""
    try:
        # With the rights that the user's umask gives, for others of a group.
        with whole(_path(kind, key)) as part, part.open("xb") as file:
            np.savez(file, names=np.array(list(arrays)), **arrays)  # type: ignore[arg-type]  # none is allow_pickle
    except OSError as error:
        _complain(error)


@contextmanager
def turn(lock: Path, other: str) -> Iterator[None]:
    """Wait until no other process has locked the file `lock`, and say so; if it can't be locked, nobody waits."""
    from filelock import FileLock, Timeout

    held = FileLock(lock)
    with suppress(OSError):
        lock.touch()  # with the rights that the user's umask gives, for others of a group
    try:
        held.acquire(timeout=2)
    except Timeout:
        notice(f"Waiting for another run that is {other} ...")
        held.acquire()
    except (OSError, NotImplementedError):
        pass
    try:
        yield
    finally:
        held.release()


def _complain(error: OSError) -> None:
    global _complained
    if not _complained:
        _complained = True
        what = f"{error.strerror or error}{f' at {error.filename}' if error.filename else ''}"
        notice(f"The cache can't be used ({what}): the run goes on, and later ones may have to compute this again.")


def _path(kind: str, key: dict) -> Path:
    return state_dir("cache") / f"{kind}-{fingerprint(key)}.npz"
