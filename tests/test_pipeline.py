"""All steps by one call, one by one, with other parameters: one result, or one sentence."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pandas as pd
import pymilvus
import pytest

import newsclust as nc
from newsclust.defend.verify import verify
from newsclust.errors import NewsclustError, NewsclustWarning, ParameterError, RunError
from newsclust.pipeline import READS
from newsclust.run import record
from newsclust.run.parameters import Parameters, make_parameters

#: Fewer headlines, so that they are quickly embedded.
DATA = {"data": "january", "min_cluster_size": 2, "min_samples": 1}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pipeline")
    with contextlib.chdir(folder):  # what the project's own folder keeps may be another version's
        return nc.find(**DATA, uri=str(folder / "m.db"), output=str(folder / "found"))


def test_every_parameter_is_read_by_one_step():
    read = [name for names in READS.values() for name in names]
    assert sorted(read) == sorted(Parameters.model_fields)


def test_the_result_says_how_many_stories_and_names_the_largest(run):
    first, *lines = repr(run).splitlines()
    assert first == f"34 documents, {len(run.stories.table)} stories, {run.stories.noise_fraction:.1%} in no story."
    assert run.stories.table.sort_values("size").iloc[-1]["title"] in lines[0]
    assert (run.folder / "clusters.csv").is_file()


def test_the_steps_one_by_one_give_what_one_call_gives(run):
    made = run.map.made_with
    corpus = nc.read("january")
    clusters = nc.cluster(nc.link(nc.embed(corpus, uri=made["uri"])), min_cluster_size=2, min_samples=1)
    assert np.array_equal(clusters.labels, run.clusters.labels)
    assert np.array_equal(nc.map(nc.name(clusters)).layout.coordinates, run.map.layout.coordinates)


def test_a_step_again_with_another_parameter_gives_what_a_fresh_run_gives(run):
    links = run.links
    again = nc.cluster(links, min_cluster_size=3, min_samples=1)
    given = {name: links.made_with[name] for name in links.made_with} | {"min_cluster_size": 3, "min_samples": 1}
    assert np.array_equal(again.labels, nc.find(**given).clusters.labels)


def test_a_parameter_of_an_earlier_step_that_changed_meanwhile_stops_the_next(run):
    now = make_parameters(run.map.made_with | {"words": 0.2})
    with pytest.raises(ParameterError, match=r"words is 0.2 now, but these links were made with 0.0: run the cells"):
        nc.cluster(run.links, now)


def test_a_keyword_that_a_step_does_not_read_is_refused(run):
    with pytest.raises(ParameterError, match=r"cluster does not read words; it reads min_samples"):
        nc.cluster(run.links, words=0.2)


def test_a_step_that_was_left_out_is_named(run):
    for step, given, last, kind in (
        (nc.embed, "mine.csv", "read", "str"),
        (nc.link, run.corpus, "embed", "Corpus"),
        (nc.cluster, run.links.vectors, "link", "Vectors"),
        (nc.finish, run, "map", "Run"),
    ):
        with pytest.raises(ParameterError, match=rf"nc\.{last} gives, and this is of type {kind}: call nc.{last}"):
            step(given)


def test_what_is_lowered_is_what_the_user_gave(run, recwarn):
    nc.link(run.links.vectors)
    assert not [str(told.message) for told in recwarn if "lowered" in str(told.message)]
    nc.link(run.links.vectors, k=60)
    assert [str(told.message) for told in recwarn if "lowered" in str(told.message)] == [
        "k is lowered from 60 to 33: there are no more than 34 documents."
    ]


def test_what_a_user_has_set_for_numpy_and_pandas_changes_no_result(run):
    options = "future.infer_string", False, "mode.string_storage", "python", "display.precision", 0
    with np.errstate(all="raise"), pd.option_context(*options):
        again = nc.find(**DATA, uri=run.map.made_with["uri"], output="out")
        assert nc.show.map(again).data and nc.show.finer_stories(again.finer) and len(again.seen)
    assert Path("out/clusters.csv").read_bytes() == (run.folder / "clusters.csv").read_bytes()


def test_a_run_is_not_searched_for_among_the_stories_of_another_that_took_its_folder(run):
    first = nc.find(**DATA, uri=run.map.made_with["uri"], output="out")
    assert nc.search(first, "storm").frame.equals(nc.search(nc.read_run("out"), "storm").frame)
    nc.find(**DATA | {"min_cluster_size": 4}, uri=run.map.made_with["uri"], output="out")
    with pytest.raises(RunError, match="out holds another run now: run this one again, with an output of its own"):
        nc.search(first, "storm")


def test_milvus_shows_what_is_stored_and_is_let_go(run):
    vectors = run.links.vectors
    for _ in range(2):
        with vectors.milvus() as client:
            stored = client.get(vectors.collection, ids=vectors.embeddings.ids[:1].tolist(), output_fields=["*"])[0]
        np.testing.assert_allclose(stored["embedding"], vectors.vectors[0], atol=1e-6)
        assert stored["text"] == run.corpus.documents["text"][0]


def with_tests() -> dict[str, str]:
    """The environment of a process that may import what tests share."""
    return os.environ | {"PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *sys.path])}


def test_the_notices_of_a_run_are_on_its_page_and_in_its_record(tmp_path, toy_model):
    (tmp_path / "fr.csv").write_text(
        "title\nUn orage violent frappe la côte bretonne\nLa banque centrale relève ses taux directeurs\n"
        "Le gouvernement présente son nouveau budget\n"
    )
    with pytest.warns(NewsclustWarning, match="100% of the documents are not English"):
        nc.find("fr.csv", model="minilm", output="out")
    page = (tmp_path / "out/report.html").read_text(encoding="utf-8")
    assert page.count("100% of the documents are not English") == 1
    assert json.loads((tmp_path / "out/provenance.json").read_text())["provenance"]["notices"][0].startswith("100%")


def test_a_record_has_the_notices_and_times_of_what_made_the_run_and_not_of_what_else_was_done(run):
    vectors = run.links.vectors
    with pytest.warns(NewsclustWarning, match="lowered from 60"):
        nc.link(vectors, k=60)
    verify(run.folder)  # repeats another run
    links = nc.link(vectors, k=20)
    with pytest.warns(NewsclustWarning, match="No story"):
        nc.name(nc.cluster(links, min_samples=20, min_cluster_size=20))
    clusters = nc.cluster(links, min_samples=1, min_cluster_size=2)
    provenance = nc.finish(nc.map(nc.name(clusters)), output="out").record.provenance
    assert "notices" not in provenance and set(provenance["stages"]) == set(run.record.provenance["stages"])


def full(*_, **__):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize("stage", ["what is kept", "insert", "results", "page"])
def test_a_disk_that_is_full_at_any_stage_is_one_sentence_or_none_and_the_same_call_resumes(
    toy_model, monkeypatch, stage
):
    def refuse(*_, **__):
        raise pymilvus.MilvusException(message="[errno 28] No space left on device")

    with monkeypatch.context() as patch:
        if stage == "what is kept":  # of vectors, neighbours and the layout, for later runs
            patch.setattr(np, "savez", full)
            assert nc.find(**DATA, output="out").folder.is_dir()
        else:
            room, name = {"insert": (pymilvus.MilvusClient, "upsert")}.get(stage, (Path, "write_text"))
            kept = Path.write_text
            ends = "report.html" if stage == "page" else "stories.csv"
            write = lambda path, *a, **b: full() if ends in path.name else kept(path, *a, **b)  # noqa: E731
            patch.setattr(room, name, refuse if stage == "insert" else write)
            with pytest.raises(NewsclustError, match=r"No space left on device.* run (this )?again\.$"):
                nc.find(**DATA, output="out")
    assert not list(Path().rglob("*.part"))
    assert nc.find(**DATA, output="out").folder.is_dir() and Path("out/report.html").exists()


#: How the files are called in which a search, a layout and vectors that were read are kept.
CACHED = ("neighbors-", "layout-", "vectors-")


@pytest.mark.parametrize(
    "name",
    [
        "report.html",
        *(
            pytest.param(name, marks=pytest.mark.soak)
            for name in (*("clusters.csv", "stories.csv", "provenance.json", "metrics.json"), *CACHED)
        ),
    ],
)
def test_a_run_that_is_killed_as_it_writes_leaves_no_half_file_and_the_next_is_right(toy_model, name, tmp_path):
    code = f"""
        import os, signal
        import newsclust as nc
        from newsclust.vectors import store
        from conftest import ToyModel
        store.load_embedder = ToyModel().load_embedder
        replace = os.replace

        def kill(part, path):
            if "/{name}" in str(path):
                os.kill(os.getpid(), signal.SIGKILL)
            replace(part, path)

        os.replace = kill
        nc.find("january", min_cluster_size=2, min_samples=1, output="out")
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], env=with_tests(), capture_output=True)
    assert done.returncode == -signal.SIGKILL and not Path("out", name).exists()
    assert not list(Path(".newsclust/cache").glob(f"{name}*.npz"))
    run = nc.find(**DATA, output="out")
    assert run.links.vectors.embeddings.n_embedded == 0
    assert len(nc.read_run("out").points) == 34 and Path("out/report.html").exists()
    assert not list(Path().rglob("*.part"))


def test_a_results_folder_that_is_removed_meanwhile_is_one_sentence(toy_model, monkeypatch):
    def remove_and_go_on(*arguments):
        shutil.rmtree("out")
        return page_data(*arguments)

    page_data = record.page_data
    monkeypatch.setattr(record, "page_data", remove_and_go_on)
    with pytest.raises(
        NewsclustError, match=r"out/page.json can't be written \(No such file or directory\): check that"
    ):
        nc.find(**DATA, output="out")
    monkeypatch.setattr(record, "page_data", page_data)
    assert nc.find(**DATA, output="out").folder.is_dir()
