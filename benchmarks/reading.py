"""The cost of reading a CSV, compared with `pandas.read_csv`, which only returns its cells as text.

    python benchmarks/reading.py [--rows N] [--rounds N]

A Markdown table: the median ratios of processor time, and of the memory added to a process that has already read a
small file. Each side reads in its own process, in turn.
"""

from __future__ import annotations

import argparse
import csv
import random
import subprocess
import sys
import time
import warnings
from pathlib import Path
from statistics import median

from inputs import WORK

PUBLISHERS = "The Guardian|Coast Post|Town Crier|Der Bote|Le Monde|El Diario|BBC News".split("|")
#: Odd forms of texts; the number says which text in a row gets it: 20 is every twentieth.
ODD = {
    20: "{} - {publisher}", 41: "{} &amp; more", 43: "<p>{}</p>", 47: "He said: “{}”", 53: "{}\nMore soon, they say",
    59: "{} \U0001f389", 61: " {} ", 67: "{} Read more...", 71: "", 73: "{} [+1234 chars]", 79: "{} https://t.co/abc",
}  # fmt: skip


def write(path: Path, rows: int) -> None:
    """Headlines of words drawn with a seed, every twentieth in another language than English."""
    import stopwordsiso

    draw = random.Random(0)
    words = {code: sorted(stopwordsiso.stopwords(code)) for code in "en de es fr ru ar hi zh tr".split()}

    def text(language: str, n: int) -> str:
        said = " ".join(draw.choices(words[language], k=n)).capitalize()
        ways = [way for often, way in ODD.items() if draw.random() < 1 / often]
        return (ways or ["{}"])[0].format(said, publisher=draw.choice(PUBLISHERS))

    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(["title", "description", "url", "published_at"])
        for row in range(rows):
            language = draw.choice(list(words)) if row % 20 == 0 else "en"
            day = f"2024-{draw.randint(1, 12):02}-{draw.randint(1, 28):02}"
            address = f"https://news.example/{day}/{row}-{'-'.join(draw.choices(words['en'], k=5))}"
            table.writerow([text(language, draw.randint(6, 11)), text(language, draw.randint(14, 32)), address, day])


def measured(side: str, small: str, large: str) -> tuple[float, float]:
    """Processor seconds and MiB of reading the large file."""
    import pandas as pd

    from newsclust.corpus.documents import read_corpus

    def most() -> int:
        return int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0])

    def read(path: str) -> object:
        return read_corpus(path) if side == "newsclust" else pd.read_csv(path, dtype=str)

    warnings.simplefilter("ignore")
    read(small)
    Path("/proc/self/clear_refs").write_text("5")  # the highest memory counts from here
    before, start = most(), time.process_time()
    kept = read(large)
    busy = time.process_time() - start
    del kept
    return busy, (most() - before) / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=300_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--side", nargs=3, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.side:
        print(*measured(*given.side))
        return
    WORK.mkdir(exist_ok=True)
    small, large = WORK / "reading-small.csv", WORK / f"reading-{given.rows}.csv"
    write(small, 500)
    write(large, given.rows)
    found: dict[str, list[list[float]]] = {"newsclust": [], "pandas": []}
    for _ in range(given.rounds):
        for side, runs in found.items():
            command = [sys.executable, __file__, "--side", side, str(small), str(large)]
            said = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
            runs.append([float(number) for number in said[-2:]])
    size = large.stat().st_size / 2**20
    ratios = [ours[0] / theirs[0] for ours, theirs in zip(*found.values(), strict=True)]
    print(f"{given.rows:,} rows, {size:.0f} MiB; times pandas' time: {median(ratios):.1f} "
          f"({min(ratios):.1f} to {max(ratios):.1f})\n")  # fmt: skip
    print("| | processor seconds | peak memory, times the file |\n| :-- | --: | --: |")
    for side, runs in found.items():
        seconds, mib = (median(numbers) for numbers in zip(*runs, strict=True))
        print(f"| {side} | {seconds:.1f} | {mib / size:.1f} |")


if __name__ == "__main__":
    main()
