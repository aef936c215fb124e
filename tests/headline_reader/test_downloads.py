"""What is behind an address: fetched once, kept where the caller says, and no secret of it shown."""

from __future__ import annotations

import gzip
import os
import socket
import threading
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from headline_reader import ReaderError, ReaderNotice, downloads, read
from headline_reader.downloads import shown_address
from reading import TABLE, is_the_table, site

PAGES = {
    "/plain.csv": (200, TABLE.to_csv(index=False).encode()),
    "/login": (200, b"<!doctype html><html><title>Sign in</title></html>"),
    "/json": (200, b'{"code": 403, "message": "Permission denied"}'),
}


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with site(PAGES) as running:
        yield running


def folder() -> Path:
    Path("kept").mkdir(exist_ok=True)
    return Path("kept")


def complaint(url: str) -> str:
    with pytest.raises(ReaderError) as error:
        read(url, downloads=folder)
    return str(error.value)


def test_a_download_is_kept_where_the_caller_says_and_fetched_once(server):
    for _ in range(2):
        assert is_the_table(read(f"{server.url}/plain.csv", downloads=folder))
    assert len(server.asked) == len(list(folder().iterdir())) == 1
    read(f"  {server.url}/plain.csv?page=2 ", downloads=folder)
    assert len(server.asked) == len(list(folder().iterdir())) == 2


def test_without_a_folder_nothing_is_kept(server, tmp_path):
    assert is_the_table(read(f"{server.url}/plain.csv")) and not list(tmp_path.iterdir())


def test_the_folder_is_asked_for_only_when_something_is_fetched():
    Path("news.csv").write_bytes(PAGES["/plain.csv"][1])
    read("news.csv", downloads=lambda: pytest.fail("nothing is fetched"))


def test_a_kept_download_is_read_and_a_notice_says_when_it_was_fetched(server, recwarn):
    read(f"{server.url}/plain.csv", downloads=folder)
    assert not [warning for warning in recwarn if warning.category is ReaderNotice]
    (kept,) = folder().iterdir()
    for fetched_at in (1_700_000_000, time.time()):
        os.utime(kept, (fetched_at, fetched_at))
        day = time.strftime("%Y-%m-%d", time.gmtime(fetched_at))
        with pytest.warns(ReaderNotice, match=f"is read as it was fetched on {day}: delete {kept} to fetch it again"):
            read(f"{server.url}/plain.csv", downloads=folder)


@pytest.mark.parametrize("page", ["login", "json", "missing.csv", "plain.csv?cut"])
def test_what_is_not_the_data_is_not_kept_and_is_asked_for_again(server, page):
    for _ in range(2):
        assert server.url in complaint(f"{server.url}/{page}")
    assert list(folder().iterdir()) == [] and len(server.asked) == 2


def test_a_log_in_page_and_a_404_advise_the_browser(server):
    for page in ("login", "missing.csv", "plain.csv?cut"):
        assert "download the file in a browser and give its path as source" in complaint(f"{server.url}/{page}")


def test_an_unreachable_host_is_an_error():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound but not listening: nobody else can answer either
        assert "could not be fetched (ConnectionError)" in complaint(f"http://127.0.0.1:{taken.getsockname()[1]}/a")


def test_unreadable_feeds_of_a_list_are_reported(server):
    feed = "<rss><channel><title>A</title><item><title>Storm nears the coast</title></item></channel></rss>"
    PAGES["/feed"] = (200, feed.encode())
    outline = "".join(f'<outline xmlUrl="{server.url}/{page}"/>' for page in ("feed", "missing"))
    Path("feeds.opml").write_text(f'<opml version="2.0"><body>{outline}</body></opml>')
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        assert read("feeds.opml").table["title"].tolist() == ["Storm nears the coast"]
    (said,) = [str(warning.message) for warning in told if warning.category is ReaderNotice]
    assert said.startswith(f"1 of the 2 feeds of feeds.opml can't be read: {server.url}/missing answered 404")


@pytest.mark.parametrize(
    "url",
    ["ftp://ada:s3cret@example.org/news.csv", "https:/ada:s3cret@example.org/news.csv", "http://",
     "http://[ada:s3cret@example.org/news.csv", "  HTTPS://ada:s3cret@exa mple.invalid:99999/news.csv"],
)  # fmt: skip
def test_an_address_that_cannot_be_fetched_is_refused_without_its_password(url):
    assert "s3c" not in complaint(url)


def test_an_address_is_shown_without_user_password_and_query():
    assert shown_address("https://ada:s3cret@x.example/a?token=1#b") == "https://x.example/a?..."


def test_an_interrupted_download_leaves_nothing(server, monkeypatch):
    import urllib3

    def interrupt(self, size, decode_content):
        yield b"title\n"
        raise KeyboardInterrupt

    monkeypatch.setattr(urllib3.HTTPResponse, "stream", interrupt)
    with pytest.raises(KeyboardInterrupt):
        read(f"{server.url}/plain.csv", downloads=folder)
    assert list(folder().iterdir()) == []


@contextmanager
def answering(*parts: bytes, pause: float = 0) -> Iterator[str]:
    """The address of a server that answers once, to the letter, part by part."""

    def answer() -> None:
        connection, _ = listening.accept()
        with connection:
            connection.recv(1 << 16)
            try:
                for part in parts:
                    connection.sendall(part)
                    stop.wait(pause)
            except OSError:
                pass  # whoever asked has given up

    stop = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/news.csv"
        stop.set()
        thread.join()


@pytest.mark.parametrize("said", ["{0}, {0}", "many", "-1", "", "²"])
def test_a_length_that_is_no_number_is_no_obstacle(said, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    content = PAGES["/plain.csv"][1]
    head = f"HTTP/1.1 200 OK\r\nContent-Length: {said.format(len(content))}\r\nConnection: close\r\n\r\n"
    with answering(head.encode("latin-1"), content) as url:
        assert is_the_table(read(url))


def test_a_packed_answer_that_is_cut_is_not_read_as_if_it_were_whole(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    content = gzip.compress(PAGES["/plain.csv"][1])
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nConnection: close\r\n\r\n"
    with answering(head, content) as url:
        assert is_the_table(read(url))
    for broken in (content[:-20], content[:10] + b"?" * 30):
        with answering(head, broken) as url:
            assert "is a damaged or incomplete gzip file: fetch" in complaint(url)
    assert not list(folder().iterdir())


def test_a_server_that_sends_a_byte_now_and_then_is_not_waited_for(monkeypatch, stopwatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(downloads, "PATIENCE", 1)
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"
    with answering(head, *[b"x"] * 1000, pause=0.1) as url:
        assert "too slowly to wait for: try again later, or download the file in a browser" in complaint(url)
    assert stopwatch() < 30


def test_certificates_that_are_not_there_are_one_sentence(monkeypatch):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "nowhere.pem")
    assert "could not be fetched (OSError)" in complaint("https://127.0.0.1:9/news.csv")
