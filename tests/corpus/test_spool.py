"""Documents on disk are those of a corpus, whatever the order of the rows."""

from __future__ import annotations

import pandas as pd
import pytest

from headline_reader import read
from newsclust.corpus.documents import read_corpus
from newsclust.corpus.spool import Spool

ROWS = pd.DataFrame(
    {
        "title": ["Storm nears the coast", "STORM NEARS THE COAST", "Ferry service resumes", "storm nears the coast!"],
        "publisher": ["Coast Post", "", "Town Crier", "Isle"],
        "published_at": ["2024-05-18", "2024-05-17", "2024-05-18", "2024-05-17"],
    }
)


@pytest.mark.parametrize("order", [[0, 1, 2, 3], [3, 2, 1, 0], [1, 3, 0, 2]])
def test_of_equal_texts_the_same_one_is_kept_as_in_a_corpus(order, tmp_path):
    ROWS.iloc[order].to_csv(tmp_path / "rows.csv", index=False)
    table = read(tmp_path / "rows.csv").table
    spool = Spool()
    for start in (0, 2):
        spool.add(table[start : start + 2])
    documents = read_corpus(tmp_path / "rows.csv").documents
    assert len(spool) == len(documents) == 2
    assert spool.after(-1, 9).to_numpy().tolist() == documents[["id", "text", "language"]].to_numpy().tolist()
    first, second = documents["id"].tolist()
    assert spool.after(-1, 1)["id"].tolist() == [first] and spool.after(first, 9)["id"].tolist() == [second]
