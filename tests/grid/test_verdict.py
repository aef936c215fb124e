"""What an evaluation says: pairs counted one by one, and mistakes in numbers."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from newsclust.grid.labelled import Evaluation
from newsclust.grid.verdict import count_pairs, what_went_wrong, who_finds_them
from newsclust.stories.evaluation import agreement
from newsclust.stories.settings import Settings


def evaluation(truth, labels) -> Evaluation:
    documents = pd.DataFrame({"title": [f"h{i}" for i in range(len(truth))], "text": ""})
    curve = pd.DataFrame({"min_samples": [1, 2], "min_cluster_size": [3, 3], "separation": [0.3, 0.2]})
    scored = agreement(labels, truth)["ari"]
    table = pd.DataFrame({"ami": [0.8, 0.9], "ari": [scored, 0.0]}, index=["ours", "theirs"])
    settings = {"ours": Settings(1, 3, curve.assign(ami=[0.8, 0.85]))}
    truth = np.array(truth, dtype=object)
    return Evaluation(documents, truth, np.arange(len(truth)), truth, {"ours": np.array(labels)}, table, settings)


def test_pairs_are_counted_one_by_one_and_a_wrong_score_fails():
    result = evaluation(["x", "x", "x", "y", "y", "one-off", ""], [0, 0, 1, 1, 1, -1, 0])
    told = repr(count_pairs(result, "ours"))
    assert (
        "Of 4 pairs that it puts together 50.0% belong together; of the 4 that belong together it finds 50.0%" in told
    )
    result.table["ari"] = 0.123
    with pytest.raises(AssertionError, match="where 0.123 was scored"):
        count_pairs(result, "ours")


def test_the_verdict_counts_the_mistakes_and_names_the_best():
    result = evaluation(["x", "x", "x", "y", "y", "one-off", "x"], [0, 0, 0, 0, 0, 0, -1])
    told = repr(what_went_wrong(result, "ours"))
    assert "1 story holds several known ones, 0 known stories are split, 1 one-off is in a story, 1 headline of" in told
    told = repr(who_finds_them(result))
    assert "theirs agrees best with the known stories: AMI 0.900; next is ours with 0.800." in told
    assert "the chosen one has 0.800, the best of the 2 that were tried 0.850" in told
