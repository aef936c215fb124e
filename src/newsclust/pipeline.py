"""The steps from headlines to stories, in order. The notebooks show them one by one; `find` takes them all.

Each step takes the result before it and parameters: what a notebook set (`parameters`), or keywords. A result holds the
one before, and the parameters that all of it was made with: a step stops if these parameters have changed since.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pandas as pd
import yaml

from .clusters import check
from .clusters.clustering import CLUSTERING, SELECTION, Clustering
from .clusters.clustering import cluster as cluster_lists
from .corpus.documents import MILVUS, Corpus, read_corpus, shown
from .errors import NewsclustError, ParameterError, RunError, notice
from .markup import Sentences
from .neighbors.blend import blend
from .neighbors.folded import Folded
from .neighbors.layout import Layout, lay_out
from .neighbors.neighbors import Neighbors, find_neighbors
from .paths import find_output, find_shipped
from .run import own_labels, stored
from .run.continuation import Continuation, continue_run, renumbered
from .run.correction_files import CORRECTIONS, gather_corrections, recorded_corrections
from .run.notebook import Notebook
from .run.parameters import Parameters, make_parameters
from .run.preflight import find_run, run_folders, try_output
from .run.record import finish as write_record
from .run.record import read_record
from .run.results import Clusters, Links, Map, Named, Run, Vectors
from .run.stored import StoredRun
from .run.values import Reader
from .show.run_page import write_page
from .stages import stage, step
from .stories.corrections import resolve, tell
from .stories.identity import Identity
from .stories.noise import with_copies
from .stories.repeats import find_repeats
from .stories.settings import choose_settings
from .stories.stories import Stories, correct_stories, find_stories
from .vectors.model_choice import AUTO, choose_model
from .vectors.own_collection import OwnCollection
from .wording import count

#: The parameters that each step reads, beside those that earlier steps have read.
READS = {
    "read": "data columns truth filter".split(),
    "embed": "model precision uri collection index index_params search_params".split(),
    "link": "k n_neighbors search words days day_scale fold_copies".split(),
    "cluster": "min_samples min_cluster_size distance distance_floor shared_neighbors least_support".split()
    + list(SELECTION),
    "name": "assign_noise at_most_alone title_model previous corrections".split(),
    "map": "n_components min_dist seed".split(),
    "finish": "output write_labels".split(),
}
_STEPS = list(READS)
#: The run of params/quickstart.yaml, which notebooks look at.
_QUICKSTART = "reports/quickstart"
_Before = None | Corpus | Vectors | Links | Clusters | Named | Map
#: What each step takes.
_TAKES: dict[str, type] = dict(zip(_STEPS, get_args(_Before), strict=True))
#: The names of the steps' results in the notebooks.
_RESULTS = dict(zip(_STEPS, "corpus vectors links clusters stories map run".split(), strict=True))


@step
def read(p: Notebook | Parameters | str | Path | list | None = None, **given: Any) -> Corpus:
    """Read headlines; `p` may be what to read, too: ``read("mine.csv")``.

    With ``data = "milvus"`` they are read from a collection of the user's own, ``read("milvus", collection="news")``.
    """
    if p is not None and not isinstance(p, (Notebook, Parameters)):
        p, given = None, {"data": p, **given}
    now = _now("read", p, None, given)
    if now.data == MILVUS and isinstance(own := now.store, OwnCollection):
        if now.write_labels:
            own_labels.check(own, now.write_labels)
        return replace(own.read(now.truth), asked=now.changed)
    return replace(read_corpus(now.data, now.truth, now.columns), asked=now.changed)


@step
def embed(corpus: Corpus, p: Notebook | Parameters | StoredRun | None = None, **given: Any) -> Vectors:
    """Give each document its vector, and store it in Milvus; what is stored already is not embedded again.

    With a finished run the vectors are of its model, in its collection. Those of a collection of the user's own are
    read from there, and nothing is stored. ``model = "auto"`` is decided here; a run that continues an earlier one
    keeps its model (`newsclust.vectors.model_choice.choose_model`).
    """
    run = p if isinstance(p, StoredRun) else None
    by_user = "uri" in given or run is None
    if isinstance(p, StoredRun):
        p.check_comparable(corpus)
        given, p = {name: getattr(p.parameters, name) for name in READS["embed"]} | given, None
    now = _now("embed", p, corpus, given)
    store, why = replace(now.store, given=by_user), ""
    if corpus.row_keys is not None:
        return Vectors(corpus, store.embed(corpus), store, _made("embed", corpus.parameters, now))
    documents = corpus.documents
    if run:  # which keeps its text and vector of a headline that is spelt otherwise here
        texts = documents["id"].map(pd.Series(run.documents["text"].to_numpy(), run.ids))
        documents = documents.assign(text=texts.fillna(documents["text"]))
    if now.model == AUTO:
        record = read_record(find_run(now.previous)) if now.previous else None
        store, why = choose_model(store, corpus.documents, now.previous, record.parameters["model"] if record else None)
    embeddings = replace(store.embed(documents), why=why)
    return Vectors(corpus, embeddings, store, _made("embed", corpus.parameters, now))


@step
def link(vectors: Vectors, p: Notebook | Parameters | None = None, **given: Any) -> Links:
    """Find each document's nearest neighbours, and blend words and days into their distances."""
    now = _now("link", p, vectors, given)
    there = len(vectors.corpus.documents) - 1
    if there < now.k != Parameters.model_fields["k"].default:
        notice(f"k is lowered from {now.k} to {there}: there are no more than {count(there + 1, 'document')}.")
    plain = find_neighbors(vectors.embeddings, min(max(now.k, now.n_neighbors), there), now.search, vectors.store)
    blended = blend(plain, vectors.embeddings, vectors.corpus.documents, now.words, now.days, now.day_scale)
    return _links(vectors, blended, plain, now, _made("link", vectors.made_with, now))


def _links(vectors: Vectors, blended: Neighbors, plain: Neighbors, now: Parameters, made: dict[str, Any]) -> Links:
    """The links; if near-copies are folded, the documents that stand for them are searched among themselves."""
    documents = vectors.corpus.documents
    leaders = find_repeats(documents, blended.head(min(now.k, blended.k))) if now.fold_copies else None
    folded = {"fold_copies": now.fold_copies}
    if leaders is None or np.array_equal(leaders, np.arange(len(documents))):
        lists = replace(blended, parameters=blended.parameters | folded)
        return Links(vectors, lists, plain, lists, made)
    rows, place = np.unique(leaders, return_inverse=True)
    lists = replace(_among(vectors, rows, now), parameters=blended.parameters | folded)
    return Links(vectors, blended, plain, Folded(**vars(lists), all_ids=blended.ids, rows=rows, place=place), made)


def _among(vectors: Vectors, rows: np.ndarray, now: Parameters) -> Neighbors:
    """The lists of some documents among themselves, measured anew."""
    embeddings, documents = vectors.embeddings.part(rows), vectors.corpus.documents.iloc[rows]
    search = "auto" if now.search == "milvus" else now.search  # Milvus would answer with others among the nearest
    lists = find_neighbors(embeddings, min(max(now.k, now.n_neighbors), len(rows) - 1), search)
    return blend(lists, embeddings, documents, now.words, now.days, now.day_scale)


@step
def cluster(links: Links, p: Notebook | Parameters | None = None, **given: Any) -> Clusters:
    """Choose the settings that are "auto", and cluster."""
    now = _now("cluster", p, links, given)
    asked = {name: getattr(now, name) for name in CLUSTERING}
    settings = choose_settings(links.clustered, links.evidence, least_support=now.least_support, **asked)
    chosen = {"min_samples": settings.min_samples, "min_cluster_size": settings.min_cluster_size}
    clustering = with_copies(cluster_lists(links.clustered, **asked | chosen), links.clustered, now.least_support)
    return Clusters(links, settings, clustering, _made("cluster", links.made_with, now))


@step
def name(clusters: Clusters, p: Notebook | Parameters | None = None, **given: Any) -> Named:
    """Name the clusters, assign noise if asked to, apply corrections, and keep the numbers of an earlier run."""
    now = _now("name", p, clusters, given)
    links = clusters.links
    title_model = now.title_model if links.vectors.corpus.has_texts else None
    rows = gather_corrections(now.corrections, now.output, now.previous)
    found = _found(links, clusters.clustering, now, title_model, rows)
    continued = continue_run(found, now.previous)
    if not links.vectors.corpus.has_texts:
        continued = replace(continued, stories=continued.stories.numbered())
    return Named(clusters, continued.stories, continued, _made("name", clusters.made_with, now))


def _found(
    links: Links, clustering: Clustering, now: Parameters, title_model: str | None, rows: pd.DataFrame
) -> Stories:
    """The stories as these `rows` of corrections have them."""
    vectors, noise = links.vectors, (now.assign_noise, now.least_support, title_model, now.at_most_alone)
    stories = find_stories(vectors.corpus, vectors.embeddings, links.clustered, clustering, *noise)
    if rows.empty:
        return stories
    corrections = resolve(rows, stories.documents)
    made = correct_stories(stories, corrections, vectors.embeddings, links.clustered, links.evidence)
    if made.corrected:
        tell(made.corrected.corrections)
    return replace(made, parameters=made.parameters | {"corrections": now.corrections})


@step
def map(named: Named, p: Notebook | Parameters | None = None, **given: Any) -> Map:
    """Lay the documents out in two dimensions, or three."""
    now = _now("map", p, named, given)
    links = named.clusters.links
    shape = now.n_components, max(2, min(now.n_neighbors, len(links.documents))), now.min_dist, now.seed
    layout = lay_out(links.vectors.embeddings, links.neighbors, *shape, lambda rows: _among(links.vectors, rows, now))
    return Map(named, layout, _made("map", named.made_with, now))


@step
def finish(drawn: Map, p: Notebook | Parameters | None = None, **given: Any) -> Run:
    """Write the results to `output`, if one is given, with the record of how they were made, and the run's page."""
    now = _now("finish", p, drawn, given)
    if now.output:
        try_output(now.output, shown(now.data))
        corrected = drawn.named.stories.corrected
        obeyed = {row["file"] for row in corrected.corrections.listed} if corrected else ()
        if len(gather_corrections(output=now.output)) and CORRECTIONS not in obeyed:
            notice(f"{CORRECTIONS} in {now.output} is not applied: give nc.name the output, too, or call nc.find.")
    clusters, vectors = drawn.named.clusters, drawn.named.clusters.links.vectors
    lists, evidence = clusters.links.clustered, clusters.links.evidence
    results = vectors.corpus, vectors.embeddings, lists, evidence, clusters.settings, drawn.named.stories, drawn.layout
    record = write_record(*results, now.output, now.write_labels)
    if now.output:
        write_page(find_output(now.output))
    if now.write_labels:
        own_labels.write(drawn, now.write_labels, record.provenance["finished"])
    return Run(drawn, record)


def find(data: str | Path | list = "sample", **parameters: Any) -> Run:
    """Find the stories in headlines: all steps, with any of the notebook's parameters.

    Examples
    --------
    >>> run = nc.find("mine.csv", words=0.2, min_samples="auto", min_cluster_size="auto", output="out/mine")
    """
    p = make_parameters({"data": data, **parameters})
    if p.output:
        try_output(p.output, shown(p.data))
    gather_corrections(p.corrections, p.output, p.previous)  # so that an error in them is found at once
    return finish(map(name(cluster(link(embed(read(p), p), p), p), p), p), p)


def read_run(folder: str | Path) -> StoredRun:
    """Read a finished run (`newsclust.run.stored.read_run`); that of the sample is made if it is missing."""
    made_here = find_shipped("params/quickstart.yaml")
    if made_here and Path(folder) == Path(_QUICKSTART) and not any(path.exists() for path in run_folders(folder)):
        find(**yaml.load(made_here.read_text(encoding="utf-8"), Reader), output=_QUICKSTART)
    return stored.read_run(folder)


def repeat(run: StoredRun) -> Run:
    """Repeat the steps of a finished run, from its stored vectors: nothing is read, embedded or written.

    The stories keep the numbers and titles that they have in the run.

    Raises
    ------
    RunError
        If other stories come out, as with another version of newsclust.
    """
    with stage("repeat"):
        made = run.record.parameters
        texts = run.documents.assign(language=run.languages)
        corpus = Corpus(str(made["data"]), texts, texts["id"].astype("Int64"), texts, "", given=made["data"])
        vectors = Vectors(corpus, run.embeddings, run.store, made)
        now = run.parameters
        found = find_neighbors(run.embeddings, run.reach, now.search, run.store)
        links = _links(vectors, run.neighbors, found, now, made)
        asked = {name: AUTO for name in run.record.provenance.get("chosen", ())}
        clusters = cluster(links, **{name: getattr(now, name) for name in READS["cluster"]} | asked)
        stories = _found(links, clusters.clustering, now, None, recorded_corrections(run.folder))
        continued = Continuation(stories)
        if now.previous:
            with suppress(NewsclustError):  # the earlier run may be gone
                continued = continue_run(stories, now.previous)
        if not np.array_equal(continued.stories.labels, run.labels):
            continued = Continuation(_numbered_as(run, stories))
        table = continued.stories.table.assign(title=run.table["title"])
        named = Named(clusters, replace(continued.stories, table=table), continued, made)
        place = Layout(run.ids, run.coordinates, {name: made[name] for name in [*READS["map"], "n_neighbors"]})
        return Run(Map(named, place, made), run.record)


def _numbered_as(run: StoredRun, stories: Stories) -> Stories:
    """The stories under the numbers that they have in the run."""
    known = pd.Series(run.labels).groupby(stories.labels).first()
    numbers = known[known.index >= 0].to_numpy(np.int32)
    if len(numbers) == len(stories.table):
        again = renumbered(stories, Identity(numbers, pd.DataFrame(), run.next_number), str(run.folder))
        if np.array_equal(again.labels, run.labels):
            return again
    raise RunError(f"{run.name} can't be repeated, other stories come out here: run it again.")


def check_against_hdbscan(clusters: Clusters) -> Sentences:
    """Compare the clusters with hdbscan's on all pairs: see `newsclust.clusters.check.check_against_hdbscan`."""
    links = clusters.links
    told = check.check_against_hdbscan(
        clusters.clustering, links.clustered, links.vectors.embeddings, links.vectors.corpus.documents
    )
    return Sentences(told)


def _now(step: str, p: Notebook | Parameters | None, before: _Before, given: dict[str, Any]) -> Parameters:
    """The current parameters, which must be those that the previous step's result was made with."""
    if not isinstance(before, _TAKES[step]):
        last = _STEPS[_STEPS.index(step) - 1]
        raise ParameterError(
            f"nc.{step} takes what nc.{last} gives, and this is of type {type(before).__name__}: call nc.{last} first."
        )
    made_with = {} if before is None else before.parameters if isinstance(before, Corpus) else before.made_with
    if given:
        reads = [*READS[step], *(("uri", "collection") if step == "read" and given.get("data") == MILVUS else ())]
        if unknown := [one for one in given if one not in reads]:
            known = ", ".join(reads)
            raise ParameterError(f"{step} does not read {unknown[0]}; it reads {known}.")
        if p is not None:
            raise ParameterError(f"{step} takes a notebook's parameters or keywords, not both.")
    if p is None:
        return make_parameters({**made_with, **given})
    return check_now(step, p, made_with)


def check_now(step: str, p: Notebook | Parameters | None, made_with: dict[str, Any]) -> Parameters:
    """The current parameters, which must be those that the results before `step` were made with.

    Raises
    ------
    ParameterError
        If one differs; the message names the step to repeat from.
    """
    if p is None:
        return make_parameters(made_with)
    now = p.checked() if isinstance(p, Notebook) else p
    for before in _STEPS[: _STEPS.index(step)]:
        for one in READS[before]:
            value = shown(now.data) if one == "data" else getattr(now, one)
            if one in made_with and made_with[one] != value:
                raise ParameterError(
                    f"{one} is {value!r} now, but these {_RESULTS[before]} were made with {made_with[one]!r}: run the "
                    f"cells again from nc.{before} on."
                )
    return now


def _made(step: str, made_with: dict[str, Any], now: Parameters) -> dict[str, Any]:
    return made_with | {one: getattr(now, one) for one in READS[step]}
