"""How a file of headlines would be read, before a run: its format, its columns, and what is set aside."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from headline_reader import languages as _languages

from ..errors import InputError
from ..wording import count
from .documents import MORE, local_files, made_of, shown

#: Bytes that a look reads from a large file or a download.
MOST = 64 << 20


@dataclass(frozen=True)
class Look:
    """How a source of headlines was understood; ``str`` of it is for people.

    Attributes
    ----------
    facts : dict
        source; files (name, format, encoding, rows); counts (rows = documents + repeats + set_aside); columns (role,
        column, rows that have it, found: the reason, example); unused columns; three documents; days, the first and
        the last; how many documents are by which publishers and in which languages; how many rows are set_aside for
        which reason; others, lists of records that are not read (name, size, why); notes.
    """

    facts: dict[str, Any]

    def __str__(self) -> str:
        f, n = self.facts, self.facts["counts"]
        lines = []
        for name, *how, rows in (file.values() for file in f["files"][:20]):
            lines.append(f"{name}: {', '.join(filter(None, how))}, {count(rows, 'row')}")
        documents = []
        for text, *about, _ in (document.values() for document in f["documents"]):
            about = " · ".join(filter(None, about))
            documents.append("\n    ".join([*text[:200].split("\n"), *([about] if about else [])]))
        columns = []
        for c in f["columns"]:
            where = f"{c['column']}, {c['found']}, in {count(c['rows'], 'row')}"
            columns.append(f"{c['role']:<12} from {where}: {c['example'][:70]}")
        parts = {
            f"{count(n['rows'], 'row')} = {count(n['documents'], 'document')} + {count(n['repeats'], 'repeat')} + "
            f"{n['set_aside']:,} set aside, because": _most(f["set_aside"]),
            "columns": columns, "columns without a role": f["unused"], "documents": documents,
            "days": [" to ".join(f["days"]) or "none is known"],
            "publishers": _most(f["publishers"]), "languages": _most(f["languages"]),
            "lists that are not read": [f"{one['name']} ({one['size']:,}: {one['why']})" for one in f["others"]],
            "notes": f["notes"],
        }  # fmt: skip
        for title, said in parts.items():
            none = [] if title.endswith("because") else ["none"]
            lines += ["", title if said else title.removesuffix(", because"), *(f"  {one}" for one in said or none)]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        from ..markup import escape

        return f"<pre>{escape(str(self))}</pre>"


def look(data: str | Path | Sequence[str | Path], columns: Mapping[str, str] | None = None) -> Look:
    """Show how headlines are read: formats, columns and why, documents, days, what is set aside, what is not read.

    At most 64 MB of each file and of each download are read; a note says where there is more.

    Parameters
    ----------
    data, columns
        As in `newsclust.corpus.documents.read_corpus`.

    Raises
    ------
    InputError
        If there is no such file, or it cannot be fetched or read; the message says where and why.
    """
    try:
        corpus, read = made_of(data, columns=columns, most=MOST)
    except InputError as error:
        if (table := getattr(error.__cause__, "table", None)) is None:
            raise
        n, why = len(table.rows), [str(error).removesuffix(MORE).strip()]  # its columns show what could be named
        held = [f"{name} ({next(filter(None, table.rows[name]), '')[:60]!r})" for name in table.rows]
        files = [(str(shown(data)), table.kind, table.encoding, n)]
        counts = {"rows": n, "documents": 0, "repeats": 0, "set_aside": n}
        return _look(
            data, files, counts, table.others, [*table.notes, *why], unused=held, set_aside={"no headlines": n}
        )
    documents = corpus.documents
    first = documents.set_index("id").loc[corpus.row_ids.dropna().drop_duplicates().head(3).astype("int64")]
    named = documents["language"].map(lambda code: _languages.language_name(code) or "unknown")
    sizes = (corpus.n_rows, corpus.n_documents, corpus.n_repeats, corpus.n_set_aside)
    return _look(
        data, read.files, dict(zip(("rows", "documents", "repeats", "set_aside"), sizes, strict=True)), read.others,
        corpus.notes, columns=corpus.understood.to_dict("records"), unused=corpus.unused, days=list(corpus.span or ()),
        documents=first[["text", "publisher", "published_at", "url", "language"]].to_dict("records"),
        publishers=documents["publisher"].replace("", "unknown").value_counts().to_dict(),
        languages=named.value_counts().to_dict(), set_aside=corpus.rejected["reason"].value_counts().to_dict(),
    )  # fmt: skip


def try_data(data: str | Path | Sequence[str | Path], columns: Mapping[str, str] | None = None) -> None:
    """Check that the files on this machine that `data` names have headlines: at most 64 MB of each are read.

    Raises
    ------
    InputError
    """
    if local_files(data):
        made_of(data, columns=columns, most=MOST)


def _look(
    data: Any, files: Iterable[Any], counts: dict[str, int], others: Iterable[Any], notes: list[str], **facts: Any
) -> Look:
    none: dict[str, Any] = {"columns": [], "unused": [], "documents": [], "days": [], "publishers": {}, "languages": {}}
    files = [dict(zip(("name", "format", "encoding", "rows"), file, strict=True)) for file in files]
    others = [dict(zip(("name", "size", "why"), other, strict=True)) for other in others]
    notes = [note for note in notes if "also has lists that are not read" not in note]
    return Look(
        {"source": shown(data), "files": files, "counts": counts, **none, **facts, "others": others, "notes": notes}
    )


def _most(counts: dict[str, int], most: int = 8) -> list[str]:
    """The largest, a line each."""
    several = [f"{n:,}  {name}" for name, n in list(counts.items())[:most]]
    return [*several, f"and {len(counts) - most:,} more"] if len(counts) > most else several
