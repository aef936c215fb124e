"""From what the user names to bytes: a file, a folder, a pattern, an address, several of them; unpacked."""

from __future__ import annotations

import difflib
import glob
import os
import re
from collections.abc import Callable
from importlib import resources
from pathlib import Path

from newsclust.errors import InputError
from newsclust.paths import find_input, short

from .columns import listed
from .downloads import fetched, shown_address
from .unpacking import Piece, labelled, most_bytes, tables_among, unpacked

#: The Milvus tutorial's data set, https://www.kaggle.com/datasets/dylanjcastillo/news-headlines-2024, as a zip.
KAGGLE_URL = "https://www.kaggle.com/api/v1/datasets/download/dylanjcastillo/news-headlines-2024"
#: Files that come with newsclust, under the names that `data` calls them by.
BUNDLED = {"sample": "the sample", "january": "the headlines of January"}
_ADDRESS = re.compile(r"\s*[a-z][\w+.-]+:/", re.IGNORECASE)  # one slash is what pathlib leaves of two


def gather(data: object, check: Callable[[Piece], None]) -> list[Piece]:
    """Everything that `data` names, unpacked, in a fixed order.

    Parameters
    ----------
    data : str, Path, or a list of them
        See `newsclust.read_corpus`.
    check : callable
        Raises an InputError where a downloaded piece is not worth keeping.

    Raises
    ------
    InputError
    """
    if isinstance(data, (list, tuple)):
        if not data:
            raise InputError("data is an empty list: name at least one file.")
        pieces = [piece for item in data for piece in gather(item, check)]
        return labelled(pieces)
    if not isinstance(data, (str, os.PathLike)) or not str(data).strip():
        raise InputError(
            f"data is {data!r}: give 'sample', 'kaggle', or the path or http(s) address of your headlines."
        )
    if isinstance(data, str) and data in BUNDLED:
        return [Piece(BUNDLED[data], data, (resources.files("newsclust") / "data" / f"{data}.csv").read_bytes())]
    if isinstance(data, str) and data == "kaggle":
        return fetched(KAGGLE_URL, check)
    if _ADDRESS.match(str(data)):
        return fetched(str(data).strip(), check)
    return labelled([piece for path in _paths(data) for piece in unpacked(_bytes(path), short(path))])


def local_files(data: object) -> list[Path]:
    """The files on this machine that `data` names: none of what comes along, of Kaggle and of an address.

    Raises
    ------
    InputError
    """
    if isinstance(data, (list, tuple)):
        return [path for item in data for path in local_files(item)]
    return [] if data in (*BUNDLED, "kaggle") or _ADDRESS.match(str(data)) else _paths(data)


def shown(data: object) -> object:
    """`data` without what may be secret in an address."""
    if isinstance(data, (list, tuple)):
        return [shown(item) for item in data]
    return shown_address(str(data).strip()) if _ADDRESS.match(str(data)) else str(data)


def _paths(data: str | os.PathLike) -> list[Path]:
    try:
        path = find_input(data)
        if path.is_dir():
            return _tables_in(path)
        if path.exists():
            return [path]
        if re.search(r"[*?\[]", str(data)):
            found = [Path(name) for name in sorted(glob.glob(str(path), recursive=True))]
            if found := [file for file in found if file.is_file() and not file.name.startswith((".", "_"))]:
                return found
            raise InputError(f"there is no file that fits {data}: correct the pattern in data.")
        beside = [file.name for file in path.parent.iterdir()] if path.parent.is_dir() else []
    except (OSError, ValueError, RuntimeError):  # a name too long, with a NUL, with an unknown ~user
        raise InputError(f"data, {listed([str(data)])}, cannot be the path of a file: correct it.") from None
    close = difflib.get_close_matches(path.name, beside, n=3)
    advice = f"; did you mean {' or '.join(close)}?" if close else ": correct the path in data."
    raise InputError(f"there is no file {path}{advice}")


def _tables_in(folder: Path) -> list[Path]:
    """The files of a folder that could hold headlines, those of its subfolders where it has none itself."""
    for pattern in ("*", "**/*"):
        files = [
            file for file in sorted(folder.glob(pattern)) if file.is_file() and not file.name.startswith((".", "_"))
        ]
        chosen = tables_among([str(file) for file in files])
        if chosen:
            return [Path(name) for name in chosen]
    raise InputError(f"{folder} is a folder without a table, feed or list of headlines: give the path of one.")


def _bytes(path: Path) -> bytes:
    try:
        size = path.stat().st_size
        if size > (limit := most_bytes(1 << 40)):
            raise InputError(
                f"{short(path)} has {size / 1e9:.1f} GB, more than the {limit / 1e9:.1f} that memory holds here."
            )
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror}): check its permissions.") from None
