"""Headlines, times and publishers of documents."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from newsclust.corpus.facts import REPEATED_BY, headlines, printed, times, with_facts, with_repeats

DOCUMENTS = pd.DataFrame(
    {
        "id": [10, 20, 30],
        "title": [" Storm nears ", "", ""],
        "text": ["Storm nears\nIt may turn.", "\n Ferry resumes \nIt sails.", " "],
        "publisher": ["Coast Post", "Town Crier", ""],
        "published_at": ["2024-05-17T22:00:00Z", "2024-05-18T01:30:00+02:00", ""],
    }
)
UTC = np.array(["2024-05-17T22:00", "2024-05-17T23:30", "NaT"], dtype="datetime64[us]")


def test_a_document_without_a_title_is_called_by_its_first_line():
    assert headlines(DOCUMENTS).tolist() == ["Storm nears", "Ferry resumes", ""]


@pytest.mark.parametrize("first", ["2024-05-17T22:00:00Z", "2024-05-17 22:00:00", "May 17, 2024, 10:00 PM"])
def test_times_are_in_utc_in_any_form(first):
    found = times(DOCUMENTS.assign(published_at=[first, *DOCUMENTS["published_at"][1:]]))
    assert found.dtype == "datetime64[us]" and np.array_equal(found, UTC, equal_nan=True)


def test_facts_that_a_corpus_has_are_not_made_again():
    with_own = with_facts(DOCUMENTS).assign(title="x", published_at="x")
    assert headlines(with_own).tolist() == headlines(DOCUMENTS).tolist()
    assert np.array_equal(times(with_own), UTC, equal_nan=True)


def test_whoever_printed_the_same_text_later_is_counted_too():
    others = pd.DataFrame(
        {"id": [20, 20], "publisher": ["Isle", "Herald"], "published_at": ["2024-05-20", "2024-05-19"]}
    )
    repeated = with_repeats(DOCUMENTS, others)
    assert [name for name, _ in repeated[REPEATED_BY][1]] == ["Herald", "Isle"]
    rows = printed(repeated)
    assert rows["document"].tolist() == [0, 1, 2, 1, 1]
    assert rows["publisher"].tolist() == ["Coast Post", "Town Crier", "", "Herald", "Isle"]
    assert rows["time"][3] == pd.Timestamp("2024-05-19") and printed(DOCUMENTS)["document"].tolist() == [0, 1, 2]
