"""What is made of a file of headlines, before a run: how it is read, what its columns are, what is set aside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from headline_reader import languages as _languages

from ..errors import InputError
from ..wording import count
from .documents import MORE, made_of, shown

#: So much of a large file, or of what is behind an address, is read for a look.
MOST = 64 << 20


@dataclass(frozen=True)
class Look:
    """What was made of a source of headlines; `str` of it is for reading, `facts` for programs.

    Attributes
    ----------
    source : str or list of str
    files : list of dict
        Each with name, format, encoding and rows.
    counts : dict
        rows, documents, repeats, set_aside; the first is the sum of the others.
    columns : list of dict
        One per role: role, column, rows that have it, found (the reason) and an example.
    unused : list of str
        Columns without a role.
    documents : list of dict
        Three of them, with what is known of each.
    days : list of str
        The first and the last; empty where none is known.
    publishers, languages, set_aside : dict of str to int
        How many documents are by, and in, each; how many rows are set aside for which reason.
    others : list of dict
        Lists of records beside those that are read: name, size, why.
    notes : list of str
    """

    source: str | list[str]
    files: list[dict[str, Any]]
    counts: dict[str, int]
    columns: list[dict[str, Any]]
    unused: list[str]
    documents: list[dict[str, Any]]
    days: list[str]
    publishers: dict[str, int]
    languages: dict[str, int]
    set_aside: dict[str, int]
    others: list[dict[str, Any]]
    notes: list[str]

    @property
    def facts(self) -> dict[str, Any]:
        return asdict(self)

    def __str__(self) -> str:
        lines = [f"{f['name']}: {f['format']}{', ' * bool(f['encoding'])}{f['encoding']}, {count(f['rows'], 'row')}"
                 for f in self.files[:20]]  # fmt: skip
        n = self.counts
        lines += ["", f"{count(n['rows'], 'row')} = {count(n['documents'], 'document')} + {count(n['repeats'], 'repeat')} "
                  f"+ {n['set_aside']:,} set aside", "", "columns"]  # fmt: skip
        lines += [f"  {c['role']:<12} from {c['column']}, {c['found']}, in {count(c['rows'], 'row')}: {c['example'][:70]}"
                  for c in self.columns]  # fmt: skip
        lines += [f"  without a role: {', '.join(self.unused)}"] if self.unused else []
        lines += ["", "documents"]
        for document in self.documents:
            about = " · ".join(document[key] for key in ("publisher", "published_at", "url") if document[key])
            lines += [f"  {document['text'][:200]}".replace("\n", "\n    "), *([f"      {about}"] if about else [])]
        days = [f"{self.days[0]} to {self.days[1]}"] if self.days else ["none is known"]
        for title, said in (
            ("days", days), ("publishers", _most(self.publishers)), ("languages", _most(self.languages)),
            ("set aside", _most(self.set_aside)),
            ("lists that are not read", [f"{other['name']} ({other['size']:,}: {other['why']})" for other in self.others]),
            ("notes", self.notes),
        ):  # fmt: skip
            lines += ["", title, *(f"  {one}" for one in said)] if said else []
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        from ..markup import escape

        return f"<pre>{escape(str(self))}</pre>"


def look(data: str | Path | list[str | Path], columns: Mapping[str, str] | None = None) -> Look:
    """Show what is made of headlines: formats, columns and why, documents, days, what is set aside, what is not read.

    At most 64 MB of each file, and of what is behind an address, are read; it is said where that is not all.

    Parameters
    ----------
    data, columns
        As of `newsclust.corpus.documents.read_corpus`.

    Raises
    ------
    InputError
        Where there is no such file, it cannot be fetched or read, or has no headlines; the message says where and why.
    """
    try:
        corpus, read = made_of(data, columns=columns, most=MOST)
    except InputError as error:
        if (table := getattr(error.__cause__, "table", None)) is None:
            raise
        return _without_headlines(data, table, str(error))
    documents = corpus.documents
    first = documents.set_index("id").loc[corpus.row_ids.dropna().drop_duplicates().head(3).astype("int64")]
    known = ["text", "url", "publisher", "published_at", "language"]
    named = documents["language"].map(lambda code: _languages.language_name(code) or "unknown")
    return Look(
        source=shown(data),
        files=[dict(zip(("name", "format", "encoding", "rows"), file, strict=True)) for file in read.files],
        counts={"rows": corpus.n_rows, "documents": corpus.n_documents, "repeats": corpus.n_repeats,
                "set_aside": corpus.n_set_aside},
        columns=corpus.understood.to_dict("records"),
        unused=corpus.unused,
        documents=first[known].to_dict("records"),
        days=list(corpus.span or ()),
        publishers=documents["publisher"].replace("", "unknown").value_counts().to_dict(),
        languages=named.value_counts().to_dict(),
        set_aside=corpus.rejected["reason"].value_counts().to_dict(),
        others=[dict(zip(("name", "size", "why"), other, strict=True)) for other in read.others],
        notes=corpus.notes,
    )  # fmt: skip


def _without_headlines(data: Any, table: Any, why: str) -> Look:
    """Of a file that is refused its columns, each with an example, and the reason."""
    examples = ((name, next(filter(None, table.rows[name]), "")) for name in table.rows)
    held = [f"{name} ({' '.join(example.split())[:60]!r})" for name, example in examples]
    name, n = str(shown(data)), len(table.rows)
    files = [{"name": name, "format": table.kind, "encoding": table.encoding, "rows": n}]
    counts = {"rows": n, "documents": 0, "repeats": 0, "set_aside": n}
    notes = [*table.notes, why.removesuffix(MORE).strip()]
    others = [dict(zip(("name", "size", "why"), other, strict=True)) for other in table.others]
    return Look(shown(data), files, counts, [], held, [], [], {}, {}, {"no column of headlines": n}, others, notes)


def _most(counts: dict[str, int], most: int = 8) -> list[str]:
    """The largest, a line each."""
    several = [f"{n:,}  {name}" for name, n in list(counts.items())[:most]]
    return [*several, f"and {len(counts) - most:,} more"] if len(counts) > most else several
