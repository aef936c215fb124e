"""Golden pairs: headlines known to be in one story, or in two, and whether a finished run agrees."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ..corpus.words import silent_words, split
from ..errors import InputError
from ..markup import plain
from ..neighbors.blend import Parts
from ..paths import find_input
from ..run.correction_files import read_corrections
from ..run.stored import StoredRun
from ..stories.corrections import resolve
from ..wording import count

#: The most shared words that a reason names.
WORDS = 6


@dataclass(frozen=True, eq=False)
class CheckedPairs:
    """Whether a run has pairs as they should be.

    Attributes
    ----------
    run : StoredRun
    table : DataFrame, one row per pair
        ``file, row, kind`` ("same" or "apart"), ``headline_a, headline_b, holds, reason``, and, if both headlines are
        in the run, ``distance`` (by vectors, words and days, as the run measures it), ``words`` (that both texts have),
        ``days`` (between the two, None if one is undated), ``story_a, story_b`` (-1: in none).
    """

    run: StoredRun
    table: pd.DataFrame

    @property
    def n_failed(self) -> int:
        return int((~self.table["holds"]).sum())

    @property
    def facts(self) -> dict[str, Any]:
        """What ``newsclust check --json`` prints."""
        pairs = self.table.astype(object).where(self.table.notna(), None).to_dict("records")
        return {"run": self.run.name, "n_pairs": len(pairs), "n_failed": self.n_failed, "pairs": pairs}

    def __str__(self) -> str:
        rows = self.table.sort_values("holds", kind="stable").itertuples()
        lines = [f"{'ok  ' if row.holds else 'FAIL'} row {row.row} of {row.file}: {row.reason}" for row in rows]
        n = len(self.table)
        return "\n".join(
            [*lines, f"{n - self.n_failed:,} of {count(n, 'pair')} are as they should be in {self.run.name}."]
        )


def check_pairs(file: str, run: StoredRun) -> CheckedPairs:
    """Check the rows ``same`` and ``apart`` of a file of pairs, in the format of ``corrections.csv``.

    A pair is one story if both headlines have the same story, else two; a headline in no story is in one with no other.
    A pair fails if one of its headlines is not in the run.

    Raises
    ------
    InputError
        If the file can't be read, has no pairs, or its pairs contradict each other.
    """
    rows = read_corrections(find_input(file), file)
    pairs = rows[rows["kind"].isin(["same", "apart"])]
    if pairs.empty:
        raise InputError(f"{file} has no pairs: it needs rows of the kinds same and apart.")
    documents, labels = run.documents, run.labels
    found = resolve(pairs, documents)
    told = found.rows.copy()
    one, two = (told[name].to_numpy(np.intp) for name in ("one", "two"))
    told["distance"] = _distances(run, one, two)
    silent, texts = silent_words(run.languages), documents["text"].tolist()
    words = {row: set(split(texts[row])[0] + split(texts[row])[1]) - silent for row in {*one.tolist(), *two.tolist()}}
    told["words"] = [sorted(words[a] & words[b]) for a, b in zip(one.tolist(), two.tolist(), strict=True)]
    times = documents["time"].to_numpy()
    told["days"] = np.abs(times[one] - times[two]) / np.timedelta64(1, "D")
    told["story_a"], told["story_b"] = labels[one], labels[two]
    together = (labels[one] == labels[two]) & (labels[one] >= 0)
    told["holds"] = np.where(told["kind"] == "same", together, ~together).astype(bool)
    told["reason"] = [_reason(row, run.table["title"]) for row in told.itertuples()]
    missing = pd.DataFrame(found.left_out, columns=[*pairs.columns, "reason"]).assign(holds=False)
    columns = [*("file row kind headline_a headline_b holds reason distance words days story_a story_b".split())]
    table = pd.concat([told, missing] if len(missing) else [told]).reindex(columns=columns)
    return CheckedPairs(run, table.sort_values("row", ignore_index=True).astype({"holds": bool}))


def _distances(run: StoredRun, one: np.ndarray, two: np.ndarray) -> np.ndarray:
    given, vectors = run.parameters, run.embeddings.vectors
    apart = vectors[one].astype(np.float64) - vectors[two]
    distances = np.sqrt((apart**2).sum(axis=1)).astype(np.float32)[:, None]
    if given.words or given.days:
        parts = Parts(vectors, run.embeddings.words, run.documents, given.words, given.days, given.day_scale)
        distances = parts.measure(one, two[:, None].astype(np.int32), distances)[1]
    return distances[:, 0].astype(float)


def _reason(row: Any, titles: pd.Series) -> str:
    names = [f"“{plain(name)[:60]}”" for name in (row.headline_a, row.headline_b)]
    where = [
        f"story {story} (“{titles[story][:40]}”)" if story >= 0 else "no story" for story in (row.story_a, row.story_b)
    ]
    both = row.story_a == row.story_b
    went = f"both are in {where[0]}" if both else f"they are in {where[0]} and {where[1]}"
    shared = ", ".join(row.words[:WORDS]) + (f" and {len(row.words) - WORDS} more" if len(row.words) > WORDS else "")
    days = "one is undated" if row.days != row.days else f"{row.days:.1f} days apart"
    should = "one story" if row.kind == "same" else "two stories"
    return (
        f"{names[0]} and {names[1]} should be {should}, and {went}: distance {row.distance:.3f}, {days}, "
        f"{f'words in common: {shared}' if row.words else 'no word in common'}."
    )
