"""Four headlines in whatever form, read by the reader alone: for tests of its modules."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from headline_reader import Headlines, ReaderError, ReaderNotice, read

TITLES = [
    "Storm nears the coast",
    "Ferry service resumes",
    "Museum buys an old map",
    "Council votes on a new bridge",
]
DAYS = ["2024-05-17", "2024-05-18", "2024-05-19", "2024-05-20"]
PAPERS = ["Coast Post", "Coast Post", "Town Crier", "Town Crier"]
TABLE = pd.DataFrame({"title": TITLES, "published": DAYS, "source": PAPERS})


def read_file(content: bytes | str, file: str = "news", **ways: Any) -> Headlines:
    Path(file).write_bytes(content if isinstance(content, bytes) else content.encode())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ReaderNotice)
        return read(file, **ways)


def refusal(content: bytes | str, file: str = "news", **ways: Any) -> str:
    """The sentence with which a file is refused."""
    with pytest.raises(ReaderError) as error:
        read_file(content, file, **ways)
    message = str(error.value)
    assert "\n" not in message and "\0" not in message and message.endswith((".", "?"))
    return message


def is_the_table(headlines: Headlines) -> bool:
    table = headlines.table.sort_values("published_at")
    return (
        table["title"].tolist() == TITLES
        and table["published_at"].str[:10].tolist() == DAYS
        and table["publisher"].tolist() == PAPERS
    )


@contextmanager
def site(pages: dict[str, tuple[int, bytes]]) -> Iterator[ThreadingHTTPServer]:
    """A web site with these pages, by path: status and content; `url` is its address, `asked` what it was asked for."""
    asked = []

    class Site(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append((self.path, self.headers.get("Authorization")))
            status, content = pages.get(self.path.partition("?")[0], (404, b"nothing here"))
            self.send_response(status)
            # More is promised than is sent, as by a server that dies on the way.
            self.send_header("Content-Length", str(len(content) + 10 * self.path.endswith("?cut")))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    server.url, server.asked = f"http://127.0.0.1:{server.server_port}", asked
    yield server
    server.shutdown()
    server.server_close()
    thread.join()
