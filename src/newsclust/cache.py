"""Arrays kept on disk under a fingerprint of what they depend on.

NumPy's ``.npz`` holds them: no pickle is ever read, and the zip's checksums reveal a damaged entry.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from pathlib import Path

import numpy as np

from .paths import state_dir


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


def load(kind: str, key: dict) -> dict[str, np.ndarray] | None:
    """The arrays saved as `kind` under `key`, or None where there are none or the file is damaged."""
    path = _path(kind, key)
    try:
        with np.load(path, allow_pickle=False) as entry:
            arrays = {name: entry[name] for name in entry.files}
        if set(arrays.pop("names")) != arrays.keys():  # a damaged table of contents
            raise ValueError
        return arrays
    except FileNotFoundError:
        return None
    except Exception:  # what NumPy and zipfile raise depends on which byte is wrong
        print(f"The cached {kind} in {path.name} are damaged and will be computed again.")
        path.unlink(missing_ok=True)
        return None


def save(kind: str, key: dict, **arrays: np.ndarray) -> None:
    """Keep `arrays` as `kind` under `key`; an interrupted save leaves nothing that looks whole."""
    path = _path(kind, key)
    handle, temporary = tempfile.mkstemp(dir=path.parent, suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            np.savez(file, names=np.array(list(arrays)), **arrays)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _path(kind: str, key: dict) -> Path:
    return state_dir("cache") / f"{kind}-{fingerprint(key)}.npz"
