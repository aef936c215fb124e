"""The reader is whole in itself: without newsclust, and without what newsclust computes with, it gives the same."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

import headline_reader
from newsclust.corpus.documents import read_corpus
from newsclust.errors import InputError
from points import examples

PACKAGE = Path(headline_reader.__file__).parent
CASES = Path(__file__).parents[1] / "cases"
SHARED = Path(__file__).parents[3] / "shared" / "cases" / "inputs"
#: What newsclust needs and the reader must not.
REFUSED = (
    "newsclust torch pymilvus milvus_lite numba faiss umap hdbscan sklearn matplotlib plotly graph_hdbscan".split()
)

#: Reads every file that it is given, in an interpreter in which none of these can be imported.
ALONE = """
import json, sys, warnings
class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in REFUSED:
            raise ImportError(f"{name} is not there")
REFUSED, files = json.load(sys.stdin)
sys.meta_path.insert(0, Refuse())
warnings.simplefilter("ignore")
import headline_reader, requests
def unreachable(*_, **__):
    raise requests.ConnectionError
requests.get = unreachable
read = {}
for file in files:
    try:
        headlines = headline_reader.read(file)
        table = headlines.table
        rows = table[["title", "published_at", "publisher", "url", "language", "key"]].to_numpy().tolist()
        read[file] = {"rows": rows, "set aside": headlines.rejected.to_numpy().tolist()}
    except headline_reader.ReaderError as error:
        read[file] = {"refused": str(error).partition(":")[0].rstrip(".")}
print(json.dumps(read))
"""


def files() -> list[str]:
    """Every third file, with `make soak` each."""
    shared = [path for path in SHARED.rglob("*") if path.is_file() and path.suffix != ".md"] if SHARED.is_dir() else []
    return [str(path) for path in (*sorted(CASES.iterdir()), *sorted(shared))][:: 1 if examples(100) > 100 else 3]


@pytest.fixture(scope="module")
def alone() -> dict[str, dict]:
    given = json.dumps([REFUSED, files()])
    done = subprocess.run([sys.executable, "-c", ALONE], input=given, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


def compare(file: str, alone: dict[str, dict], monkeypatch) -> None:
    """A document of newsclust is one of the rows that the reader gives for its text, and none of them is lost."""
    import requests

    monkeypatch.setattr(requests, "get", lambda *_, **__: (_ for _ in ()).throw(requests.ConnectionError))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            corpus = read_corpus(file)
        except InputError as error:
            said = str(error).partition(":")[0].rstrip(".")
            assert Path(file).name in said and said.rpartition("/")[2] == alone[file]["refused"].rpartition("/")[2]
            return
    rows = {}
    for *row, key in alone[file]["rows"]:
        rows.setdefault(key, []).append(row)
    documents = corpus.documents[["title", "published_at", "publisher", "url", "language"]].to_numpy().tolist()
    assert len(documents) == len(rows)
    for document in documents:
        assert any(document in several for several in rows.values()), document
    assert corpus.rejected.to_numpy().tolist() == alone[file]["set aside"]


@pytest.mark.parametrize(
    "file", [file for file in files() if Path(file).parent == CASES], ids=lambda file: Path(file).name
)
def test_the_reader_alone_gives_what_newsclust_has_of_a_case(file, alone, monkeypatch):
    compare(file, alone, monkeypatch)


@pytest.mark.skipif(
    not SHARED.is_dir(), reason="the maintainers' files, which are not part of the project, are not there"
)
def test_the_reader_alone_gives_what_newsclust_has_of_the_maintainers_files(alone, monkeypatch):
    shared = [file for file in files() if file.startswith(str(SHARED))]
    assert len(shared) > 12
    for file in shared:
        compare(file, alone, monkeypatch)


def test_no_module_imports_newsclust_or_knows_its_parameters():
    for path in PACKAGE.glob("*.py"):
        text = path.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(text)):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not {name.partition(".")[0] for name in names} & {*REFUSED}, path.name
        assert "newsclust" not in text and " -y " not in text and "columns={" not in text, path.name


def test_importing_the_package_imports_nothing_else():
    loaded = "[name for name in sys.modules if name.startswith('headline_reader.') or name == 'pandas']"
    code = f"import sys, headline_reader; print({loaded})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.strip() == "[]" and {"read", "Headlines", "ReaderError"} <= set(dir(headline_reader))
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = headline_reader.nothing
