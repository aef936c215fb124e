"""What a user's file may look like, what becomes of it, and what is said when it cannot be read."""

from __future__ import annotations

import csv
import hashlib
import io
import os
import random
import re
import time
import warnings
import zipfile
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headline_reader import dialect, headlines
from newsclust.corpus import documents as corpus
from newsclust.corpus.documents import read_corpus
from newsclust.errors import InputError, NewsclustError, NewsclustWarning, ParameterError
from newsclust.paths import state_dir
from points import examples
from reading import site

QUICK = settings(deadline=None, derandomize=True, max_examples=examples(40))
KAGGLE_CSV = (
    "guid,title,description,venue,url,published_at,updated_at\n"
    'g1,Ferry service resumes,"After two days of storms, boats sail again.",Coast Post,https://x.org/1,'
    "2024-05-17 15:44:41+00:00,2024-05-18\n"
    "g2,Museum buys a map,,Town Crier,https://x.org/2,2024-05-16 09:00:00+00:00,2024-05-18\n"
)


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


def write(content: str | bytes, name: str = "news.csv") -> Path:
    Path(name).write_bytes(content.encode() if isinstance(content, str) else content)
    return Path(name)


def zipped(**members: str) -> bytes:
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "/").replace("_csv", ".csv"), content)
    return memory.getvalue()


def complaint(data: object) -> str:
    with pytest.raises(NewsclustError) as error:
        read_corpus(data)
    message = str(error.value)
    assert "\n" not in message and message.endswith((".", "?"))
    return message


# Documents


def test_a_document_is_title_and_description_stripped(capsys):
    write(
        "title,description\n  Storm nears ,\tBoats stay in port. \nStorm passes,\nStorm ends,nan\nStorm over,N/A\n"
        ",Only a description.\n"
    )
    texts = set(read_corpus("news.csv").documents["text"])
    assert texts == {
        "Storm nears\nBoats stay in port.",
        "Storm passes",
        "Storm ends",
        "Storm over",
        "Only a description.",
    }
    assert capsys.readouterr() == ("", "")


def test_the_rows_keep_every_value_as_it_stands():
    write('Title , id,title,,score\n " A ",007,b,NA,1.50\nnull,,c,2024,\n')
    rows = read_corpus("news.csv").rows
    assert rows.iloc[:, :2].columns.tolist() == ["Title ", " id"]
    assert rows.to_numpy().tolist() == [[' " A "', "007", "b", "NA", "1.50"], ["null", "", "c", "2024", ""]]


def test_a_row_without_text_gets_no_document_and_one_notice():
    write("title,description\nA,b\n,\nNone,nan\nC,d\nA,b\n")
    with pytest.warns(NewsclustWarning) as notices:
        read = read_corpus("news.csv")
    assert read.row_ids.isna().tolist() == [False, True, True, False, False]
    assert (read.n_rows, read.n_documents, read.n_repeats, read.n_set_aside) == (5, 2, 1, 2)
    assert [str(n.message) for n in notices] == ["2 of 5 rows are set aside (2: no text); the first is line 3."]
    assert read.rejected.to_dict("list") == {"line": [3, 4], "reason": ["no text"] * 2, "text": ["", "None, nan"]}


def test_ids_are_exact_63_bit_hashes_in_ascending_order():
    write("title\n" + "".join(f"headline {i}\n" for i in range(300)) + 'headline 7\n""\n')
    read = read_corpus("news.csv")
    expected = hashlib.blake2b(b"headline 7", digest_size=8).digest()
    assert read.row_ids[7] == read.row_ids[300] == int.from_bytes(expected, "big") // 2
    assert read.documents["id"].dtype == np.int64 and read.row_ids.dtype == "Int64"
    assert (read.documents["id"].diff().dropna() > 0).all() and (read.documents["id"] >= 0).all()
    # Through a float, as missing values often take integers, the last digits would be lost.
    assert set(read.row_ids.dropna()) == set(read.documents["id"]) and len(read.documents) == 300


def test_columns_are_found_in_any_case_and_venue_stands_in_for_publisher():
    write("TITLE, Description ,Venue,URL,Published_At\nA,b,Crier,https://x,2024-01-02\n")
    (document,) = read_corpus("news.csv").documents.drop(columns=["id", "headline", "time"]).to_dict("records")
    assert document == {
        "text": "A\nb",
        "title": "A",
        "description": "b",
        "url": "https://x",
        "publisher": "Crier",
        "published_at": "2024-01-02T00:00:00Z",
        "language": "",
    }


def test_columns_that_are_missing_are_empty_text():
    write("title\nA\n")
    assert read_corpus("news.csv").documents.loc[0, ["description", "url", "publisher", "published_at"]].eq("").all()


def test_repeated_and_unnamed_columns_do_no_harm():
    write("title,,title,description\nA,x,B,c\n")
    assert read_corpus("news.csv").documents["text"].tolist() == ["A\nc"]


ROWS = st.lists(st.tuples(*[st.sampled_from(["", "a", "b", "nan", " a"]) for _ in range(5)]), min_size=1, max_size=12)


@given(ROWS, st.randoms(use_true_random=False))
@QUICK
def test_shuffled_rows_give_the_same_documents(rows, randomly):
    rows = [("title", "description", "url", "publisher", "published_at"), ("x", "", "", "", ""), *rows]
    shuffled = rows[:1] + randomly.sample(rows[1:], len(rows) - 1)
    read = [read_corpus(save(some)) for some in (rows, shuffled)]
    pd.testing.assert_frame_equal(read[0].documents, read[1].documents)
    assert read[0].fingerprint == read[1].fingerprint


TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)


@given(st.lists(st.tuples(TEXT, TEXT), max_size=6), st.sampled_from([*dialect.DELIMITERS]))
@QUICK
def test_any_text_survives_quotes_newlines_and_delimiters(rows, delimiter):
    rows = [("x", "y"), *rows]
    read = read_corpus(save([("title", "description"), *rows], delimiter)).rows
    assert list(map(tuple, read.to_numpy())) == rows


def save(rows: list[tuple[str, ...]], delimiter: str = ",") -> Path:
    with open("saved.csv", "w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=delimiter, quoting=csv.QUOTE_ALL).writerows(rows)
    return Path("saved.csv")


def test_of_equal_texts_the_earliest_dated_is_kept():
    write("title,publisher,published_at\nA,P,\nA,Z,2024-01-02\nA,Y,2024-01-02\nA,X,2024-01-03\n")
    (kept,) = read_corpus("news.csv").documents.to_dict("records")
    assert (kept["publisher"], kept["published_at"]) == ("Y", "2024-01-02T00:00:00Z")


def test_the_fingerprint_changes_with_the_texts_and_with_nothing_else():
    first = read_corpus(write("title,publisher\nA,x\nB,y\n")).fingerprint
    assert re.fullmatch("[0-9a-f]{16}", first)
    assert read_corpus(write("title,url\nB,z\nA,w\nA,v\n")).fingerprint == first
    assert read_corpus(write("title\nA\nC\n")).fingerprint != first


def test_two_texts_with_one_id_are_refused(monkeypatch):
    monkeypatch.setattr(corpus, "text_id", lambda key: 1)
    assert "same 63-bit id" in complaint(write("title\nA\nB\n"))


# Files


@pytest.mark.soak
def test_four_times_the_rows_take_little_more_than_four_times_the_time():
    randomly = random.Random(0)
    words = [f"word{i}" for i in range(2000)]
    lines = [
        f"{' '.join(randomly.choices(words, k=8))},{' '.join(randomly.choices(words, k=20))}\n" for _ in range(25_000)
    ]
    read_corpus(write("title\nA\n", "first.csv"))  # what is loaded once
    seconds = []
    for times in (1, 4):
        path = write("title,description\n" + times * "".join(lines), f"{times}.csv")
        start = time.process_time()
        read = read_corpus(path)
        seconds.append(time.process_time() - start)
    assert (read.n_rows, read.n_documents, read.n_repeats) == (100_000, 25_000, 75_000)
    assert seconds[1] < 10 * seconds[0]  # sixteen times where each row is compared with all


# What is said


def test_a_missing_file_is_named_in_full_with_its_near_namesakes(tmp_path):
    write("title\nA\n", "headlines_2024.csv")
    message = complaint("headlines_2042.csv")
    assert str(tmp_path / "headlines_2042.csv") in message and "did you mean headlines_2024.csv?" in message
    message = complaint(Path("nowhere") / "x.csv")
    assert str(tmp_path / "nowhere" / "x.csv") in message and "mean" not in message


@pytest.mark.parametrize("data", [None, "", "  ", 3, "x" * 5000, "a\0b", "~nobody-of-that-name/x.csv"])
def test_what_cannot_be_a_path_is_refused_in_a_sentence(data):
    message = complaint(data)
    assert len(message) < 300


def test_where_no_column_holds_headlines_the_columns_found_are_listed():
    message = complaint(write("score;hits;day\n1;2;2024-01-01\n3;4;2024-01-02\n"))
    assert "no column that is recognised as headlines, only 'score', 'hits', 'day'" in message
    assert "columns={'title': 'score'}" in message
    header = ",".join(f"c{i}" for i in range(40))
    assert "and 28 more" in complaint(write(header + "\n" + ",".join("1" * 40) + "\n"))


def test_rows_without_any_text_are_called_so():
    assert "none of the 2 rows" in complaint(write("title,description,url\n,,a\nnan,,b\n"))


# Downloads


@pytest.fixture
def server():
    """A site with a data set in the form of Kaggle's, a log-in page and whatever else a site may answer."""
    pages = {
        "/news-headlines-2024": (200, zipped(news_data_csv="title\nX\n", news_data_dedup_csv=KAGGLE_CSV)),
        "/plain.csv": (200, KAGGLE_CSV.encode()),
        "/login": (200, b"<!doctype html><html><title>Sign in</title></html>"),
        "/json": (200, b'{"code": 403, "message": "Permission denied"}'),
    }
    with site(pages) as running:
        yield running


def kept() -> list[str]:
    return sorted(file.name for file in state_dir("downloads").iterdir())


def test_kaggle_is_fetched_once_and_its_deduplicated_file_read(server, monkeypatch):
    monkeypatch.setattr(corpus, "KAGGLE_URL", f"{server.url}/news-headlines-2024")
    first, again = read_corpus("kaggle"), read_corpus("kaggle")
    assert len(server.asked) == 1
    assert first.source == "kaggle" and first.fingerprint == again.fingerprint
    assert first.rows.columns.tolist() == KAGGLE_CSV.splitlines()[0].split(",")
    assert first.documents.set_index("title").loc["Ferry service resumes", "publisher"] == "Coast Post"
    (name,) = kept()
    assert name.endswith("-news-headlines-2024")


def test_a_log_in_page_and_a_404_advise_the_browser(server):
    assert "is a web page (HTML)" in complaint(f"{server.url}/login")
    assert "answered 404 Not Found" in complaint(f"{server.url}/missing.csv")
    for page in ("login", "missing.csv", "plain.csv?cut"):
        assert "download the file in a browser and give its path as data" in complaint(f"{server.url}/{page}")


@pytest.mark.parametrize("page", ["plain.csv", "login", "json", "missing.csv", "plain.csv?cut"])
def test_a_password_is_used_but_never_shown(server, page, capsys, recwarn):
    url = f"{server.url}/{page}{'&' if '?' in page else '?'}token=t0ken".replace("//", "//adalove:s3cret@")
    try:
        said = repr(read := read_corpus(url)) + read._repr_html_() + read.source
    except NewsclustError as error:
        said = str(error)
        assert error.__cause__ is None and error.__suppress_context__ or error.__context__ is None
    said += "".join(capsys.readouterr()) + "".join(str(warning.message) for warning in recwarn) + "".join(kept())
    assert server.asked[0][1].startswith("Basic ")
    assert "s3cret" not in said and "adalove" not in said and "t0ken" not in said


@pytest.mark.parametrize(
    "url",
    [
        "ftp://ada:s3cret@example.org/news.csv",
        "file:///etc/hosts",
        "https:/ada:s3cret@example.org/news.csv",
        "http://ada:s3c/ret@example.org/news.csv",
        "http://[ada:s3cret@example.org/news.csv",
        "http://",
        "  HTTPS://ada:s3cret@exa mple.invalid:99999/news.csv",
    ],
)
def test_an_address_that_cannot_be_fetched_is_refused_without_its_password(url):
    message = complaint(url)
    assert "s3c" not in message and len(message) < 200


def test_an_address_given_as_a_path_shows_no_password_either():
    assert "s3cret" not in complaint(Path("https://ada:s3cret@example.org/news.csv"))


# What the reader says, in newsclust's words


@pytest.mark.parametrize(
    ("data", "columns", "error", "said"),
    [
        ("yonder/nowhere.csv", None, InputError, "/nowhere.csv: correct the path in data."),
        ("*.nothing", None, InputError, "there is no file that matches *.nothing: correct the pattern in data."),
        ([], None, InputError, "data is an empty list: name at least one file."),
        (pd.DataFrame({"title": ["a"]}), None, InputError, "data is a DataFrame: give 'sample', 'kaggle', or the path"),
        (3, None, InputError, "data is 3: give 'sample', 'kaggle', or the path or http(s) address of your headlines."),
        ("http://", None, InputError, "the address in data is not valid: give http(s)://host/path, special characters"),
        ("ftp://x/a", None, InputError, "download the file in a browser and give its path as data."),
        ("score.csv", None, InputError, "'score', 'hits': name it, for example columns={'title': 'score'}."),
        ("wide.csv", None, InputError, "in one, or name one of them as columns={'title': 'uk'}."),
        ("score.csv", {"titel": "score"}, ParameterError, "columns names 'titel', which is no role a column can have"),
    ],
)
def test_a_refusal_names_newsclusts_parameters(data, columns, error, said):
    write("score,hits\n1,2\n3,4\n", "score.csv")
    sections = {name: [f"Storm {i} nears {name}, they say" for i in range(4)] for name in ("uk", "us", "india", "peru")}
    write(pd.DataFrame(sections).to_csv(index=False), "wide.csv")
    with pytest.raises(error) as raised:
        read_corpus(data, columns=columns)
    assert type(raised.value) is error and said in str(raised.value) and "source" not in str(raised.value)


def test_a_notice_about_a_file_left_out_says_what_to_do():
    write("title\nStorm nears the coast\n", "a.csv")
    write("score,hits\n1,2\n3,4\n", "b.csv")
    with pytest.warns(
        NewsclustWarning, match=r"^left out: b.csv has .* for example columns={'title': 'score'}\. `newsclust look"
    ):
        assert read_corpus(["a.csv", "b.csv"]).n_documents == 1


def test_notices_of_the_reader_are_newsclusts_and_others_warnings_stay(server, monkeypatch):
    read_corpus(f"{server.url}/plain.csv")
    (file,) = state_dir("downloads").iterdir()
    os.utime(file, (1_700_000_000, 1_700_000_000))
    read_rows = headlines.read_rows

    def warns(content, name):
        warnings.warn("something of a library's", UserWarning, stacklevel=1)
        return read_rows(content, name)

    monkeypatch.setattr(headlines, "read_rows", warns)
    with pytest.warns(UserWarning) as told:
        read_corpus(f"{server.url}/plain.csv")
    said = {str(warning.message): warning.category for warning in told}
    assert said.pop("something of a library's") is UserWarning
    ((message, category),) = said.items()
    assert category is NewsclustWarning and "is read as it was fetched on 2023-11-14" in message


# The sample


@pytest.fixture(scope="module")
def sample():
    return read_corpus("sample")


def test_the_sample_has_the_stories_it_promises(sample):
    stories = Counter(sample.rows["story"])
    one_offs = stories.pop("one-off")
    assert sample.n_rows == sample.n_documents >= 400 and one_offs >= 40
    assert len(stories) >= 40 and all(5 <= size <= 20 for size in stories.values())
    publishers = defaultdict(set)
    for story, publisher in zip(sample.rows["story"], sample.rows["publisher"], strict=True):
        publishers[story].add(publisher)
    assert min(map(len, publishers.values())) >= 4


def test_the_sample_is_tidy(sample):
    rows = sample.rows
    assert rows.columns.tolist() == ["title", "description", "publisher", "published_at", "story"]
    assert (rows != "").all(axis=None) and not rows["title"].str.lower().duplicated().any()
    assert rows["description"].str.fullmatch(r"[^\n]{40,240}\.").all() and not rows["title"].str.endswith(".").any()
    assert rows["published_at"].str.fullmatch(r"2024-\d\d-\d\dT\d\d:\d\d:\d\dZ").all()
    dates = pd.to_datetime(rows["published_at"])
    assert dates.is_monotonic_increasing
    assert repr(sample).endswith("published 2024-01-01 to 2024-12-31, by 10 publishers.")


def test_the_sample_is_described_as_it_is(sample):
    stories = Counter(sample.rows["story"])
    one_offs = stories.pop("one-off")
    text = (Path(corpus.__file__).parent.parent / "data" / "README.md").read_text()
    for fact in (
        f"{sample.n_rows} headlines",
        f"{sum(stories.values())} tell {len(stories)} stories",
        f"of {min(stories.values())} to {max(stories.values())} headlines",
        f"{one_offs} are one-offs",
        "MIT",
    ):
        assert fact in text
