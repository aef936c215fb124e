"""Damaged files through the reader: each must be read, or refused in a sentence, soon, in little memory.

``python benchmarks/mutated.py --files 20000`` mutates files of every kind that newsclust reads; file 17 of seed 1 is
always the same, and ``--seed 1 --write 17`` writes it to look at. ``--bombs`` reads small files that unpack to large
ones, and large ones without headlines, each in its own process.
"""

from __future__ import annotations

import argparse
import bz2
import gzip
import io
import json
import lzma
import multiprocessing
import random
import resource
import subprocess
import sys
import tarfile
import tempfile
import time
import traceback
import warnings
import zipfile
from collections import Counter, defaultdict
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from xml.sax.saxutils import escape

import pandas as pd
from tqdm import tqdm

CASES = Path(__file__).parents[1] / "tests" / "cases"
MOST_BYTES = 100_000
SLOW = 1.0  # seconds of processor time
BREAKING = [b'"', b"'", b",", b"\t", b"\n", b"\r", b"\0", b"\\", b"<", b"&", b"{", b"[", b"]", b"\xff", b"\xef\xbb\xbf",
            b";", b"\x1a", b"9" * 25, b"]]>", b"e9", b"-"]  # fmt: skip


def seeds() -> dict[str, bytes]:
    """Name -> content of the files that are mutated: the tests' cases, and the sample in every format."""
    files = {file.name: file.read_bytes() for file in sorted(CASES.iterdir())}
    with (resources.files("newsclust") / "data" / "sample.csv").open("rb") as file:
        table = pd.read_csv(file, dtype=str, keep_default_na=False).head(20)
    rows = table.to_dict("records")
    texts = {
        "sample.csv": table.to_csv(index=False),
        "sample.tsv": table.to_csv(index=False, sep="\t"),
        "sample.json": table.to_json(orient="records"),
        "sample.jsonl": table.to_json(orient="records", lines=True),
        "sample.html": f"<html><body>{table.to_html(index=False)}</body></html>",
        "sample.rss": _rss(rows),
        "sample.atom": _atom(rows),
        "sample.opml": '<opml version="2.0"><body><outline xmlUrl="https://x.example/feed"/></body></opml>',
    }
    binary = {name: text.encode() for name, text in texts.items()}
    binary["sample16.csv"] = texts["sample.csv"].encode("utf-16")
    for name, write in {
        "sample.xlsx": lambda to: table.to_excel(to, index=False),
        "sample.ods": lambda to: to.write(_ods(table)),
        "sample.parquet": lambda to: table.to_parquet(to, index=False),
        "sample.feather": table.to_feather,
    }.items():
        buffer = io.BytesIO()
        write(buffer)
        binary[name] = buffer.getvalue()
    binary["sample.sqlite"] = _sqlite(table)
    plain = binary["sample.csv"]
    import pyarrow as pa

    packed = {
        "sample.csv.gz": gzip.compress(plain, mtime=0),
        "sample.csv.bz2": bz2.compress(plain),
        "sample.csv.xz": lzma.compress(plain),
        "sample.csv.zst": pa.Codec("zstd").compress(plain).to_pybytes(),
        "sample.zip": _zip({"a.csv": plain, "b/b.json": binary["sample.json"]}),
        "sample.tar": _tar({"a.csv": plain, "b.jsonl": binary["sample.jsonl"]}),
    }
    files |= binary | packed
    return {name: content for name, content in files.items() if len(content) < MOST_BYTES}


def mutated(number: int, seed: int, files: dict[str, bytes]) -> tuple[str, bytes]:
    """The name and the content of damaged file `number`."""
    chance = random.Random(f"{seed}/{number}")
    made = [name for name in sorted(files) if name.startswith("sample")]
    name = chance.choice(made if chance.random() < 0.5 else sorted(files))
    content = files[name]
    if name.endswith((".xlsx", ".ods", ".zip")) and chance.random() < 0.7:  # else their checksums refuse nearly all
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = {member: archive.read(member) for member in archive.namelist()}
        member = chance.choice(sorted(members))
        return name, _zip(members | {member: _damaged(members[member], chance, files)})
    for ending, opened, packed in _PACKED:
        if name.endswith(ending) and chance.random() < 0.7:
            return name, packed(_damaged(opened(content), chance, files))
    return name, _damaged(content, chance, files)


def _damaged(content: bytes, chance: random.Random, files: dict[str, bytes]) -> bytes:
    changed = bytearray(content)
    for _ in range(chance.choice([1, 1, 1, 2, 3, 5, 20])):
        chance.choice([_flip, _flip, _cut, _end, _repeat, _insert, _swap, _exchange])(changed, chance, files)
    return bytes(changed[:MOST_BYTES])


def _flip(content: bytearray, chance: random.Random, _: object) -> None:
    for _ in range(chance.choice([1, 1, 4, 40])):
        if content:
            content[chance.randrange(len(content))] = chance.randrange(256)


def _cut(content: bytearray, chance: random.Random, _: object) -> None:
    start, end = _span(content, chance)
    del content[start:end]


def _end(content: bytearray, chance: random.Random, _: object) -> None:
    del content[chance.randrange(len(content) + 1) :]


def _repeat(content: bytearray, chance: random.Random, _: object) -> None:
    start, end = _span(content, chance)
    content[start:start] = bytes(content[start:end]) * min(chance.choice([1, 2, 50]), MOST_BYTES // max(end - start, 1))


def _insert(content: bytearray, chance: random.Random, _: object) -> None:
    at = chance.randrange(len(content) + 1)
    content[at:at] = chance.choice([chance.choice(BREAKING) * chance.choice([1, 1, 3, 1000]), chance.randbytes(20)])


def _swap(content: bytearray, chance: random.Random, _: object) -> None:
    start, end = _span(content, chance)
    moved = bytes(content[start:end])
    del content[start:end]
    at = chance.randrange(len(content) + 1)
    content[at:at] = moved


def _exchange(content: bytearray, chance: random.Random, files: dict[str, bytes]) -> None:
    """A piece of another file in the middle."""
    other = files[chance.choice(sorted(files))]
    start, end = _span(other, chance)
    at = chance.randrange(len(content) + 1)
    content[at:at] = other[start:end]


def _span(content: bytes | bytearray, chance: random.Random) -> tuple[int, int]:
    start = chance.randrange(len(content) + 1)
    return start, min(start + chance.choice([1, 5, 100, 5000]), len(content))


def outcome(job: tuple[int, int]) -> tuple[int, str, str, float, int]:
    """Number, name, result ("read", "refused", or a traceback), processor seconds, and peak MiB so far."""
    from newsclust.corpus.documents import read_corpus
    from newsclust.errors import NewsclustError

    number, seed = job
    name, content = mutated(number, seed, _files)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(content)
        start = time.process_time()
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                corpus = read_corpus(path)
            if corpus.n_rows != corpus.n_documents + corpus.n_repeats + corpus.n_set_aside:
                raise AssertionError(f"{corpus!r}")
            said = "read"
        except NewsclustError as error:
            said = "refused" if "\n" not in str(error) else f"a refusal of several lines: {error}"
        except Exception:
            said = traceback.format_exc()
        seconds = time.process_time() - start
    return number, name, said, seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


_files: dict[str, bytes] = {}


def _prepare(files: dict[str, bytes]) -> None:
    """In each process: block the network, and import all that reading needs."""
    import requests

    from newsclust.corpus.documents import read_corpus

    def unreachable(*_: object, **__: object) -> None:
        raise requests.ConnectionError

    requests.get = unreachable
    _files.update(files)
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name, content in files.items():
            (Path(folder) / name).write_bytes(content)
            try:
                read_corpus(Path(folder) / name)
            except Exception:
                continue


def run(count: int, seed: int, jobs: int) -> int:
    files = seeds()
    numbers = ((number, seed) for number in range(count))
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    slowest: dict[str, float] = defaultdict(float)
    failures, peak = 0, 0
    with multiprocessing.get_context("spawn").Pool(jobs, _prepare, (files,)) as pool:
        for number, name, said, seconds, mib in tqdm(pool.imap_unordered(outcome, numbers, 20), total=count):
            kind = Path(name).suffix if name.startswith("sample") else "cases"
            counts[kind][said if said in ("read", "refused") else "crashed"] += 1
            slowest[kind] = max(slowest[kind], seconds)
            peak = max(peak, mib)
            if said not in ("read", "refused") or seconds > SLOW:
                failures += 1
                print(f"\n--seed {seed} --write {number} ({name}, {seconds:.2f} s): {said}")
    print(f"seed {seed}: {count:,} files, {failures} crashed or took more than {SLOW:g} s, at most {peak:,} MiB")
    print(pd.DataFrame(counts).T.fillna(0).astype(int).assign(slowest_s=pd.Series(slowest).round(2)).to_string())
    return failures


_PACKED: list[tuple[str, Callable[[bytes], bytes], Callable[[bytes], bytes]]] = [
    (".gz", gzip.decompress, lambda content: gzip.compress(content, mtime=0)),
    (".bz2", bz2.decompress, bz2.compress),
    (".xz", lzma.decompress, lzma.compress),
]

# Bombs


def bombs() -> dict[str, Callable[[], bytes]]:
    """Small files that unpack to large ones, and others that are no tables."""
    gigabyte = 1 << 30
    zeros = b"0" * (1 << 20)

    def packed(opened: Callable[..., io.IOBase], blocks: int = 1024) -> bytes:
        buffer = io.BytesIO()
        with opened(buffer, "wb") as stream:
            for _ in range(blocks):
                stream.write(zeros)
        return buffer.getvalue()

    def zip_bomb() -> bytes:
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            for member in range(4):
                with archive.open(f"{member}.csv", "w", force_zip64=True) as stream:
                    for _ in range(512):
                        stream.write(zeros)
        return buffer.getvalue()

    def nested() -> bytes:
        inner = zip_bomb()
        for _ in range(3):
            inner = _zip({f"{i}.zip": inner for i in range(10)})
        return inner

    def workbook() -> bytes:
        buffer = io.BytesIO()
        pd.DataFrame({"title": ["a"]}).to_excel(buffer, index=False)
        members = {}
        with zipfile.ZipFile(buffer) as archive:
            members = {name: archive.read(name) for name in archive.namelist()}
        row = b"<row><c t='inlineStr'><is><t>a storm nears the coast</t></is></c></row>"
        sheet = members["xl/worksheets/sheet1.xml"]
        cut = sheet.index(b"</sheetData>")
        members["xl/worksheets/sheet1.xml"] = sheet[:cut] + row * 10_000_000 + sheet[cut:]
        return _zip(members)

    def open_document() -> bytes:
        with zipfile.ZipFile(io.BytesIO(_ods(pd.DataFrame({"title": ["a storm nears the coast"]})))) as archive:
            members = {name: archive.read(name) for name in archive.namelist()}
        repeated = b'<table:table-row table:number-rows-repeated="999999999"'
        members["content.xml"] = members["content.xml"].replace(b"<table:table-row", repeated)
        return _zip(members)

    def repeated_parquet() -> bytes:
        import pyarrow as pa
        from pyarrow import parquet

        buffer = io.BytesIO()
        values = pa.DictionaryArray.from_arrays(pa.array([0] * 50_000_000, pa.int32()), ["a storm nears the coast"])
        parquet.write_table(pa.table({"title": values}), buffer)
        return buffer.getvalue()

    entities = "".join(f'<!ENTITY e{i} "{f"&e{i - 1};" * 10}">' for i in range(1, 10))
    item = "<item><title>&e9;</title></item>"
    laughs = f'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY e0 "ha">{entities}]>'
    return {
        "zip, 2 GB": zip_bomb,
        "zip in zip in zip, 2 TB": nested,
        "gzip, 1 GB": lambda: packed(lambda buffer, mode: gzip.GzipFile(fileobj=buffer, mode=mode)),
        "bzip2, 1 GB": lambda: packed(bz2.BZ2File),
        "xz, 4 GB": lambda: packed(lambda buffer, mode: lzma.LZMAFile(buffer, mode, preset=0), 4096),
        "xlsx, 10,000,000 rows": workbook,
        "ods, a row 999,999,999 times": open_document,
        "parquet, 50,000,000 rows of one value": repeated_parquet,
        "10^6 columns": lambda: b",".join(b"c%d" % i for i in range(10**6)) + b"\n" + b"," * (10**6 - 1) + b"\n",
        "10^6 columns with headlines": lambda: (
            b"title," + b",".join(b"c%d" % i for i in range(10**6)) + b"\n" + b"Storm nears," * 10**6 + b"x\n"
        ),
        "10^6 names in JSON": lambda: json.dumps([{f"title{i}": "Storm nears"} for i in range(10**6)]).encode(),
        "JSON, 10,000,000 levels": lambda: b"[" * 10_000_000,
        "JSON, a list of 30,000,000 strings": lambda: b"[" + b'"ab",' * 30_000_000 + b'"ab"]',
        "JSON, 10,000,000 empty records": lambda: b"[" + b"{}," * 10_000_000 + b"{}]",
        "JSON lines, 20,000,000 numbers": lambda: b'{"title": "a"}\n' + b"1\n" * 20_000_000,
        "a line of 1 GB": lambda: b"title\n" + b"a" * gigabyte,
        "a line of 1 GB in quotes": lambda: b'title\n"' + b"a" * gigabyte + b'"\n',
        "100 MB of line ends": lambda: b"\n" * 100_000_000,
        "100 MB of quotation marks": lambda: b"title,url\n" + b'"' * 100_000_000,
        "50,000,000 lines of a letter": lambda: b"title\n" + b"a\n" * 50_000_000,
        "XML, a billion laughs": lambda: f"{laughs}<rows><row><title>&e9;</title></row></rows>".encode(),
        "RSS, a billion laughs": lambda: f"{laughs}<rss><channel>{item}</channel></rss>".encode(),
        "XML, 1,000,000 levels": lambda: b"<?xml version='1.0'?>" + b"<a>" * 1_000_000,
        "HTML, 1,000,000 open tables": lambda: b"<html>" + b"<table><tr><td>" * 1_000_000,
    }


_ONE = """
import json, sys, time, warnings
warnings.simplefilter("ignore")
from newsclust.corpus.documents import read_corpus
from newsclust.errors import NewsclustError
import pandas, pyarrow.parquet, openpyxl, feedparser, charset_normalizer
start = time.process_time()
try:
    said = repr(read_corpus(sys.argv[1]))
except NewsclustError as error:
    said = str(error)
with open("/proc/self/status") as file:  # ru_maxrss is the parent's where that was larger
    peak = next(int(line.split()[1]) for line in file if line.startswith("VmHWM"))
print(json.dumps([time.process_time() - start, peak // 1024, said]))
"""


def run_bombs(only: str) -> int:
    failures = 0
    print("| file | MB | processor s | peak MiB | said |\n| :-- | --: | --: | --: | :-- |")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bomb"
        for name, make in bombs().items():
            if only not in name:
                continue
            path.write_bytes(make())
            done = subprocess.run([sys.executable, "-c", _ONE, str(path)], capture_output=True, text=True, timeout=900)
            if done.returncode:
                failures += 1
                last = (done.stderr.strip() or "killed").splitlines()[-1]
                print(
                    f"| {name} | {path.stat().st_size / 1e6:.1f} | | | **exit {done.returncode}**: {last} |", flush=True
                )
                continue
            seconds, peak, said = json.loads(done.stdout.splitlines()[-1])
            said = said.replace(str(path), "bomb")
            print(f"| {name} | {path.stat().st_size / 1e6:.1f} | {seconds:.1f} | {peak:,} | {said[:160]} |", flush=True)
    return failures


# Files of every kind


def _rss(rows: list[dict[str, str]]) -> str:
    items = "".join(
        f"<item><title>{escape(row['title'])}</title><description>{escape(row['description'])}</description>"
        f"<pubDate>{row['published_at']}</pubDate><source url='https://x.example'>{escape(row['publisher'])}</source></item>"
        for row in rows
    )
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>All</title>{items}</channel></rss>'


def _atom(rows: list[dict[str, str]]) -> str:
    entries = "".join(
        f"<entry><title>{escape(row['title'])}</title><updated>{row['published_at']}</updated>"
        f"<summary type='html'>{escape(row['description'])}</summary></entry>"
        for row in rows
    )
    return f'<feed xmlns="http://www.w3.org/2005/Atom"><title>All</title>{entries}</feed>'


def _ods(table: pd.DataFrame) -> bytes:
    def row(cells: list[str]) -> str:
        marked = "".join(f"<table:table-cell><text:p>{escape(cell)}</text:p></table:table-cell>" for cell in cells)
        return f"<table:table-row>{marked}</table:table-row>"

    oasis = "urn:oasis:names:tc:opendocument:xmlns"
    rows = "".join(map(row, [list(table.columns), *table.to_numpy().tolist()]))
    content = (
        f'<office:document-content xmlns:office="{oasis}:office:1.0" xmlns:table="{oasis}:table:1.0" '
        f'xmlns:text="{oasis}:text:1.0"><office:body><office:spreadsheet><table:table table:name="Sheet1">{rows}'
        "</table:table></office:spreadsheet></office:body></office:document-content>"
    )
    return _zip({"mimetype": b"application/vnd.oasis.opendocument.spreadsheet", "content.xml": content.encode()})


def _sqlite(table: pd.DataFrame) -> bytes:
    import sqlite3

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "news.db"
        with sqlite3.connect(path) as connection:
            table.to_sql("news", connection, index=False)
        connection.close()
        return path.read_bytes()


def _zip(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def _tar(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--files", type=int, default=2000, help="how many mutated files")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--write", type=int, metavar="NUMBER", help="write this one to the working folder instead")
    parser.add_argument(
        "--bombs", nargs="?", const="", metavar="PART", help="read bombs instead, those whose name has PART"
    )
    given = parser.parse_args()
    if given.write is not None:
        name, content = mutated(given.write, given.seed, seeds())
        Path(name).write_bytes(content)
        print(name)
        return 0
    return min(run_bombs(given.bombs) if given.bombs is not None else run(given.files, given.seed, given.jobs), 1)


if __name__ == "__main__":
    sys.exit(main())
