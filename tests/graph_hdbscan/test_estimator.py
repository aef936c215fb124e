"""The estimator: scikit-learn's own checks, its two kinds of input, and what hdbscan's users expect of it."""

from __future__ import annotations

import doctest
import warnings
from pathlib import Path

import hdbscan
import numpy as np
import pytest
from scipy.sparse import csr_array
from sklearn.exceptions import NotFittedError
from sklearn.neighbors import KNeighborsTransformer, kneighbors_graph
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import check_estimator

import graph_hdbscan
from graph_hdbscan import GraphHDBSCAN, cluster_lists, lists_of
from points import SELECTIONS, assert_same_partition, blobs


def test_scikit_learns_checks_pass_without_exception():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a check that is skipped, and of numbers that they make up
        checks = check_estimator(GraphHDBSCAN(), on_fail="raise")
    assert len(checks) > 30 and {check["status"] for check in checks} <= {"passed", "skipped"}


def test_features_are_clustered_as_their_graph_is_and_as_hdbscan_clusters_them():
    X = blobs(3, n=300)
    of_features = GraphHDBSCAN(min_samples=1, min_cluster_size=5, n_neighbors=299).fit(X)
    of_graph = GraphHDBSCAN(min_samples=1, min_cluster_size=5).fit(kneighbors_graph(X, 299, mode="distance"))
    np.testing.assert_array_equal(of_features.labels_, of_graph.labels_)
    peer = hdbscan.HDBSCAN(min_samples=1, min_cluster_size=5, algorithm="generic").fit(X)
    assert_same_partition(of_features.labels_, peer.labels_)
    np.testing.assert_allclose(of_features.probabilities_, peer.probabilities_, atol=1e-5)
    np.testing.assert_allclose(np.sort(of_features.cluster_persistence_), np.sort(peer.cluster_persistence_), rtol=1e-4)
    heights = [model.single_linkage_tree_.to_numpy()[:, 2] for model in (of_features, peer)]
    np.testing.assert_allclose(*heights, rtol=1e-6)
    assert len(of_features.condensed_tree_.to_pandas()) == len(peer.condensed_tree_.to_pandas())
    assert of_features.n_features_in_ == 3 and of_graph.n_features_in_ == 300


@pytest.mark.parametrize("selection", SELECTIONS, ids=str)
def test_its_parameters_are_those_of_the_function_underneath(selection):
    graph = kneighbors_graph(blobs(4), 20, mode="distance")
    model = GraphHDBSCAN(2, 5, **selection)
    found = cluster_lists(*lists_of(graph), 2, 5, **selection)
    np.testing.assert_array_equal(model.fit_predict(graph), found.labels)
    np.testing.assert_array_equal(model.condensed_tree_.to_numpy(), found.tree)


def test_it_ends_a_pipeline_that_makes_the_graph():
    X = blobs(5)
    chain = make_pipeline(KNeighborsTransformer(n_neighbors=20, mode="distance"), GraphHDBSCAN())
    assert_same_partition(chain.fit_predict(X), GraphHDBSCAN(n_neighbors=20).fit_predict(X))


def test_another_metric_is_that_of_the_features():
    X = blobs(6)
    graph = kneighbors_graph(X, 20, mode="distance", metric="manhattan")
    found = GraphHDBSCAN(n_neighbors=20, metric="manhattan").fit_predict(X)
    np.testing.assert_array_equal(found, GraphHDBSCAN().fit_predict(graph))
    assert (found != GraphHDBSCAN(n_neighbors=20).fit_predict(X)).any()


def test_duplicates_are_edges_and_not_noise():
    X = np.repeat(blobs(7, n=12), 5, axis=0)
    labels = GraphHDBSCAN(n_neighbors=8).fit_predict(X)
    assert len(np.unique(labels)) == 12 and (labels.reshape(12, 5) == labels[::5, None]).all() and labels.min() == 0


def test_what_cannot_be_clustered_is_refused_in_one_sentence():
    graph = kneighbors_graph(blobs(0), 5, mode="distance")
    with pytest.raises(ValueError, match="min_samples is 6, but the lists hold 5 neighbours"):
        GraphHDBSCAN(min_samples=6).fit(graph)
    with pytest.raises(ValueError, match="120 rows and 3 columns"):
        GraphHDBSCAN().fit(csr_array(blobs(0)))
    graph.data[7] = np.nan
    with pytest.raises(ValueError, match="of the neighbour lists is nan"):
        GraphHDBSCAN().fit(graph)
    with pytest.raises(NotFittedError):
        GraphHDBSCAN().condensed_tree_  # noqa: B018


def test_the_examples_of_the_readme_print_what_it_says():
    page = Path(graph_hdbscan.__file__).with_name("README.md")
    assert page.read_text(encoding="utf-8").count(">>>") > 10
    failed, tried = doctest.testfile(str(page), module_relative=False)
    assert tried and not failed


def test_a_name_that_is_not_there_is_no_name():
    assert all(getattr(graph_hdbscan, name) for name in graph_hdbscan.__all__)
    with pytest.raises(AttributeError, match="no attribute 'HDBSCAN'"):
        graph_hdbscan.HDBSCAN  # noqa: B018
