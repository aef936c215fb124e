"""Headlines from a CSV: on disk, behind an address, on Kaggle, or the sample that comes with newsclust."""

from __future__ import annotations

import csv
import difflib
import gzip
import hashlib
import html
import io
import os
import re
import warnings
import zipfile
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import resources
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

import pandas as pd

from ..errors import NewsclustError
from ..paths import find_input, state_dir
from ..stages import stage

#: The Milvus tutorial's data set, https://www.kaggle.com/datasets/dylanjcastillo/news-headlines-2024, as a zip.
KAGGLE_URL = "https://www.kaggle.com/api/v1/datasets/download/dylanjcastillo/news-headlines-2024"
#: Its file without repeated headlines, which the tutorial reads.
KAGGLE_FILE = "news_data_dedup.csv"

#: A document's field -> the columns that may hold it, the first one present is taken.
FIELDS = {
    "title": ["title"],
    "description": ["description"],
    "url": ["url"],
    "publisher": ["publisher", "venue"],
    "published_at": ["published_at"],
}
#: What pandas writes for, or reads as, a missing value (the na_values of pandas.read_csv).
NOTHING = frozenset(
    "#N/A|#N/A N/A|#NA|-1.#IND|-1.#QNAN|-NaN|-nan|1.#IND|1.#QNAN|<NA>|N/A|NA|NULL|NaN|None|n/a|nan|null".split("|")
)
DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab"}
TIMEOUT = (10, 60)  # seconds, to connect and between two pieces of the answer
BY_HAND = "download the file in a browser and give its path as data"


@dataclass(frozen=True, eq=False)
class Corpus:
    """Headlines as they came (`rows`) and the unique documents among them (`documents`).

    Attributes
    ----------
    source : str
        What the user gave as `data`; of an address neither user, password nor query.
    rows : DataFrame, n_rows rows
        The input: every column as text, original names, input order.
    row_ids : Series of Int64, shape (n_rows,)
        The id of each row's document, <NA> for a row without title and description.
    documents : DataFrame, n_documents rows
        In ascending `id` order, with id (int64), text, title, description, url, publisher and published_at
        (text, "" where absent).
    fingerprint : str
        16 hex digits of a hash over the sorted ids: the same for any order of the rows.
    truth : Series of str, shape (n_rows,), or None
        The known story of each row, where a column for it was named; "" where it is blank.
    """

    source: str
    rows: pd.DataFrame
    row_ids: pd.Series
    documents: pd.DataFrame
    fingerprint: str
    truth: pd.Series | None = None

    @property
    def n_rows(self) -> int:
        return len(self.rows)

    @property
    def n_documents(self) -> int:
        return len(self.documents)

    @property
    def n_repeats(self) -> int:
        """Rows whose text an other row has too, which stands for both."""
        return int(self.row_ids.notna().sum()) - self.n_documents

    @property
    def n_set_aside(self) -> int:
        """Rows without a document."""
        return int(self.row_ids.isna().sum())

    @property
    def parameters(self) -> dict[str, Any]:
        """The notebook's parameters that made this corpus."""
        return {"data": self.source, "truth": self.truth.name if self.truth is not None else None}

    def __repr__(self) -> str:
        counts = f"{self.source}: {_count(self.n_rows, 'row')}, {_count(self.n_documents, 'document')}"
        return counts + _when(self.documents["published_at"]) + _by(self.documents["publisher"]) + "."

    def _repr_html_(self) -> str:
        first = self.row_ids.dropna().drop_duplicates().head(5).astype("int64")
        shown = self.documents.set_index("id").loc[first]
        headlines = shown["title"].where(shown["title"] != "", shown["text"])
        cells = zip(headlines, shown["publisher"], shown["published_at"], strict=True)
        body = "".join(f"<tr>{''.join(f'<td>{html.escape(cell)}</td>' for cell in row)}</tr>" for row in cells)
        head = "<tr><th>headline</th><th>publisher</th><th>published</th></tr>"
        return f"<p>{html.escape(repr(self))}</p><table><thead>{head}</thead><tbody>{body}</tbody></table>"


@stage("read")
def read_corpus(data: str | Path, truth: str | None = None) -> Corpus:
    """Read headlines and give each distinct text an id.

    A document is ``title + "\\n" + description``, both stripped, or the one of the two that is not empty ("nan" and
    the like count as empty). Its id is a hash of that text, so that equal texts are one document, whatever the
    order of the rows.

    Parameters
    ----------
    data : str or Path
        "sample" (comes with newsclust), "kaggle" (`KAGGLE_URL`), the path of a CSV, or its http(s) address; the CSV
        may be inside a gzip or zip file. Downloads are kept in ``.newsclust/downloads`` and not fetched again.
        The CSV is UTF-8 with commas, semicolons or tabs, and has a column title; description, url, publisher (or
        venue) and published_at are used where present.
    truth : str, optional
        The name of a column with known stories, to compare with.

    Raises
    ------
    NewsclustError
        Where there is no such file, it cannot be fetched or read, or has no text; the message says where and why.
    """
    if not isinstance(data, (str, os.PathLike)) or not str(data).strip():
        raise NewsclustError(f"data is {data!r}: give 'sample', 'kaggle', or the path or http(s) address of a CSV.")
    if isinstance(data, str) and data == "sample":
        rows = _parse((resources.files("newsclust") / "data" / "sample.csv").read_bytes(), "the sample")
    elif isinstance(data, str) and data == "kaggle":
        rows = _read(_download(KAGGLE_URL))
    elif re.match(r"\s*[a-z][\w+.-]+:/", str(data), re.IGNORECASE):  # one slash is what pathlib leaves of two
        rows = _read(_download(str(data).strip()))
        data = _shown(str(data).strip())
    else:
        rows = _read(_existing(data))
    if truth is not None and truth not in rows:
        raise NewsclustError(f"truth is {truth!r}, but {data} has no such column; it has {_listed(rows.columns)}.")
    texts = _texts(rows)
    if not texts["text"].any():
        raise NewsclustError(f"none of the {_count(len(rows), 'row')} of {data} has a title or a description.")
    ids = {text: _id(text) for text in texts["text"].unique() if text}
    if len(set(ids.values())) < len(ids):
        raise NewsclustError(f"two different texts of {data} have the same 63-bit id: change a character in one.")
    row_ids = pd.Series([ids.get(text, pd.NA) for text in texts["text"]], dtype="Int64", name="id")
    _tell_of_rows_without_text(row_ids)
    documents = _unique(texts.assign(id=row_ids)[row_ids.notna()])
    digest = hashlib.blake2b(documents["id"].to_numpy().astype("<i8").tobytes(), digest_size=8)
    known = rows[truth].str.strip() if truth is not None else None
    return Corpus(str(data), rows, row_ids, documents, digest.hexdigest(), known)


def _existing(data: str | Path) -> Path:
    try:
        path = find_input(data)
        if path.is_dir():
            raise NewsclustError(f"{path} is a folder: give the path of a CSV file in it.")
        if path.exists():
            return path
        beside = [file.name for file in path.parent.iterdir()] if path.parent.is_dir() else []
    except (OSError, ValueError, RuntimeError):  # a name too long, with a NUL, with an unknown ~user
        raise NewsclustError(f"data, {_listed([str(data)])}, cannot be the path of a file: correct it.") from None
    close = difflib.get_close_matches(path.name, beside, n=3)
    advice = f"; did you mean {' or '.join(close)}?" if close else ": correct the path in data."
    raise NewsclustError(f"there is no file {path}{advice}")


def _read(path: Path) -> pd.DataFrame:
    try:
        return _parse(path.read_bytes(), str(path))
    except OSError as error:
        raise NewsclustError(f"{path} cannot be read ({error.strerror}): check its permissions.") from None


# From here on `name` is what messages call the file.


def _parse(content: bytes, name: str) -> pd.DataFrame:
    """The table in `content`, every value as the text that stands there."""
    content, name = _unpacked(content, name)
    text = _decoded(content, name)
    delimiter = _delimiter(text, name)
    try:
        with warnings.catch_warnings():
            # pandas cuts rows that are longer than the header, and only warns, if the first row is one of them.
            warnings.simplefilter("error", pd.errors.ParserWarning)
            rows = pd.read_csv(io.StringIO(text), sep=delimiter, dtype=str, keep_default_na=False, index_col=False)
    except (pd.errors.ParserError, pd.errors.ParserWarning):
        raise NewsclustError(_malformed(text, delimiter, name)) from None
    if rows.empty:
        raise NewsclustError(f"{name} has a header but no rows: check that all of it was saved.")
    return rows


def _unpacked(content: bytes, name: str) -> tuple[bytes, str]:
    if content.startswith(b"\x1f\x8b"):
        try:
            return gzip.decompress(content), name
        except (OSError, EOFError, zlib.error):
            raise NewsclustError(f"{name} is a damaged or incomplete gzip file: fetch or pack it again.") from None
    if content.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        try:
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                member = _csv_among(archive.namelist(), name)
                return archive.read(member), f"{member} in {name}"
        except (zipfile.BadZipFile, zlib.error, OSError, EOFError):
            raise NewsclustError(f"{name} is a damaged or incomplete zip file: fetch or pack it again.") from None
        except (RuntimeError, NotImplementedError):  # a password or a method of compression that zipfile lacks
            raise NewsclustError(f"{name} is a zip file that cannot be unpacked here: give the CSV in it.") from None
    return content, name


def _csv_among(members: list[str], name: str) -> str:
    if "xl/workbook.xml" in members:
        raise NewsclustError(f"{name} is an Excel workbook, not a CSV: save it as CSV UTF-8 and give that file.")
    csvs = [m for m in members if m.lower().endswith(".csv") and not m.startswith("__MACOSX/")]
    csvs = [m for m in csvs if PurePosixPath(m).name == KAGGLE_FILE] or csvs
    if not csvs:
        raise NewsclustError(f"{name} is a zip file without a CSV, it holds {_listed(members)}: give a CSV.")
    if len(csvs) > 1:
        raise NewsclustError(f"{name} holds several CSV files, {_listed(csvs)}: unpack it and give the path of one.")
    return csvs[0]


def _decoded(content: bytes, name: str) -> str:
    if not content.strip().removeprefix(b"\xef\xbb\xbf"):
        raise NewsclustError(f"{name} is empty: give a CSV with a column title.")
    if re.match(rb"(\xef\xbb\xbf)?\s*<(!doctype|html|head|\?xml|!--)", content, re.IGNORECASE):
        raise NewsclustError(f"{name} is a web page (HTML), not a CSV, zip or gzip file: {BY_HAND}.")
    for magic, kind in {b"PAR1": "a Parquet file", b"\xd0\xcf\x11\xe0": "an old Excel workbook"}.items():
        if content.startswith(magic):
            raise NewsclustError(f"{name} is {kind}, not a CSV: export it as CSV UTF-8 and give that file.")
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise NewsclustError(f"{name} is encoded as UTF-16, which shows in line 1: save it as UTF-8.")
    if b"\0" in content:
        raise NewsclustError(f"{name} is a binary file, not a CSV: give a CSV, plain or in a zip or gzip file.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise NewsclustError(f"line {line} of {name} is not UTF-8: save the file with the encoding UTF-8.") from None


def _delimiter(text: str, name: str) -> str:
    headers = {delimiter: _header(text, delimiter) for delimiter in DELIMITERS}
    for delimiter, names in headers.items():
        if "title" in map(_plain, names):
            return delimiter
    found = _listed(max(headers.values(), key=len))
    raise NewsclustError(f"{name} has no column title, only {found}: name the column with the headlines title.")


def _header(text: str, delimiter: str) -> list[str]:
    lines = io.StringIO(text[:100_000], newline="")  # below the csv module's limit for one field
    records = csv.reader(lines, delimiter=delimiter)
    return next((names for names in records if len(names) > 1 or "".join(names).strip()), [])  # pandas' blank lines


def _malformed(text: str, delimiter: str, name: str) -> str:
    """Which line is at fault, counted as an editor counts; pandas takes a record of several lines for one."""
    records = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    width = len(_header(text, delimiter))
    start = following = 1
    try:
        for record in records:
            start, following = following, records.line_num + 1
            if len(record) > width:
                return (
                    f"line {start} of {name} has {len(record)} fields where the header has {width}: put double "
                    f"quotes around fields with a {DELIMITERS[delimiter]} in them."
                )
    except csv.Error:  # a field of more than 128 KiB: the quote before it was never closed
        start = following
    return f"line {start} of {name} opens a double quote that is never closed: close it, or double it to keep it."


def _texts(rows: pd.DataFrame) -> pd.DataFrame:
    """Per row the text and the fields of its document, "" where there is nothing."""
    named = {_plain(column): column for column in reversed(rows.columns)}  # reversed: of two alike the first counts
    fields = {}
    for field, columns in FIELDS.items():
        column = next((named[column] for column in columns if column in named), None)
        # As objects: walking through Arrow's strings one by one takes ten times as long.
        values = [] if column is None else rows[column].to_numpy(dtype=object)
        fields[field] = [_stripped(value) for value in values] or [""] * len(rows)
    texts = ["\n".join(filter(None, pair)) for pair in zip(fields["title"], fields["description"], strict=True)]
    return pd.DataFrame({"text": texts, **fields}, dtype=object)


def _unique(texts: pd.DataFrame) -> pd.DataFrame:
    """One row per id: of equal texts the earliest dated, then by publisher and url, whatever the file's order."""
    repeated = texts[texts.duplicated("id", keep=False)].sort_values(
        ["published_at", "publisher", "url", "title"],
        key=lambda column: column.where(column != "", "\U0010ffff"),  # a row that says more goes first
    )
    documents = pd.concat([texts.drop_duplicates("id", keep=False), repeated.drop_duplicates("id")])
    documents = documents.astype({"id": "int64", **dict.fromkeys(["text", *FIELDS], str)})
    return documents.sort_values("id", ignore_index=True)[["id", "text", *FIELDS]]


def _id(text: str) -> int:
    """63 bits, because Milvus' INT64 has a sign."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big") >> 1


def _download(url: str) -> Path:
    """The file behind `url`, fetched once; it is kept only if headlines can be read from it."""
    try:
        parts = urlsplit(url)
        valid = parts.hostname and (parts.port or True)
    except ValueError:
        valid = False
    if not valid:
        raise NewsclustError("the address in data is not valid: give http(s)://host/path, special characters as %xx.")
    if parts.scheme not in ("http", "https"):
        raise NewsclustError(f"{_shown(url)} is neither http nor https: {BY_HAND}.")
    # Neither the name nor the hash of what is kept may hold a password.
    anonymous = url.replace(parts.netloc, parts.netloc.rpartition("@")[2], 1)
    name = re.sub(r"[^\w.-]+", "_", unquote(PurePosixPath(parts.path).name))[-60:] or "data"
    kept = state_dir("downloads") / f"{hashlib.blake2b(anonymous.encode(), digest_size=8).hexdigest()}-{name}"
    if kept.exists():
        return kept
    part = kept.with_name(f"{kept.name}.{os.getpid()}.part")
    try:
        _fetch(url, part)
        _parse(part.read_bytes(), _shown(url))
        os.replace(part, kept)
    finally:
        part.unlink(missing_ok=True)
    return kept


def _fetch(url: str, part: Path) -> None:
    import requests
    from tqdm.auto import tqdm

    try:
        with requests.get(url, stream=True, timeout=TIMEOUT) as answer:
            if not answer.ok:
                status = f"{answer.status_code} {answer.reason or ''}".strip()
                raise NewsclustError(f"{_shown(url)} answered {status}: check the address, or {BY_HAND}.")
            total = int(answer.headers.get("Content-Length", 0)) or None
            with (
                part.open("wb") as file,
                tqdm(total=total, unit="B", unit_scale=True, desc="downloading", leave=False) as progress,
            ):
                for piece in answer.iter_content(1 << 16):
                    file.write(piece)
                    progress.update(len(piece))
    except (requests.RequestException, UnicodeError) as error:  # UnicodeError: a host name that is none
        # The error's own text holds the whole address; its type says enough.
        reason = type(error).__name__
        raise NewsclustError(
            f"{_shown(url)} could not be fetched ({reason}): check the address and the connection, or {BY_HAND}."
        ) from None


def _shown(url: str) -> str:
    """The address without what may be secret: user, password, and the query, where signed addresses keep keys."""
    return re.sub(r"[?#].*", "?...", re.sub(r"//[^/?#]*@", "//", url), flags=re.DOTALL)


def _tell_of_rows_without_text(row_ids: pd.Series) -> None:
    empty = row_ids.index[row_ids.isna()]
    if len(empty):
        print(
            f"{_count(len(empty), 'row')} of {len(row_ids):,} without title and description "
            f"{'is' if len(empty) == 1 else 'are'} no document; the first is row {empty[0]} of rows, counted from 0."
        )


def _plain(name: str) -> str:
    return name.strip().lower()


def _stripped(value: str) -> str:
    value = value.strip()
    return "" if value in NOTHING else value


def _count(n: int, noun: str) -> str:
    return f"{n:,} {noun}{'' if n == 1 else 's'}"


def _listed(names: Iterable[str], most: int = 12) -> str:
    names = [repr(name if len(name) <= 60 else name[:57] + "...") for name in names]
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")


def _when(published_at: pd.Series) -> str:
    dates = pd.to_datetime(published_at, format="ISO8601", errors="coerce", utc=True).dropna()
    return f", published {dates.min():%Y-%m-%d} to {dates.max():%Y-%m-%d}" if len(dates) else ""


def _by(publisher: pd.Series) -> str:
    n = publisher[publisher != ""].nunique()
    return f", by {_count(n, 'publisher')}" if n else ""
