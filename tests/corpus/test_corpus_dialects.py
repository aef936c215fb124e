"""One corpus in any dialect is read back as the same corpus, or refused, and never loses documents without a word."""

from __future__ import annotations

import csv
import os
import warnings
from importlib import resources
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from dialects import DATES, ROLES, dialects, write
from newsclust.corpus.documents import Corpus, read_corpus
from newsclust.errors import InputError

#: NEWSCLUST_EXAMPLES=5000 is the long run.
EXAMPLES = int(os.environ.get("NEWSCLUST_EXAMPLES", "30"))
MANY = settings(
    deadline=None,
    derandomize=EXAMPLES == 30,
    max_examples=EXAMPLES,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.filter_too_much],
)
TRICKS = [
    "", "", "", "", "", 'he said "no"', "it's", "“so they say”", "a, b and c", "first; second", "5% & more", "Q&A",
    "a | b", "#1", "back\\slash", "Málaga", "naïve", "x = y", "(live)", "№ 5", "two\nlines", "tab\there", "'quoted'",
    "–", '"', "don't \"stop\"", "1,000,000", "…", "Storm: 'it'", "São Paulo", "日本",
]  # fmt: skip


def sample_rows() -> list[dict[str, str]]:
    with (resources.files("newsclust") / "data" / "sample.csv").open(encoding="utf-8", newline="") as file:
        return [{role: row[role] for role in ROLES} for row in csv.DictReader(file)]


SAMPLE = sample_rows()


@st.composite
def corpora(draw: st.DrawFn) -> list[dict[str, str]]:
    start = draw(st.integers(0, len(SAMPLE) - 50))
    rows = [dict(row) for row in SAMPLE[start : start + draw(st.integers(6, 40))]]
    for _ in range(draw(st.integers(0, 12))):
        row, role = draw(st.sampled_from(rows)), draw(st.sampled_from(["title", "title", "description"]))
        trick, place = draw(st.sampled_from(TRICKS)), draw(st.integers(0, 3))
        words = row[role].split(" ")
        words.insert([0, 1, len(words) // 2, len(words)][place], trick)
        row[role] = " ".join(filter(None, words))
    return rows


def content(corpus: Corpus) -> list[tuple[str, ...]]:
    kept = corpus.documents[["id", "publisher", "published_at"]]
    return [tuple(row) for row in kept.astype(str).itertuples(index=False)]


@pytest.fixture
def plain_dialect() -> dict:
    return {
        "format": "json", "packing": "", "encoding": "utf-8", "date": "iso", "names": {role: role for role in ROLES},
        "extra": [], "order": type("Kept", (), {"shuffle": lambda self, names: None})(), "entities": False,
    }  # fmt: skip


@given(corpora(), dialects())
@MANY
def test_the_same_corpus_is_read_from_any_dialect(tmp_path, plain_dialect, rows, dialect):
    path = write(rows, dialect, tmp_path / "disguised")
    assume(path is not None)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = read_corpus(write(rows, plain_dialect, tmp_path / "plain"))
        try:
            read = read_corpus(path)
        except InputError:
            return  # a clear refusal
    assert read.n_rows == read.n_documents + read.n_repeats + read.n_set_aside
    assert len(read.rejected) == read.n_set_aside
    assert read.n_rows >= len(rows)
    if read.n_set_aside == expected.n_set_aside:
        assert content(read) == content(expected)


def test_a_refusal_is_the_exception(tmp_path, plain_dialect):
    """The property above holds for a reader that refuses everything: this one does not."""
    rows = SAMPLE[::5]
    days = {row["title"]: row["published_at"][:16] for row in rows}
    for name in DATES:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            read = read_corpus(write(rows, plain_dialect | {"date": name}, tmp_path / name.replace(" ", "_")))
            assert read.n_documents == len(rows)
            assert read.documents.set_index("title")["published_at"].str[:16].to_dict() == days


def test_several_files_are_one_corpus_that_says_which(tmp_path, plain_dialect):
    folder = Path(tmp_path / "news")
    folder.mkdir()
    write(SAMPLE[:20], plain_dialect, folder / "first")
    write(
        SAMPLE[15:40],
        plain_dialect | {"names": dict(zip(ROLES, ["Titel", "abstract", "Quelle", "Datum"], strict=True))},
        folder / "second",
    )
    (folder / "README.txt").write_text("What this is\n")
    for data in (folder, str(folder / "*.json"), [folder / "first.json", str(folder / "second.json")]):
        read = read_corpus(data)
        assert (read.n_rows, read.n_documents, read.n_repeats) == (45, 40, 5)
        assert read.rows["file"].value_counts().to_dict() == {"second.json": 25, "first.json": 20}
        assert (read.documents[["publisher", "published_at"]] != "").all(axis=None)
