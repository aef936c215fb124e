"""A run repeated from its record: what agrees, what differs and why, and what a stranger's folder may not do."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from newsclust.cli import app
from newsclust.defend import verify as module
from newsclust.defend.methods import describe
from newsclust.defend.verify import verify
from newsclust.errors import RunError
from newsclust.pipeline import find
from newsclust.vectors import passes

SAMPLE = Path(__file__).parents[2] / "src/newsclust/data/sample.csv"
GIVEN = {"words": 0.2, "k": 10, "n_neighbors": 10, "min_cluster_size": 2, "min_samples": "auto", "assign_noise": True}


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    """A folder with 40 headlines, a run of them, its store and its cache."""
    folder = tmp_path_factory.mktemp("made")
    rows = pd.read_csv(SAMPLE, usecols=["title", "publisher", "published_at"], dtype=str).head(40)
    rows.to_csv(folder / "mine.csv", index=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        find(str(folder / "mine.csv"), **GIVEN, uri=str(folder / "mine.db"), output=str(folder / "run"))
    return folder


@pytest.fixture(scope="module")
def repeated(made):
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(made)
        return find(str(made / "mine.csv"), **GIVEN, uri=str(made / "mine.db"))


@pytest.fixture
def at_once(repeated, monkeypatch):
    """The repetition is there already, for tests of what is made of it."""
    monkeypatch.setattr(module, "find", lambda **given: repeated)


@pytest.fixture
def run(made, tmp_path) -> Path:
    """A copy of the run's folder, to be changed."""
    return Path(shutil.copytree(made / "run", tmp_path / "run"))


def change(run: Path, **parameters: object) -> None:
    """The record as it would be of other parameters."""
    record = json.loads((run / "provenance.json").read_text())
    record["parameters"] |= parameters
    record["provenance"] |= {name: value for name, value in parameters.items() if name in record["provenance"]}
    (run / "provenance.json").write_text(json.dumps(record))


def test_a_run_agrees_with_its_repetition(made, run):
    verdict = verify(run, str(made / "mine.csv"))
    assert verdict.agrees and not verdict.reason and all(check.agrees for check in verdict.checks), verdict


def test_a_headline_that_was_changed_is_named_and_the_others_agree(made, run, tmp_path):
    rows = pd.read_csv(made / "mine.csv", dtype=str)
    rows.loc[7, "title"] = "A headline that nobody has written"
    rows.to_csv(tmp_path / "other.csv", index=False)
    verdict = verify(run, str(tmp_path / "other.csv"))
    corpus, vectors = verdict.checks[:2]
    assert not verdict.agrees and corpus.agrees is False and vectors.agrees is True
    assert "1 document is not in the run" in corpus.said and "A headline that nobody has written" in corpus.said
    assert verdict.reason.startswith("The first difference is in the corpus: another file")


def test_a_run_that_a_person_corrected_agrees_and_its_methods_say_so(made, tmp_path, monkeypatch):
    monkeypatch.chdir(made)
    titles = pd.read_csv(made / "mine.csv")["title"]
    stories = pd.read_csv(made / "run/clusters.csv")["cluster"]
    one, two = (titles[stories == story].iloc[0] for story in (0, 1))
    rows = {"kind": ["same", "alone"], "headline_a": [one, titles[stories == 2].iloc[0]], "headline_b": [two, ""]}
    pd.DataFrame(rows).to_csv(made / "mine_corrections.csv", index=False)
    output, given = str(tmp_path / "corrected"), GIVEN | {"corrections": "mine_corrections.csv"}
    run = find(str(made / "mine.csv"), **given, uri=str(made / "mine.db"), output=output)
    assert run.record.metrics["n_corrections"] == 2
    found = verify(output, data=str(made / "mine.csv"))
    assert found.agrees and "same" in found.checks[3].said, str(found)
    assert "Then we applied 2 corrections by hand" in describe(output).paragraph


def test_another_seed_moves_the_map_alone(made, run):
    change(run, seed=43)
    verdict = verify(run, str(made / "mine.csv"))
    assert [check.name for check in verdict.checks if not check.agrees] == ["layout"]
    assert verdict.reason.startswith("The first difference is in the layout: another seed")


def test_the_verdict_on_the_vectors_recognises_another_precision(made, run, monkeypatch):
    # An unfilled pack takes as long as a full one, and some processors have no instructions for halves.
    monkeypatch.setattr(passes, "PACK_SIZE", 128)
    change(run, precision="bfloat16")
    verdict = verify(run, str(made / "mine.csv"))
    assert verdict.checks[0].agrees and verdict.checks[1].agrees is False
    assert "as with another precision" in verdict.checks[1].said
    assert verdict.reason.startswith("The first difference is in the vectors: another model or precision")


def test_labels_and_numbers_that_were_tampered_with_are_found(made, run, at_once):
    rows = pd.read_csv(run / "clusters.csv", dtype=str)
    story = rows["cluster"][rows["cluster"] != "-1"].iloc[0]
    rows.loc[rows["cluster"] == story, "cluster"] = "-1"
    rows.to_csv(run / "clusters.csv", index=False)
    metrics = json.loads((run / "metrics.json").read_text())
    (run / "metrics.json").write_text(json.dumps(metrics | {"separation": 0.9}))
    verdict = verify(run, str(made / "mine.csv"))
    assert [check.name for check in verdict.checks if not check.agrees] == ["clusters", "metrics"]
    assert "separation 0.9, here" in verdict.checks[-1].said and "was changed" in verdict.reason


def test_a_poisoned_store_and_cache_change_nothing(made, run, monkeypatch):
    other = run.parent / "copy"
    shutil.copytree(made, other)
    for file in (other / ".newsclust/cache").glob("*.npz"):
        with np.load(file) as kept:
            arrays = {name: kept[name] for name in kept.files}
        poisoned = {name: -array if array.dtype.kind == "f" else array for name, array in arrays.items()}
        np.savez(file, **poisoned)
    shutil.rmtree(other / "mine.db", ignore_errors=True)
    monkeypatch.chdir(other)
    before = {path: path.stat().st_mtime_ns for path in other.rglob("*")}
    assert all(check.agrees for check in verify(run, str(made / "mine.csv")).checks)
    assert {path: path.stat().st_mtime_ns for path in other.rglob("*")} == before


def test_a_strangers_record_may_not_name_a_file_a_model_or_a_server(made, run):
    with pytest.raises(RunError, match=r"names .*mine.csv.* --data, or give --trust"):
        verify(run)
    change(run, model="someone/model")
    with pytest.raises(RunError, match=r"names 'someone/model' as its model.*--trust"):
        verify(run, str(made / "mine.csv"))
    change(run, model="minilm", uri="http://stranger.example:19530", title_model="http://stranger.example/v1")
    assert all(check.agrees for check in verify(run, trust=True).checks)  # and nobody was asked


def test_a_run_of_a_collection_in_milvus_asks_no_server(run):
    change(run, data="milvus", uri="http://milvus.example:19530")
    with pytest.raises(RunError, match="is of a collection in Milvus"):
        verify(run, trust=True)


def test_data_that_is_gone_is_a_sentence_and_status_2(run, monkeypatch, capsys):
    from newsclust.cli import main

    for record in ("run", str(run)):
        monkeypatch.setattr("sys.argv", ["newsclust", "verify", record, "--data", "gone.csv"])
        with pytest.raises(SystemExit) as end:
            main()
        said = capsys.readouterr().err
        assert end.value.code == 2 and said.count("\n") == 1 and "gone.csv" in said


@pytest.mark.parametrize(
    "nonsense",
    [{"traces": {"vectors": {"documents": {"x": "y"}}}}, {"traces": []}, {"provenance": {"chosen": 3}}],
    ids=["documents", "list", "chosen"],
)
def test_a_record_of_nonsense_is_a_sentence(made, run, at_once, nonsense):
    record = json.loads((run / "provenance.json").read_text())
    (run / "provenance.json").write_text(json.dumps(record | nonsense))
    with pytest.raises(RunError, match="damaged"):
        verify(run, str(made / "mine.csv"))


def test_a_run_of_an_earlier_version_is_compared_as_far_as_it_goes(made, run, at_once):
    record = json.loads((run / "provenance.json").read_text())
    del record["traces"]
    (run / "provenance.json").write_text(json.dumps(record))
    verdict = verify(run, str(made / "mine.csv"))
    assert verdict.agrees and [check.agrees for check in verdict.checks] == [True, None, None, True, True, True]


def test_the_command_exits_with_what_it_found(made, run, at_once):
    done = CliRunner().invoke(app, ["verify", str(run), "--data", str(made / "mine.csv"), "--json"])
    assert done.exit_code == 0 and json.loads(done.stdout)["agrees"] is True
    (run / "metrics.json").write_text((run / "metrics.json").read_text().replace('"n_rows": 40', '"n_rows": 41'))
    done = CliRunner().invoke(app, ["verify", str(run), "--data", str(made / "mine.csv")])
    assert done.exit_code == 1 and "metrics:    DIFFERS" in done.stdout
