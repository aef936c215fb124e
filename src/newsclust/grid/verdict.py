"""What an evaluation says, in sentences, and a check of its scores by counting pairs."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..markup import Sentences
from ..show.figure import Figure
from ..show.figures import settings_curve
from ..show.listings import Table
from ..stories.evaluation import ONE_OFF
from ..wording import count
from .labelled import Evaluation, mistakes

#: More headlines than this have too many pairs to compare one by one.
ALL_PAIRS = 3000


def who_finds_them(evaluation: Evaluation) -> Sentences:
    """Which method agrees best with the known stories, by how much, and which chose its settings without them."""
    ranked = evaluation.table["ami"].astype(float).sort_values(ascending=False, kind="stable")
    best, *others = ranked.index
    told = f"{best} agrees best with the known stories: AMI {ranked[best]:.3f}"
    sentences = [f"{told}; next is {others[0]} with {ranked[others[0]]:.3f}." if others else f"{told}."]
    for name, settings in evaluation.settings.items():
        top, own = settings.curve["ami"].max(), settings.curve["ami"].iloc[0]
        sentences.append(
            f"{name} chose its settings without the truth: the chosen one has {own:.3f}, the best of the "
            f"{len(settings.curve)} that were tried {top:.3f}."
        )
    return Sentences(*sentences)


def count_pairs(evaluation: Evaluation, method: str) -> Sentences:
    """How many pairs of headlines a method rightly puts together, counted one by one, and the resulting ARI.

    This is the adjusted Rand index by its definition (L. Hubert and P. Arabie 1985), from pairs of all input rows; it
    must equal the table's. A headline in no story is in no pair.

    Raises
    ------
    AssertionError
        If the two differ.
    """
    known = evaluation.row_truth != ""
    truth, found = evaluation.row_truth[known], np.asarray(evaluation.labels[method])[evaluation.place][known]
    n = len(truth)
    if not 1 < n <= ALL_PAIRS:
        return Sentences(f"Not counted: {count(n, 'headline')} with a known story.")
    codes = pd.factorize(truth)[0]
    codes[np.isin(np.char.lower(truth.astype(str)), list(ONE_OFF))] = -1
    one, other = np.triu_indices(n, k=1)
    belong = (codes[one] == codes[other]) & (codes[one] >= 0)
    together = (found[one] == found[other]) & (found[one] >= 0)
    right, all_pairs = int((belong & together).sum()), len(one)
    by_chance = belong.sum() * together.sum() / all_pairs
    most = (belong.sum() + together.sum()) / 2
    ari = 1.0 if most == by_chance else (right - by_chance) / (most - by_chance)
    scored = evaluation.table.loc[method, "ari"]
    assert np.isclose(ari, scored, atol=1e-9), f"The pairs give an ARI of {ari}, where {scored} was scored."
    share = {name: right / pairs.sum() if pairs.any() else 0.0 for name, pairs in {"p": together, "r": belong}.items()}
    return Sentences(
        f"Of {count(int(together.sum()), 'pair')} that it puts together {share['p']:.1%} belong together; of the "
        f"{int(belong.sum()):,} that belong together it finds {share['r']:.1%}. Counted one by one that is an ARI of "
        f"{ari:.3f}, as it was scored."
    )


def chosen_settings(evaluation: Evaluation, method: str) -> Figure | Sentences:
    """The settings that a method tried, drawn; a sentence for a method that chose none."""
    settings = evaluation.settings.get(method)
    return settings_curve(settings) if settings else Sentences(f"{method} did not choose its settings from the data.")


def mistake_table(evaluation: Evaluation, method: str) -> Table:
    """A method's mistakes in numbers and one by one: the known story, what was found instead, and headlines."""
    wrong = mistakes(evaluation, method)
    rows = [
        (what, row.known, f"story {row.found}", row.headlines, row.example)
        for what in ("merged", "split")
        for row in wrong[what].rename(columns={"for example": "example"}).itertuples()
    ]
    rows += [("one-off", "", f"with: {other}", 1, one) for one, other in wrong["one-offs in a story"].to_numpy()]
    rows += [("left out", known, "no story", 1, one) for one, known in wrong["left out"].to_numpy()]
    frame = pd.DataFrame(rows, columns=["what", "known story", "found", "headlines", "for example"])
    said = " ".join(what_went_wrong(evaluation, method).sentences)
    return Table(frame, empty=f"{method} made no mistake.", caption=said)


def what_went_wrong(evaluation: Evaluation, method: str) -> Sentences:
    """The method's mistakes in numbers; `mistakes` has their headlines."""
    wrong = mistakes(evaluation, method)
    told = [
        count(wrong["merged"]["found"].nunique(), "story holds several known ones", "stories hold several known ones"),
        count(wrong["split"]["known"].nunique(), "known story is split", "known stories are split"),
        count(len(wrong["one-offs in a story"]), "one-off is in a story", "one-offs are in a story"),
        count(len(wrong["left out"]), "headline of a story is left out", "headlines of stories are left out"),
    ]
    headlines = len(wrong["one-offs in a story"]) + len(wrong["left out"])
    return Sentences(
        f"{method}: {', '.join(told)}.",
        f"{headlines / max(len(evaluation.truth), 1):.1%} of the headlines are on the wrong side of the line between a "
        "story and none."
        if headlines
        else "",
    )
