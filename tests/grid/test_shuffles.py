"""How much the order of the rows changes."""

from __future__ import annotations

import numpy as np
import pytest

import newsclust as nc
from newsclust.errors import NewsclustWarning
from newsclust.grid import peers, shuffles
from newsclust.grid.shuffles import shuffle_rows
from test_labelled import headlines  # noqa: F401  a fixture


def test_shuffled_rows_change_nothing_here_and_what_they_change_elsewhere_is_shown(
    headlines,  # noqa: F811
    tmp_path,
    monkeypatch,
):
    def by_order(vectors, texts, _):
        return {"halves": np.arange(len(texts)) % 2}

    monkeypatch.setitem(peers.PEERS, "by order", ("numpy", False, by_order))
    monkeypatch.setattr(shuffles, "FAST", ("by order", "average linkage"))
    vectors = nc.embed(nc.read(headlines), uri=str(tmp_path / "m.db"))
    with pytest.warns(NewsclustWarning, match="BERTopic is left out of the shuffles"):
        found = shuffle_rows(vectors, ["params/stories.yaml"], ["by order", "average linkage", "BERTopic"], times=3)
    assert found.caption.startswith("A headline in no story is alone")
    lowest = dict(zip(found.frame["method"], found.frame["lowest"].astype(float), strict=True))
    assert lowest["newsclust, stories.yaml"] == 1 and lowest["average linkage"] == 1 and lowest["by order"] < 0.2
