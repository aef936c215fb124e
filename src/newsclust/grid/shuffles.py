"""How much the order of the rows changes what each method finds: labelled or not, no truth is needed."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Iterable
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd

from ..corpus.documents import read_corpus
from ..errors import no_notices, notice
from ..pipeline import Vectors
from ..show.listings import Table
from ..stories.evaluation import stability_between
from .labelled import NOISE, group, read_parameters, story_labels
from .peers import PEERS, Labels, absent

#: Peers that need seconds for a thousand headlines.
FAST = ("the tutorial's own code", "EVoC", "average linkage")


def shuffle_rows(
    vectors: Vectors,
    files: Iterable[str | Path] = ("params/tutorial.yaml", "params/stories.yaml"),
    peers: Iterable[str] = FAST,
    times: int = 5,
) -> Table:
    """Shuffle the rows of the input and group them again, and compare the answers with each other.

    newsclust reads the shuffled rows as it would read a file; a peer gets texts and vectors in the shuffled order. The
    adjusted Rand index of two answers is 1 if both are the same; a headline in no story is alone. For a peer with
    several settings the mean over them is shown.

    Parameters
    ----------
    vectors : Vectors
    files : iterable of path
        Parameter files for newsclust.
    peers : iterable of str
        Names in `newsclust.grid.peers.PEERS`. Those that are not `FAST`, or can't take part, are named in a notice.
    times : int
        2 or more. The shuffles are the same each time.
    """
    documents, given = vectors.corpus.documents, {f"newsclust, {Path(file).name}": file for file in files}
    answers: dict[str, list[Labels]] = {name: [] for name in given}
    for name in peers:
        slow = "" if name in FAST else f"{name} is left out of the shuffles: it needs minutes for them."
        if why := slow or absent(name, len(documents)):
            notice(why)
        else:
            answers[name] = []
    for seed in range(times):
        again = _read_again(vectors, seed)
        # The first row of each document, in the shuffled order.
        order = pd.Index(documents["id"]).get_indexer(again.corpus.row_ids.dropna().drop_duplicates().astype("int64"))
        for name in answers:
            with no_notices():
                warnings.simplefilter("ignore")  # the first reading gave the notices about this input
                if name in given:
                    asked = read_parameters(given[name])
                    answers[name].append({"": story_labels(group(again, asked), asked)})
                    continue
                found = PEERS[name][2](vectors.vectors[order], documents["text"].iloc[order].tolist(), 0)
            back = np.argsort(order)
            answers[name].append({said: np.asarray(labels)[back] for said, labels in found.items()})
    rows, ids = [], documents["id"].to_numpy()
    for name, given_back in answers.items():
        settings = set.intersection(*(set(labels) for labels in given_back))
        pairs = [(one[said], two[said]) for said in settings for one, two in combinations(given_back, 2)]
        between = [stability_between(one, ids, two, ids) or 0.0 for one, two in pairs]
        rows.append((name, f"{np.mean(between):.3f}", f"{min(between):.3f}"))
    columns = ["method", f"ARI between {times} shuffles, mean", "lowest"]
    return Table(pd.DataFrame(rows, columns=columns), caption=f"{NOISE} 1 is the same answer each time.")


def _read_again(vectors: Vectors, seed: int) -> Vectors:
    corpus = vectors.corpus
    with tempfile.TemporaryDirectory() as folder, no_notices():
        shuffled = Path(folder) / "shuffled.csv"
        corpus.rows.sample(frac=1, random_state=seed).to_csv(shuffled, index=False)
        again = read_corpus(shuffled, columns=corpus.columns)
        return replace(vectors, corpus=again, embeddings=vectors.store.embed(again.documents))
