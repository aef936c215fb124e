"""A finished run, read back: its documents as they were understood, and its vectors as they were made."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import newsclust as nc
from newsclust.corpus.facts import printed
from newsclust.errors import NewsclustWarning, RunError, StoreError
from newsclust.run.stored import StoredRun, columns_of, first_filled, read_results


def test_a_role_is_read_from_the_columns_in_which_it_was_found_whatever_they_are_called_now():
    understood = {"title": {"column": "Head"}, "title (b.csv)": {"column": "x"}, "url": {"column": "Link"}}
    assert columns_of("title", understood, ["Head", "x_input", "x", "Link"]) == ["Head", "x_input"]
    assert columns_of("url", understood, ["Head"]) == [] == columns_of("publisher", understood, ["publisher"])


def test_of_several_columns_the_first_that_is_filled_counts_on_one_line():
    rows = pd.DataFrame({"a": ["Storm\nnears", " ", ""], "b": ["x", "Ferry  resumes", ""]}, dtype=object)
    assert first_filled(rows, ["a", "b"]).tolist() == ["Storm nears", "Ferry resumes", ""]
    assert first_filled(rows, []).tolist() == ["", "", ""]


def test_a_folder_without_a_run_is_one_sentence(tmp_path):
    with pytest.raises(RunError) as error:
        read_results(tmp_path)
    assert tmp_path.name in str(error.value) and "\n" not in str(error.value)


def told_apart(run) -> pd.DataFrame:
    """What a run knows of its documents."""
    names = ["id", "title", "url", "publisher", "published_at", "language", "time"]
    rows = run.documents if isinstance(run, StoredRun) else run.corpus.documents
    return rows[names].reset_index(drop=True).astype({name: str for name in names[1:6]})


def rows_of(kind: str) -> dict[str, pd.DataFrame]:
    """Twelve headlines in files whose columns only the reader understands."""
    days = pd.date_range("2024-01-02 08:30", periods=12, freq="25h")
    rows = pd.DataFrame({"title": [f"Storm {n} hits the northern coast of the island" for n in range(12)]})
    rows["url"], rows["publisher"] = [f"https://x.example/{n}" for n in range(12)], ["Coast Post", "Town Crier"] * 6
    iso = rows.assign(published_at=days.strftime("%Y-%m-%dT%H:%M:%SZ"))
    if kind == "day and time apart":
        rows = rows.assign(date=days.strftime("%d.%m.%Y"), time=days.strftime("%H:%M"))
    elif kind == "publishers behind titles":
        rows = iso.assign(title=iso["title"] + " - " + iso["publisher"]).drop(columns="publisher")
    elif kind == "some publishers behind titles":
        rows = iso.assign(title=iso["title"] + " - " + iso["publisher"])
        rows.loc[::3, "publisher"] = ""
    elif kind == "a language":
        rows = iso.assign(language=["en", "de"] * 6)
    elif kind == "two titles":
        rows = iso.assign(headline=iso["title"], description=iso["title"].str.upper() + " again")
        rows.loc[::2, "title"] = rows.loc[1::2, "headline"] = ""
    elif kind == "equal texts":
        again = iso.head(5).assign(publisher="The Harbour Gazette", published_at="2024-03-01T00:00:00Z", url="")
        rows = pd.concat([iso, again])
    elif kind == "days and months":
        first, rest = rows.head(6), rows.tail(6)
        return {
            "a.csv": first.assign(published_at=days[:6].strftime("%d/%m/%Y")),
            "b.csv": rest.assign(published_at=days[6:].strftime("%m/%d/%Y")),
        }
    return {"a.csv": rows}


KINDS = ["day and time apart", "publishers behind titles", "some publishers behind titles", "a language", "two titles"]


@pytest.mark.parametrize("kind", [*KINDS, "equal texts", "days and months"])
@pytest.mark.filterwarnings("ignore")
def test_a_run_read_back_knows_of_its_documents_what_the_run_knew(toy_model, kind):
    Path("news").mkdir()
    for name, rows in rows_of(kind).items():
        rows.to_csv(f"news/{name}", index=False)
    run = nc.find("news", model="minilm", output="out", min_samples=1, min_cluster_size=2)
    again = nc.read_run("out")
    pd.testing.assert_frame_equal(told_apart(again), told_apart(run), check_dtype=False)
    said, kept = (printed(rows).drop(columns="document") for rows in (run.corpus.documents, again.documents))
    pd.testing.assert_frame_equal(said, kept, check_dtype=False)
    assert again.labels.tolist() == run.labels.tolist()
    assert again.languages.tolist() == run.corpus.documents["language"].tolist()
    ids = [set(pd.read_csv(f"out/{name}.csv")["id"]) for name in ("documents", "clusters")]
    assert ids[0] == ids[1]  # rows of both can be joined


def test_documents_of_another_run_are_refused(toy_model):
    Path("mine.csv").write_text("title\n" + "".join(f"Storm {n} nears\n" for n in range(9)))
    nc.find("mine.csv", model="minilm", output="out")
    lines = Path("out/documents.csv").read_text(encoding="utf-8").splitlines()
    Path("out/documents.csv").write_text("\n".join(lines[:-1]), encoding="utf-8")
    with pytest.raises(RunError, match="documents.csv has other documents.*run it again"):
        nc.read_run("out")


@pytest.mark.filterwarnings("ignore")
def test_vectors_that_another_spelling_changed_are_said(toy_model):
    Path("mine.csv").write_text("title\n" + "".join(f"Storm {n} nears\n" for n in range(9)))
    Path("loud.csv").write_text("title\n" + "".join(f"STORM {n} NEARS\n" for n in range(5)))
    nc.find("mine.csv", model="minilm", output="out")
    before = nc.read_run("out").embeddings.vectors
    run, corpus = nc.read_run("out"), nc.read("loud.csv")
    vectors = nc.embed(corpus, run).vectors
    assert np.array_equal(np.sort(vectors, axis=None), np.sort(before[np.isin(run.ids, corpus.ids)], axis=None))
    assert np.array_equal(nc.read_run("out").embeddings.vectors, before)  # new headlines change nothing of a run
    nc.find("loud.csv", model="minilm")
    with pytest.warns(NewsclustWarning, match="Vectors of out have changed since it was made.*run it again"):
        assert not np.array_equal(nc.read_run("out").embeddings.vectors, before)


def test_a_run_whose_folder_another_took_is_not_used(toy_model):
    Path("mine.csv").write_text("title\n" + "".join(f"Storm {n} nears\n" for n in range(9)))
    nc.find("mine.csv", model="minilm", output="out")
    run = nc.read_run("out")
    record = json.loads(Path("out/provenance.json").read_text(encoding="utf-8"))
    record["provenance"]["finished"] = "2024-01-01T00:00:00+00:00"
    Path("out/provenance.json").write_text(json.dumps(record), encoding="utf-8")
    with pytest.raises(RunError, match="out holds another run now, or none: read it again"):
        nc.search(run, "storm")


def test_a_phrase_is_not_searched_in_another_folders_database(toy_model, tmp_path, monkeypatch):
    for folder, word in (("one", "Storm"), ("two", "Ferry")):
        (tmp_path / folder).mkdir()
        monkeypatch.chdir(tmp_path / folder)
        Path("mine.csv").write_text("title\n" + "".join(f"{word} {n} nears\n" for n in range(9)))
        nc.find("mine.csv", model="minilm", output="out")
    with pytest.raises(StoreError, match=r"lacks 9 of the 9 documents.*work in the folder that it was run in"):
        nc.search(nc.read_run(tmp_path / "one/out"), "storm")
