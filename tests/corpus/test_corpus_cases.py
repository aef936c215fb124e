"""Files as people have them, each after a public schema or bug report: whole kinds are read, none loses a row."""

from __future__ import annotations

import csv
import random
import warnings
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd
import pytest

from conftest import make_embeddings
from dialects import ROLES, write
from headline_reader.text import key
from newsclust.clusters.clustering import cluster
from newsclust.corpus.documents import Corpus, read_corpus
from newsclust.errors import InputError, NewsclustWarning
from newsclust.neighbors.neighbors import find_neighbors
from newsclust.vectors.embedding import load_embedder
from newsclust.vectors.model_languages import language_notice

CASES = Path(__file__).parents[1] / "cases"


@dataclass
class Case:
    """What a file should be read as: counts of rows, and what the documents have."""

    documents: int
    columns: dict[str, str] = field(default_factory=dict)
    publishers: int = 0
    days: tuple[str, str] | None = ("2024-01-03", "2024-11-18")
    repeats: int = 0
    set_aside: int = 0
    descriptions: bool = False


DATED = {"published_at": "published_at"}
READ = {
    "00-control.csv": Case(40, {"title": "title", "publisher": "publisher"}, 10, descriptions=True),
    "01-abc-million-headlines.csv": Case(40, {"title": "headline_text", "published_at": "publish_date"}),
    "02-huffpost-jsonl.json": Case(
        41,
        {"title": "headline", "description": "short_description", "url": "link", "published_at": "date"},
        descriptions=True,
    ),
    "03-all-the-news.csv": Case(40, {"publisher": "publication", "published_at": "date"}, 10),
    "04-newsapi-csv.csv": Case(
        30, {"publisher": "source", "published_at": "publishedAt"}, 10, ("2024-01-03", "2024-11-10"), 0, 4, True
    ),
    "06-gnews-library-csv.csv": Case(40, {"publisher": "publisher", "published_at": "published date"}, 10),
    "07-gdelt-artlist-csv.csv": Case(40, {"title": "Title", "url": "URL", "published_at": "Date"}),
    "09-lexisnexis-headline.csv": Case(40, {"title": "Headline", "publisher": "Newspaper"}, 10),
    "11-preamble-before-header.csv": Case(37, {"title": "title"}, 10),
    "12-excel-utf16-unicode-text.txt": Case(25, {}, 9, ("2024-01-03", "2024-11-10"), descriptions=True),
    "13-excel-semicolon-cp1252.csv": Case(
        60, {"title": "Title", "published_at": "fecha"}, days=("2024-11-20", "2024-11-20")
    ),
    "14-excel-sep-line.csv": Case(39, {}, 10),
    "17-rss-without-declaration.xml": Case(25, {}, 9, ("2024-01-03", "2024-11-10"), descriptions=True),
    "17-rss-xml.xml": Case(25, {}, 9, ("2024-01-03", "2024-11-10"), descriptions=True),
    "19-feedparser-csv-entities-tags.csv": Case(40, {"description": "summary"}, 10, descriptions=True),
    "20-parquet.parquet": Case(40, {}, 10, descriptions=True),
    "21-jsonl-title.jsonl": Case(41, {"url": "url"}),
    "23-plain-text-lines.txt": Case(41, days=None),
    "24-no-header.csv": Case(41, {"title": "column 1", "published_at": "column 2", "url": "column 3"}),
    "26-tsv-unquoted-balanced-quotes.tsv": Case(40, DATED),
    "27-tsv-unquoted-stray-quotes.tsv": Case(99, DATED, days=("2024-01-03", "2024-11-21")),
    "29-embedded-newlines.csv": Case(47, DATED, descriptions=True),
    "30-backslash-escaped-quotes-spark.csv": Case(47, DATED),
    "31-r-write-table-row-names.csv": Case(40, DATED),
    "32-trailing-delimiters.csv": Case(40, DATED),
    "40-epoch-ms.csv": Case(40, DATED, 10),
    "42-yyyymmdd.csv": Case(40, DATED, 10),
    "43-rfc822.csv": Case(40, DATED, 10),
    "44-day-first-slashes.csv": Case(40, DATED, 10),
    "45-mixed-time-zones.csv": Case(40, DATED, 10),
    "50-google-news-suffix.csv": Case(40, {"publisher": "title"}, 10),
    "53-duplicates-but-for-punctuation.csv": Case(42, days=None, repeats=11),
    "59-emoji-and-zero-width.csv": Case(45, days=None, set_aside=8),
    "63-huge-field-then-bad-line.csv": Case(41, days=("2024-01-01", "2024-01-01"), set_aside=1),
    "67-tar-gz.tar.gz": Case(151, days=None),
    "72-empty-first-title-column.csv": Case(40, {"title": "Title"}, days=None),
    "78-sarcasm-headlines-jsonl.json": Case(41, {"title": "headline", "url": "article_link"}, days=None),
    "81-fake-and-real-news.csv": Case(40, {"published_at": "date"}),
    "85-language-arabic.csv": Case(40, DATED, days=("2024-11-01", "2024-11-28")),
    "85-language-chinese.csv": Case(40, DATED, days=("2024-11-01", "2024-11-28")),
    "85-language-hindi.csv": Case(40, DATED, days=("2024-11-01", "2024-11-28")),
    "85-language-spanish.csv": Case(40, DATED, days=("2024-11-01", "2024-11-28")),
    "88-sample-titles-plus-dashes.csv": Case(45, days=None, set_aside=8),
    "88-sample-titles-plus-junk.csv": Case(45, days=None, set_aside=8),
    "97-one-story-only.csv": Case(18, days=None, descriptions=True),
    "98-descriptions-only.csv": Case(40, {"description": "description"}, days=None),
}


def read(name: str) -> Corpus:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NewsclustWarning)
        return read_corpus(CASES / name)


@pytest.mark.parametrize("name", READ)
def test_a_file_as_people_have_it_is_read_whole(name):
    case, corpus = READ[name], read(name)
    assert (corpus.n_documents, corpus.n_repeats, corpus.n_set_aside) == (case.documents, case.repeats, case.set_aside)
    assert corpus.n_rows == corpus.n_documents + corpus.n_repeats + corpus.n_set_aside
    columns = dict(zip(corpus.understood["role"], corpus.understood["column"], strict=True))
    assert columns == columns | case.columns
    assert corpus.span == case.days and (corpus.undated == 0 or case.days is None)
    assert corpus.documents["publisher"].replace("", None).nunique() == case.publishers
    assert (corpus.documents["description"] != "").mean() == (1 if case.descriptions else 0) or name.startswith("6")
    texts = corpus.documents["text"]
    assert not texts.str.contains(
        "<|&#|Continue reading|\\[Removed\\]| - (?:Meridian Wire|Capital Post)", regex=True
    ).any()
    assert (corpus.documents["title"] != "").all()


def test_every_case_is_looked_at():
    assert {file.name for file in CASES.iterdir()} == {*READ, "18-opml.opml", "80-djia-wide.csv"}


@pytest.mark.parametrize(
    "name",
    """02-huffpost-jsonl.json 03-all-the-news.csv 04-newsapi-csv.csv 06-gnews-library-csv.csv 07-gdelt-artlist-csv.csv
    12-excel-utf16-unicode-text.txt 14-excel-sep-line.csv 17-rss-xml.xml 19-feedparser-csv-entities-tags.csv
    20-parquet.parquet 21-jsonl-title.jsonl 24-no-header.csv 29-embedded-newlines.csv 40-epoch-ms.csv 43-rfc822.csv
    44-day-first-slashes.csv 50-google-news-suffix.csv""".split(),
)
def test_a_disguise_changes_neither_headlines_nor_days_nor_publishers(name):
    control, disguised = (
        documents.set_index(documents["title"].map(key))
        for documents in (read("00-control.csv").documents, read(name).documents)
    )
    common = disguised.index.intersection(control.index)
    assert len(common) >= 0.8 * min(len(disguised), len(control))  # one case writes & for "and"
    for column in ("published_at", "publisher"):
        given = disguised.loc[common, column]
        if (given != "").any():
            assert (given.str[:10] == control.loc[common, column].str[:10]).all()


DISGUISES = {
    "as it is": {},
    "other names": {"names": dict(zip(ROLES, ["Titel", "abstract", "Quelle", "Datum"], strict=True))},
    "JSON": {"format": "wrapped"},
    "Parquet": {"format": "parquet"},
    "a workbook": {"format": "xlsx", "date": "excel"},
    "a feed": {"format": "rss", "date": "rfc822"},
    "entities": {"entities": True},
    "UTF-16": {"encoding": "utf-16", "delimiter": "\t"},
    "Windows-1252": {"encoding": "cp1252", "delimiter": ";", "date": "dots"},
    "packed": {"packing": "tar", "newline": "\r\n", "preamble": "title", "trailing": 2},
}


def test_disguises_of_one_corpus_have_the_same_documents_and_clusters(tmp_path):
    """The control and more of the sample, about a hundred headlines, from file to labels in twenty disguises."""
    control = pd.read_csv(CASES / "00-control.csv", dtype=str, keep_default_na=False)
    table = pd.concat([control, read_corpus("sample").rows.head(60)])[ROLES].drop_duplicates("title")
    clear = read_rows_of(table, "as it is", tmp_path).documents
    for tail in ("", " - " + table["publisher"]):
        for name in DISGUISES:
            documents = read_rows_of(table.assign(title=table["title"] + tail), name, tmp_path).documents
            pd.testing.assert_frame_equal(documents, clear, obj=f"documents of {name}")
    vectors = pd.DataFrame(load_embedder("minilm").encode(clear["title"].tolist()), index=clear["id"])
    expected, found = (
        cluster(
            find_neighbors(make_embeddings(vectors.loc[read["id"]].to_numpy()), 15), min_samples=2, min_cluster_size=3
        )
        for read in (clear, documents)
    )
    assert found.labels.max() > 3 and (found.labels == expected.labels).all()


def read_rows_of(table: pd.DataFrame, disguise: str, folder: Path) -> Corpus:
    plain = {
        "format": "csv", "packing": "", "encoding": "utf-8", "delimiter": ",", "quoting": csv.QUOTE_MINIMAL,
        "escape": None, "newline": "\n", "date": "iso", "names": {role: role for role in ROLES}, "extra": ["id"],
        "order": random.Random(3), "preamble": "", "trailing": 0, "entities": False,
    }  # fmt: skip
    path = write(table.to_dict("records"), plain | DISGUISES[disguise], folder / disguise.replace(" ", "-"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NewsclustWarning)
        return read_corpus(path)


def test_a_list_of_feeds_is_called_so(monkeypatch):
    import requests

    def unreachable(*_, **__):
        raise requests.ConnectionError

    monkeypatch.setattr(requests, "get", unreachable)
    with pytest.raises(InputError, match=r"is a list of feeds \(OPML\) and holds no headlines itself"):
        read("18-opml.opml")


def test_headlines_in_several_columns_are_called_so():
    with pytest.raises(InputError, match="headlines in several columns, 'Top1', 'Top2'"):
        read("80-djia-wide.csv")
    corpus = read_corpus(CASES / "80-djia-wide.csv", columns={"title": "Top1"})
    assert not corpus.documents["title"].str.startswith("b'").any()


def test_the_line_at_fault_is_blamed():
    corpus = read("63-huge-field-then-bad-line.csv")
    assert corpus.rejected["line"].tolist() == [23]
    assert corpus.rejected["reason"].tolist() == ["5 fields where the header has 3"]


def test_quotation_marks_of_an_unquoted_table_stay():
    assert (read("26-tsv-unquoted-balanced-quotes.tsv").documents["title"].str.count('"') == 2).sum() >= 3


def test_a_notice_comes_before_a_model_for_english_reads_other_languages():
    for name, language in {"arabic": "Arabic", "chinese": "Chinese", "hindi": "Hindi", "spanish": "Spanish"}.items():
        corpus = read(f"85-language-{name}.csv")
        said = language_notice(corpus.documents["language"], "minilm")
        assert f"{language} 100%" in said and "-p model BAAI/bge-m3" in said
        assert language_notice(corpus.documents["language"], "BAAI/bge-m3") is None
    assert language_notice(read("00-control.csv").documents["language"], "minilm") is None
