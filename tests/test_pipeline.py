"""All steps by one call, one by one, with other parameters: one result, or one sentence."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import textwrap

import numpy as np
import pytest

import newsclust as nc
from newsclust.errors import ParameterError
from newsclust.pipeline import READS
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


def test_what_is_lowered_is_what_the_user_gave(run, recwarn):
    nc.link(run.links.vectors)
    assert not [str(told.message) for told in recwarn if "lowered" in str(told.message)]
    nc.link(run.links.vectors, k=60)
    assert [str(told.message) for told in recwarn if "lowered" in str(told.message)] == [
        "k is lowered from 60 to 33: there are no more than 34 documents."
    ]


def test_milvus_shows_what_is_stored_and_is_let_go(run):
    vectors = run.links.vectors
    for _ in range(2):
        with vectors.milvus() as client:
            stored = client.get(vectors.collection, ids=vectors.embeddings.ids[:1].tolist(), output_fields=["*"])[0]
        np.testing.assert_allclose(stored["embedding"], vectors.vectors[0], atol=1e-6)
        assert stored["text"] == run.corpus.documents["text"][0]


def test_what_a_run_was_warned_of_stands_on_its_page_and_in_its_record(tmp_path):
    (tmp_path / "fr.csv").write_text(
        "title\nUn orage violent frappe la côte bretonne\nLa banque centrale relève ses taux directeurs\n"
        "Le gouvernement présente son nouveau budget\n"
    )
    code = f"""
        import newsclust as nc
        nc.find({str(tmp_path / "fr.csv")!r}, uri={str(tmp_path / "m.db")!r}, output={str(tmp_path / "out")!r})
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=True)
    assert "Note: 100% of the documents are not English" in done.stderr
    page = (tmp_path / "out/report.html").read_text(encoding="utf-8")
    assert page.count("100% of the documents are not English") == 1
    assert json.loads((tmp_path / "out/provenance.json").read_text())["provenance"]["notices"][0].startswith("100%")
