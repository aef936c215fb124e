"""From what the user names to bytes: a file, a folder, a pattern, an address, several of them; unpacked."""

from __future__ import annotations

import difflib
import glob
import os
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path

from .beginnings import beginning
from .downloads import shown_address
from .errors import SOURCE, ReaderError, listed
from .unpacking import Piece, labelled, most_bytes, one_of, tables_among, unpacked

_ADDRESS = re.compile(r"\s*[a-z][\w+.-]+:/", re.IGNORECASE)  # one slash is what pathlib leaves of two


def gather(
    source: object,
    fetch: Callable[[str], list[Piece]],
    find: Callable[[str | os.PathLike], Path],
    shown: Callable[[Path], str],
    most: int | None = None,
) -> list[Piece]:
    """Everything that `source` names, unpacked, in a fixed order.

    Parameters
    ----------
    source : str, Path, Piece, or a list of them
        See `headline_reader.read`.
    fetch : callable
        Fetches the pieces at an address.
    find, shown, most
        As in `headline_reader.read`.

    Raises
    ------
    ReaderError
    """
    if isinstance(source, (list, tuple)):
        if not source:
            raise ReaderError(f"{SOURCE} is an empty list: name at least one file.")
        return labelled([piece for item in source for piece in gather(item, fetch, find, shown, most)])
    if isinstance(source, Piece):
        return [source]
    if not isinstance(source, (str, os.PathLike)) or not str(source).strip():
        raise ReaderError(f"{SOURCE} is {source!r}: give the path or http(s) address of your headlines.")
    if is_address(source):
        return fetch(str(source).strip())
    files = paths(source, find)
    each = (one_of(len(files), partial(_unpacked, path, shown, most), shown(path), path.name) for path in files)
    return labelled([piece for pieces in each for piece in pieces])


def _unpacked(path: Path, shown: Callable[[Path], str], most: int | None) -> list[Piece]:
    content, is_cut = _bytes(path, shown, most)
    if most is not None and is_cut:
        return [Piece(shown(path), path.name, beginning(content, most, shown(path)), cut=path.stat().st_size)]
    return unpacked(content, shown(path))


def is_address(source: object) -> bool:
    return bool(_ADDRESS.match(str(source)))


def shown_source(source: object) -> str | list[str]:
    """`source` without what may be secret in an address."""
    if isinstance(source, (list, tuple)):
        return [str(shown_source(item)) for item in source]
    if isinstance(source, Piece):
        return source.name
    return shown_address(str(source).strip()) if is_address(source) else str(source)


def paths(source: str | os.PathLike, find: Callable[[str | os.PathLike], Path]) -> list[Path]:
    """The files that a path, a folder or a pattern names."""
    try:
        path = find(source)
        if path.is_dir():
            return _tables_in(path)
        if path.exists():
            return [path]
        if re.search(r"[*?\[]", str(source)):
            found = [Path(name) for name in sorted(glob.glob(str(path), recursive=True))]
            if found := [file for file in found if _is_seen(file)]:
                return found
            raise ReaderError(f"there is no file that matches {source}: correct the pattern in {SOURCE}.")
        beside = [file.name for file in path.parent.iterdir()] if path.parent.is_dir() else []
    except (OSError, ValueError, RuntimeError):  # a name too long, with a NUL, with an unknown ~user
        raise ReaderError(f"{SOURCE}, {listed([str(source)])}, cannot be the path of a file: correct it.") from None
    close = difflib.get_close_matches(path.name, beside, n=3)
    advice = f"; did you mean {' or '.join(close)}?" if close else f": correct the path in {SOURCE}."
    raise ReaderError(f"there is no file {path}{advice}")


def _tables_in(folder: Path) -> list[Path]:
    """The files of a folder that could hold headlines; those of its subfolders if it has none itself."""
    for pattern in ("*", "**/*"):
        files = [str(file) for file in sorted(folder.glob(pattern)) if _is_seen(file)]
        if chosen := tables_among(files):
            return [Path(name) for name in chosen]
    raise ReaderError(f"{folder} is a folder without a table, feed or list of headlines: give the path of one.")


def _is_seen(file: Path) -> bool:
    return file.is_file() and not file.name.startswith((".", "_"))


def _bytes(path: Path, shown: Callable[[Path], str], most: int | None) -> tuple[bytes, bool]:
    try:
        size = path.stat().st_size
        if most is not None and size > most:
            with path.open("rb") as file:
                return file.read(most), True
        if size > (limit := most_bytes(1 << 40)):
            held = f"{size / 1e9:.1f} GB, more than the {limit / 1e9:.1f} that memory holds here"
            raise ReaderError(f"{shown(path)} has {held}.")
        return path.read_bytes(), False
    except OSError as error:
        raise ReaderError(f"{path} cannot be read ({error.strerror}): check its permissions.") from None
