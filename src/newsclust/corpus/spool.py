"""Documents on disk, for more of them than memory holds: one for equal texts, the same one as in a corpus."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

import pandas as pd

from ..errors import RunError
from .documents import STANDING, is_shouted, text_id

_TABLE = "CREATE TABLE documents (id INTEGER PRIMARY KEY, standing BLOB, text TEXT, language TEXT)"
# Of two rows with equal texts the smaller one is kept.
_ADD = """INSERT INTO documents VALUES (?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET standing = excluded.standing,
text = excluded.text, language = excluded.language WHERE excluded.standing < standing"""


class Spool:
    """Documents in a private temporary file, which is deleted with this process."""

    def __init__(self) -> None:
        self._file = sqlite3.connect("", isolation_level=None)
        with _room():
            self._file.executescript(
                f"PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -16000; {_TABLE}; BEGIN"
            )

    def __len__(self) -> int:
        return self._file.execute("SELECT count(*) FROM documents").fetchone()[0]

    def add(self, table: pd.DataFrame) -> None:
        """Add what `headline_reader` has read."""
        shouted = ["1" if is_shouted(title) else "0" for title in table["title"]]
        parts = [shouted if name == "shouted" else table[name].tolist() for name in STANDING]
        # The order of `newsclust.corpus.documents`: blanks come last, and no cell contains the separator.
        standing = ["\x01".join([part or "\U0010ffff" for part in row]).encode() for row in zip(*parts, strict=True)]
        texts, languages = table["text"].tolist(), table["language"].tolist()
        with _room():  # in the order of ids, in which the file keeps them: that takes half the time
            self._file.executemany(
                _ADD, sorted(zip(map(text_id, table["key"]), standing, texts, languages, strict=True))
            )

    def after(self, id: int, n: int) -> pd.DataFrame:
        """The `n` documents that follow an id, in the order of ids: id, text and language."""
        rows = self._file.execute(
            "SELECT id, text, language FROM documents WHERE id > ? ORDER BY id LIMIT ?", (id, n)
        ).fetchall()
        return pd.DataFrame(rows, columns=["id", "text", "language"]).astype({"id": "int64"})


@contextmanager
def _room() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise RunError(
            f"the documents can't be kept in the temporary folder {tempfile.gettempdir()} ({error}): make room there, "
            "or set TMPDIR to another folder, and run again."
        ) from None
