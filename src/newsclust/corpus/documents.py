"""Headlines as documents: each distinct text with an id, its repeats, and the known stories beside it."""

from __future__ import annotations

import hashlib
import os
import warnings
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import resources
from pathlib import Path
from typing import Any, TypeGuard

import numpy as np
import pandas as pd

import headline_reader
from headline_reader import languages as _languages
from headline_reader import roles as _roles
from headline_reader import source as _source
from headline_reader.downloads import kept_file
from headline_reader.errors import SOURCE, ColumnsError, NoHeadlines, ReaderError, ReaderNotice, listed
from headline_reader.roles import ROLES
from headline_reader.unpacking import Piece

from ..errors import InputError, ParameterError, notice
from ..paths import find_input, short, state_dir
from ..stages import stage
from ..wording import count, quoted, sentence
from .corpus import Corpus
from .facts import with_facts, with_repeats

#: The version of the rules that make ids from texts: collections made with other rules hold other ids.
ID_VERSION = "text2"
#: The columns that decide which of equal texts is the document: the first in this order; "shouted" is `is_shouted`.
STANDING = ["published_at", "publisher", "url", "shouted", "title", "description"]
#: The Milvus tutorial's data set, https://www.kaggle.com/datasets/dylanjcastillo/news-headlines-2024, as a zip.
KAGGLE_URL = "https://www.kaggle.com/api/v1/datasets/download/dylanjcastillo/news-headlines-2024"
#: Where a user finds more than an error says.
MORE = "`newsclust look FILE` shows more."
#: Files that come with newsclust, by their names in `data`.
BUNDLED = {"sample": "the sample", "january": "the headlines of January"}
#: How the reader finds files, and what it calls them.
WAYS: dict[str, Any] = {"find": find_input, "shown": short, "downloads": lambda: state_dir("downloads")}
#: As `data` it is the user's own collection; a file or folder of this name is ./milvus.
MILVUS = "milvus"


@stage("read")
def read_corpus(
    data: str | Path | Sequence[str | Path], truth: str | None = None, columns: Mapping[str, str] | None = None
) -> Corpus:
    """Read headlines and give each distinct text an id.

    A document is ``title + "\\n" + description``, or the one of the two that is not empty, as a reader would read them:
    without markup, entities, "Continue reading" and the publisher's name after the title. Its id is a hash of that text
    without case, punctuation and blanks, so that other spellings of a headline are repeats of it, whatever the order of
    the rows.

    Parameters
    ----------
    data : str, Path, or a list of them
        "sample" (comes with newsclust), "kaggle" (`newsclust.corpus.documents.KAGGLE_URL`), or the path of a file, of a
        folder, a pattern such as ``news/*.csv``, or an http(s) address. It reads CSV and the like, JSON and JSON lines,
        Parquet, Excel and OpenDocument, SQLite, RSS and Atom, OPML (its feeds are fetched), tables in web pages, and
        plain lines; packed by zip, gzip, bzip2, xz, zstd or tar. Several files are one corpus. Downloads are kept in
        ``.newsclust/downloads`` and not fetched again.
    truth : str, optional
        The name of a column with known stories, to compare with.
    columns : mapping, optional
        From a role (title, description, url, publisher, published_at, language) to the name of the column that has it,
        for those that can't be found by name or contents.

    Raises
    ------
    InputError
        If there is no such file, it cannot be fetched or read, or has no headlines; the message says where and why.
    ParameterError
        If `columns` is not such a mapping.
    """
    corpus, _ = made_of(data, truth, columns)
    _tell(corpus)
    return corpus


def made_of(
    data: str | Path | Sequence[str | Path],
    truth: str | None = None,
    columns: Mapping[str, str] | None = None,
    most: int | None = None,
) -> tuple[Corpus, headline_reader.Headlines]:
    """The corpus of `read_corpus`, and the reader's result; `most` limits the bytes read from each file."""
    given = shown(data)
    names = given if isinstance(given, list) else [given]
    source = ", ".join(names) if len(names) <= 3 else f"{names[0]}, {names[1]} and {len(names) - 2} more"
    with _as_newsclust_says():
        # Languages are detected later, for documents only, which are fewer.
        read = headline_reader.read(_resolved(data), columns, name=source, detect=False, most=most, **WAYS)
    return _corpus_of(read, source, truth, check_columns(columns), given), read


def read_in_chunks(
    data: str | Path | Sequence[str | Path], columns: Mapping[str, str] | None = None
) -> Iterator[headline_reader.Headlines]:
    """The rows of `read_corpus`, some thousands at a time; notices come before the first.

    Languages are only those that a column gives.
    """
    with _as_newsclust_says():
        chunks = headline_reader.in_chunks(_resolved(data), columns, detect=False, **WAYS)
    while True:
        with _as_newsclust_says():
            chunk = next(chunks, None)
        if chunk is None:
            return
        for note in [*chunk.notes, *_left_out(chunk)]:
            notice(sentence(note))
        yield chunk


def corpus_of_rows(rows: pd.DataFrame, source: str, truth: str | None, columns: Mapping[str, str], key: str) -> Corpus:
    """The corpus of a table in memory, as `headline_reader.understand` understands it."""
    with _as_newsclust_says():
        read = headline_reader.understand(rows, columns, name=source, key=key, detect=False)
    corpus = _corpus_of(read, source, truth, check_columns(columns), source)
    _tell(corpus)
    return corpus


def _corpus_of(
    read: headline_reader.Headlines, source: str, truth: str | None, asked: dict[str, str], given: str | list[str]
) -> Corpus:
    rows = read.rows
    if truth is not None and truth not in rows:
        raise InputError(f"truth is {truth!r}, but {source} has no such column; it has {listed(rows.columns)}.")
    codes, keys = pd.factorize(read.table["key"].to_numpy(dtype=object))
    ids = np.array([text_id(key) for key in keys], dtype=np.int64)
    if len(np.unique(ids)) < len(ids):
        raise InputError(f"two different texts of {source} have the same 63-bit id: change a character in one.")
    row_ids = pd.Series(ids[codes], read.table.index, dtype="Int64").reindex(rows.index).rename("id")
    table = read.table.assign(id=row_ids, shouted="")
    repeated = table["id"].duplicated(keep=False)
    table.loc[repeated, "shouted"] = ["1" if is_shouted(title) else "0" for title in table.loc[repeated, "title"]]
    first = first_of_each(table)
    documents, standing = first[["id", "text", *ROLES]].astype({"id": "int64"}), first.index.to_numpy()
    documents = documents.reset_index(drop=True)
    undetected = documents["language"] == ""
    if undetected.any():
        documents.loc[undetected, "language"] = _languages.detect(documents.loc[undetected, "text"])
    documents = with_facts(documents.astype(dict.fromkeys(["text", *ROLES], str)))
    documents = with_repeats(documents, table.drop(index=standing))
    digest = hashlib.blake2b(documents["id"].to_numpy().astype("<i8").tobytes(), digest_size=8)
    known = rows[truth].str.strip() if truth is not None else None
    unused = [name for name in read.unused if name != truth]
    notes = [*read.notes, *_left_out(read)]
    made = (read.understood, unused, read.rejected, notes, asked, read.n_unfit, given)
    return Corpus(source, rows, row_ids, documents, digest.hexdigest(), known, *made, standing=standing)


def _left_out(read: headline_reader.Headlines) -> list[str]:
    return [f"left out: {_said(table).removesuffix(MORE).rstrip('. ')}" for table in read.left_out]


def check_columns(columns: Mapping[str, str] | None) -> dict[str, str]:
    """The parameter `columns` as a dict role -> name of a column, or a ParameterError that says what it can be."""
    with _as_newsclust_says():
        return _roles.check_columns(columns)


def local_files(data: object) -> list[Path]:
    """The files on this machine that `data` names: none for bundled data, for Kaggle and for an address.

    Raises
    ------
    InputError
    """
    if isinstance(data, (list, tuple)):
        return [path for item in data for path in local_files(item)]
    with _as_newsclust_says():
        return [] if _is_named(data) or _source.is_address(data) else _source.paths(str(data), find_input)


def kept_downloads(data: object) -> list[Path]:
    """Where the content of the addresses in `data` is kept, or will be once it is fetched."""
    if isinstance(data, (list, tuple)):
        return [path for item in data for path in kept_downloads(item)]
    url = KAGGLE_URL if data == "kaggle" else str(data).strip()
    return [kept_file(url, WAYS["downloads"]())] if _source.is_address(url) else []


def text_id(key: str) -> int:
    """63 bits of a hash, because Milvus's INT64 has a sign."""
    return int.from_bytes(hashlib.blake2b(key.encode(), digest_size=8).digest(), "big") >> 1


def is_shouted(title: str) -> bool:
    """Whether a title is all capitals or all small letters."""
    return title.isupper() or title.islower()


def _is_named(data: object) -> TypeGuard[str]:
    return isinstance(data, str) and data in (*BUNDLED, "kaggle", MILVUS)


def _resolved(data: Any) -> Any:
    """`data` as the reader takes it, with paths and addresses instead of newsclust's own names."""
    if isinstance(data, (list, tuple)):
        return [_resolved(item) for item in data]
    if not isinstance(data, (str, os.PathLike)) or not str(data).strip():
        raise InputError(
            f"data is {quoted(data)}: give 'sample', 'kaggle', or the path or http(s) address of your headlines."
        )
    if not _is_named(data):
        return data
    if data == MILVUS:
        raise InputError(
            "data is 'milvus', a collection of your own, which only a run reads: nc.find(data='milvus', uri=..., "
            "collection=...); a file or folder of this name is ./milvus."
        )
    if data == "kaggle":
        return KAGGLE_URL
    return Piece(BUNDLED[data], data, (resources.files("newsclust") / "data" / f"{data}.csv").read_bytes())


def shown(data: object) -> str | list[str]:
    if isinstance(data, (list, tuple)):
        return [str(shown(item)) for item in data]
    return data if _is_named(data) else _source.shown_source(data)


def _said(error: ReaderError | ReaderNotice) -> str:
    """The reader's sentence with the names of newsclust's parameters, and how to use them."""
    message = error.message.replace(SOURCE, "data")
    if isinstance(error, NoHeadlines) and error.column_names:
        first = error.column_names[0] if error.several else error.column_names[0][:40]
        name_it = ", or name one of them as " if error.several else ": name it, for example "
        message = f"{message[:-1]}{name_it}columns={{'title': {first!r}}}."
    return f"{message} {MORE}" if isinstance(error, NoHeadlines) else message


@contextmanager
def _as_newsclust_says() -> Iterator[None]:
    """Turn errors and notices of the reader into newsclust's own."""
    try:
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always", ReaderNotice)
            yield
    except ColumnsError as error:
        raise ParameterError(_said(error)) from None
    except ReaderError as error:
        raise InputError(_said(error)) from (error if isinstance(error, NoHeadlines) else None)
    finally:
        for warning in told:
            if isinstance(warning.message, ReaderNotice):
                notice(_said(warning.message))
            else:
                warnings.warn_explicit(warning.message, warning.category, warning.filename, warning.lineno)


def first_of_each(rows: pd.DataFrame, by: Sequence[str] = STANDING) -> pd.DataFrame:
    """One row per id, whatever the file's order: of equal texts the earliest, then by publisher and url; ids ascend."""
    repeated = rows[rows.duplicated("id", keep=False)].sort_values(
        list(by),
        key=lambda column: column.where(column != "", "\U0010ffff"),  # a row that says more goes first
    )
    return pd.concat([rows.drop_duplicates("id", keep=False), repeated.drop_duplicates("id")]).sort_values("id")


def _tell(corpus: Corpus) -> None:
    """One sentence each about what was set aside and what a user may want to change."""
    if corpus.n_set_aside:
        counts = Counter(corpus.rejected["reason"])
        why = ", ".join(f"{n:,}: {reason}" for reason, n in counts.most_common(4))
        why += f" and {len(counts) - 4} more reasons" if len(counts) > 4 else ""
        first = corpus.rejected.iloc[0]
        where = f" of {first['file']}" if "file" in corpus.rejected else ""
        is_ = "is" if corpus.n_set_aside == 1 else "are"
        notice(
            f"{corpus.n_set_aside:,} of {count(corpus.n_rows, 'row')} {is_} set aside ({why}); the first is line "
            f"{first['line']}{where}."
        )
    for number, note in enumerate(corpus.notes, start=1):
        notice(f"{sentence(note)} {MORE}" if number == len(corpus.notes) else sentence(note))
