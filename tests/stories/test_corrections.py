"""Corrections hold, whatever the clusters say; what they leave open follows from the tree; nothing else changes."""

from __future__ import annotations

import contextlib
import csv
import itertools
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import newsclust as nc
from browser import open_page  # noqa: F401  (a fixture)
from newsclust.errors import InputError
from newsclust.show.run_page import write_page
from newsclust.stories.corrections import COLUMNS, Corrections, apply, resolve
from newsclust.stories.stories import correct_stories
from points import examples

#: Two stories along a line, 0 to 4 and 5 to 9, their middle the most certain; 10 was assigned to the first, 11 and 12
#: are noise.
LABELS = np.array([0] * 5 + [1] * 5 + [0, -1, -1], dtype=np.int32)
CERTAINTY = np.array([0.5, 0.9, 1, 0.9, 0.6] * 2 + [0, 0, 0])
EDGES = np.array(
    [(0, 1, 0.2), (2, 3, 0.2), (5, 6, 0.2), (7, 8, 0.2), (3, 4, 0.3), (8, 9, 0.3), (1, 2, 0.4), (6, 7, 0.4)]
    + [(4, 5, 0.7), (0, 10, 0.8), (9, 11, 0.9), (11, 12, 1.0)]
)


def rows_of(*told: tuple) -> pd.DataFrame:
    filled = [dict(zip(("kind", "headline_a", "headline_b", "title"), row, strict=False)) for row in told]
    frame = pd.DataFrame([dict.fromkeys(COLUMNS, "") | row for row in filled])
    return frame.assign(file="corrections.csv", row=range(2, len(frame) + 2))


def pile(titles: list[str]) -> pd.DataFrame:
    blank = {"url": [f"https://a.example/{i}" for i in range(len(titles))], "text": titles, "title": titles}
    return pd.DataFrame({"id": range(100, 100 + len(titles)), **blank})


PILE = pile([f"Headline {i}" for i in range(len(LABELS))])


def corrected(*told: tuple, labels=LABELS, certainty=CERTAINTY, edges=EDGES, **more) -> np.ndarray:
    named = [(kind, *(f"Headline {i}" for i in rows)) for kind, *rows in told]
    found = resolve(rows_of(*named), PILE)
    assert not found.left_out
    return apply(found, labels, certainty, edges, **more).labels


def groups(labels: np.ndarray) -> list[list[int]]:
    return [np.flatnonzero(labels == story).tolist() for story in np.unique(labels[labels >= 0])]


def test_two_certain_headlines_of_one_story_merge_their_stories_and_another_comes_alone():
    assert groups(corrected(("same", 2, 7))) == [list(range(11))]
    assert groups(corrected(("same", 0, 7))) == [[1, 2, 3, 4, 10], [0, 5, 6, 7, 8, 9]]


def test_same_of_noise_makes_a_story_however_small_and_joins_one():
    assert groups(corrected(("same", 11, 12)))[-1] == [11, 12]
    assert groups(corrected(("same", 12, 7), ("same", 11, 12))) == [[0, 1, 2, 3, 4, 10], [5, 6, 7, 8, 9, 11, 12]]


def test_apart_parts_a_story_where_the_tree_is_longest_between_the_two():
    labels = corrected(("apart", 0, 4))
    assert labels[0] == labels[1] != labels[2] == labels[3] == labels[4] and (labels[5:10] == 1).all()


def test_three_headlines_apart_are_three_stories_and_a_single_remaining_one_is_in_none():
    labels = corrected(("apart", 0, 2), ("apart", 2, 4), ("apart", 0, 4))
    assert len({labels[0], labels[2], labels[4]}) == 3 and labels[0] == labels[1] and labels[2] == labels[3]
    assert labels[4] == -1


def test_those_that_nothing_forbids_stay_together_though_the_tree_joins_them_by_one_that_is_forbidden():
    line = np.array([(0, 1, 0.2), (1, 2, 0.3), *[(i, i + 1, 1.0) for i in range(2, 12)]])
    labels = corrected(("apart", 1, 0), ("apart", 1, 2), labels=np.array([0] * 3 + [-1] * 10), edges=line)
    assert labels[0] == labels[2] == 0 and labels[1] == -1


def test_merged_and_apart_at_once_a_headline_goes_where_it_is_the_same():
    labels = corrected(("same", 4, 7), ("apart", 4, 2))
    assert labels[4] == labels[7] == 1 and labels[2] == labels[3] == 0


def nearer_to_another(*rows: int) -> np.ndarray:
    return np.where(np.isin(np.arange(len(LABELS)), rows), -CERTAINTY / 10, CERTAINTY)


def test_a_headline_nearer_to_another_story_leaves_alone_where_it_is_apart_and_its_story_is_not_cut():
    labels = corrected(("apart", 1, 4), certainty=nearer_to_another(1))
    assert labels[1] == -1 and np.array_equal(np.delete(labels, 1), np.delete(LABELS, 1))
    for pair in ((1, 4), (4, 1)):  # if both are, the one that is less near to its own story leaves
        labels = corrected(("apart", *pair), certainty=nearer_to_another(1, 4))
        assert labels[1] == -1 and np.array_equal(np.delete(labels, 1), np.delete(LABELS, 1))


def test_a_headline_nearer_to_another_story_does_not_merge_its_story_with_one_that_it_is_the_same_as():
    assert groups(corrected(("same", 2, 7), certainty=nearer_to_another(2))) == [[0, 1, 3, 4, 10], [2, *range(5, 10)]]
    assert len(groups(corrected(("same", 2, 7), certainty=nearer_to_another(2, 7)))) == 2
    with_noise = groups(corrected(("same", 2, 11), certainty=nearer_to_another(2)))
    assert with_noise == [[*range(5), 10, 11], [*range(5, 10)]]


def test_alone_leaves_its_story_and_stays_out_of_every_other():
    labels = corrected(("alone", 2), ("alone", 11))
    assert labels[2] == labels[11] == -1 and np.array_equal(np.delete(labels, 2), np.delete(LABELS, 2))


def test_apart_unfolds_near_copies_and_unnamed_ones_follow_theirs():
    labels, copies = LABELS.copy(), np.arange(len(LABELS))
    copies[[11, 12]] = 10
    labels[[11, 12]] = 0
    apart = corrected(("apart", 10, 11), labels=labels, copies=copies)
    assert apart[10] != apart[11] or apart[10] < 0
    along = corrected(("same", 10, 7), labels=labels, copies=copies)
    assert along[10] == along[11] == along[12] == along[7]


def test_a_contradiction_names_all_its_rows():
    with pytest.raises(InputError, match=r"row 2 .*Headline 0.* and row 3 .* and row 5 .*contradict each other"):
        corrected(("same", 0, 1), ("same", 1, 2), ("same", 5, 6), ("apart", 2, 0))
    with pytest.raises(InputError, match=r"row 2 .* and row 3 .*contradict"):
        corrected(("same", 0, 1), ("alone", 1))
    with pytest.raises(InputError, match="names one headline twice"):
        corrected(("apart", 3, 3))


def test_random_corrections_always_hold_and_change_no_story_that_they_do_not_touch():
    rng, n = np.random.default_rng(3), len(LABELS)
    for _ in range(examples(25)):
        truth = rng.integers(0, 4, n)
        pairs = [tuple(rng.choice(n, 2, replace=False).tolist()) for _ in range(rng.integers(1, 9))]
        told = [("same" if truth[a] == truth[b] else "apart", a, b) for a, b in pairs]
        certainty = nearer_to_another(*rng.choice(n, rng.integers(0, 4), replace=False))
        labels = corrected(*told, certainty=certainty)
        for kind, a, b in told:
            assert (labels[a] == labels[b] >= 0) if kind == "same" else (labels[a] != labels[b] or labels[a] < 0)
        for story, members in ((0, LABELS == 0), (1, LABELS == 1)):
            if not any(members[i] for pair in pairs for i in pair):
                assert np.array_equal(labels == story, members)
        assert np.array_equal(labels, corrected(*told[::-1], certainty=certainty))


def test_headlines_are_named_by_id_address_or_title_and_others_are_counted(recwarn):
    titles = pile(["Storm", "Vote", "Live", "Live", "Fire"])
    told = [("same", "d100", "https://a.example/1"), ("same", "Storm", " Fire "), ("same", "Live", "Vote")]
    found = resolve(rows_of(*told, ("apart", "Gone", "Vote"), ("sam", "Vote", "Fire"), ("title", "Vote")), titles)
    assert found.rows[["one", "two"]].to_numpy().tolist() == [[0, 1], [0, 4]]
    reasons = {row["row"]: row["reason"] for row in found.left_out}
    assert "2 headlines have" in reasons[4] and "not among these" in reasons[5]
    assert "says 'sam'" in reasons[6] and reasons[7] == "gives no title"


def test_the_needed_ones_are_those_that_the_stories_are_not_as_they_say():
    told = [
        ("same", "Headline 2", "Headline 3"),
        ("same", "Headline 2", "Headline 7"),
        ("apart", "Headline 0", "Headline 5"),
    ]
    found = resolve(rows_of(*told[:2]), PILE)
    assert isinstance(found, Corrections) and apply(found, LABELS, CERTAINTY, EDGES).corrections.counts == {
        "n_corrections": 2,
        "n_corrections_needed": 1,
        "n_corrections_left_out": 0,
    }


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """A real run: 34 headlines."""
    folder = tmp_path_factory.mktemp("corrections")
    with contextlib.chdir(folder):
        return find(folder)


def find(folder: Path, name: str = "base", **more):
    given = {"data": "january", "min_cluster_size": 3, "min_samples": 1, "uri": str(folder / "m.db")}
    return nc.find(**given | more, output=str(folder / name))


def write(path: Path, *told: tuple) -> None:
    path.parent.mkdir(exist_ok=True)
    rows_of(*told)[list(COLUMNS)].to_csv(path, index=False)


def story_of(run) -> dict[str, int]:
    return dict(zip(run.corpus.documents["title"], run.labels.tolist(), strict=True))


def some_of(run, story: int, n: int) -> list[str]:
    inside = np.flatnonzero(run.labels == story)
    sure = inside[np.argsort(-run.clusters.probabilities[inside], kind="stable")]
    return run.corpus.documents["title"].iloc[sure[:n]].tolist()


def test_corrections_in_the_folder_hold_are_undone_and_leave_no_trace(found):
    top, noise = found.folder.parent, found.corpus.documents["title"][found.labels < 0].tolist()
    (a, *_, b), (c, *_) = some_of(found, 0, 9), some_of(found, 1, 2)
    write(top / "one/corrections.csv", ("same", a, c), ("same", *noise[:2]), ("title", b, "", "A title"))
    run = find(top, "one")
    stories, metrics = story_of(run), json.loads((top / "one/metrics.json").read_text())
    assert stories[a] == stories[c] and stories[noise[0]] == stories[noise[1]] >= 0
    assert run.stories.table.loc[stories[b], "title"] == "A title" and metrics["n_corrections_needed"] == 3
    assert metrics["n_clusters"] == len(run.stories.table) == len(found.stories.table)
    assert (top / "one/corrections.csv").is_file() and "Corrections" in (top / "one/report.html").read_text("utf-8")
    untouched = [story for story in found.stories.table.index if story not in {0, 1, stories[b]}]
    assert len(untouched) > 2 and all(np.array_equal(run.labels == s, found.labels == s) for s in untouched)
    names = found.stories.table.columns
    assert run.stories.table.loc[untouched, names].equals(found.stories.table.loc[untouched])
    again = nc.repeat(nc.read_run(top / "one"))
    assert np.array_equal(again.labels, run.labels) and len(again.topics.table) >= 0 and len(again.finer.eom)
    nc.show.story_tree(run.stories, run.topics)

    later = find(top, "later", previous=str(top / "one"))
    assert story_of(later)[a] == story_of(later)[c] == stories[a]  # and its number
    (top / "one/corrections.csv").unlink()
    undone = find(top, "one")
    for name in ("clusters.csv", "stories.csv", "page.json"):
        assert (undone.folder / name).read_bytes() == (found.folder / name).read_bytes()
    assert "n_corrections" not in undone.record.metrics


def test_a_headline_put_into_the_wrong_story_does_not_merge_two_when_a_person_says_where_it_belongs(found):
    stories, links = found.stories, found.clusters.links
    (_, other), titles = some_of(found, 1, 2), stories.documents["title"]
    wrong = titles == (title := some_of(found, 1, 1)[0])
    rows = resolve(rows_of(("same", title, other)), stories.documents)
    given = replace(stories, labels=np.where(wrong, 0, stories.labels).astype(np.int32))
    made = correct_stories(given, rows, links.vectors.embeddings, links.clustered, links.evidence)
    assert np.array_equal(made.labels, stories.labels)


def test_new_headlines_obey_the_run_that_they_are_assigned_to(found):
    top = found.folder.parent
    rows = found.corpus.rows
    held = some_of(found, 0, 1)[0]
    news = rows[rows["title"] != held].iloc[::4]
    news.to_csv(top / "news.csv", index=False)
    rows.drop(news.index).to_csv(top / "old.csv", index=False)
    one, two, three = news["title"].tolist()[:3]
    write(top / "old/corrections.csv", ("same", one, held), ("apart", two, held), ("alone", three))
    with pytest.warns(UserWarning, match="3 corrections can't be followed"):
        find(top, "old", data=str(top / "old.csv"))
    run = nc.read_run(top / "old")
    corpus = nc.read(str(top / "news.csv"))
    made = nc.assign_newcomers(run, corpus, nc.embed(corpus, run).embeddings, 3)
    stories = dict(zip(made.documents["title"], made.labels.tolist(), strict=True))
    own = run.points.set_index("title")["cluster"]
    assert stories[one] == own[held] and stories[two] != own[held] and stories[three] == -1
    assert made.probability[made.documents["title"] == one] == 1


def test_what_is_marked_on_the_page_holds_in_the_next_run_and_is_undone(found, open_page, tmp_path):  # noqa: F811
    top = found.folder.parent

    def opened(folder: Path):
        page = open_page(write_page(folder))
        page.wait_for_selector("html[data-ready]")
        return page

    def saved(page) -> list[dict]:
        with page.expect_download() as download:
            page.get_by_role("button", name="Save corrections.csv").click()
        (top / "marked").mkdir(exist_ok=True)
        download.value.save_as(top / "marked/corrections.csv")
        return list(csv.DictReader((top / "marked/corrections.csv").open(encoding="utf-8-sig")))

    page = opened(found.folder)
    titles = found.stories.table["title"]
    page.locator("#story-0 h3 button").click()
    page.get_by_role("button", name="Correct", exact=True).click()
    assert page.get_by_role("button", name="A story of their own").is_disabled()
    parted = page.locator("#story-0 .heads .h").all_text_contents()
    parted = [title for title in parted if title != titles[0]][:2]
    for title in parted:
        page.get_by_label(f"Mark: {title}").check()
    page.get_by_label("Why", exact=True).fill("another event")
    page.get_by_role("button", name="A story of their own").click()
    page.locator("#story-1 h3 button").click()
    page.get_by_label("Another story").select_option("2")
    page.get_by_role("button", name="The same story").click()
    page.get_by_label("New title").fill("=Both")
    page.get_by_role("button", name="Rename").click()
    page.get_by_label("Who", exact=True).fill("me")
    rows = saved(page)
    assert [row["kind"] for row in rows] == ["same", "apart", "same", "title"] and rows[0]["why"] == "another event"
    assert {row["who"] for row in rows} == {"me"} and rows[3]["title"] == "'=Both"

    run = find(top, "marked")
    stories = story_of(run)
    assert stories[parted[0]] == stories[parted[1]] != stories[titles[0]]
    assert stories[titles[1]] == stories[titles[2]] and "=Both" in run.stories.table["title"].tolist()

    page = opened(run.folder)
    assert (
        page.locator("#corrected li").count() == 4
        and "row 2 of corrections.csv" in page.locator("#corrected").inner_text()
    )
    page.locator("#corrected li", has_text=f"{titles[1]}").filter(has_text="One story").get_by_role("button").click()
    rows = saved(page)
    assert [row["kind"] for row in rows] == ["same", "apart", "title"]
    undone = story_of(find(top, "marked"))
    assert undone[titles[1]] != undone[titles[2]] and undone[parted[0]] == undone[parted[1]] != undone[titles[0]]

    page = opened(found.folder)
    page.get_by_label("Read a saved file").set_input_files(top / "marked/corrections.csv")
    page.locator("#corrected li").nth(2).wait_for()
    assert saved(page) == rows and page.troubles == []


def test_both_files_hold_together_and_what_is_in_both_counts_once(found):
    top = found.folder.parent
    noise = found.corpus.documents["title"][found.labels < 0].tolist()
    pairs = list(itertools.combinations(noise[:3], 2))
    write(top / "both/corrections.csv", ("same", *pairs[0]))
    write(top / "more.csv", ("same", *pairs[0]), ("same", *pairs[1]))
    run = find(top, "both", corrections=str(top / "more.csv"))
    assert len({story_of(run)[title] for title in noise[:3]}) == 1 and run.record.metrics["n_corrections"] == 2
    write(top / "more.csv", ("apart", *pairs[0]))
    with pytest.raises(
        InputError, match=r"row 2 of .*more.csv.* and row 2 of corrections.csv|row 2 of corrections.csv"
    ):
        find(top, "both", corrections=str(top / "more.csv"))
