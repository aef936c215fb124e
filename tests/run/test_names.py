"""Names that are no parameters."""

from __future__ import annotations

import pytest

from newsclust.run.names import candidates, injected, no_such

KNOWN = ["k", "distance", "min_dist", "min_samples", "min_cluster_size", "cluster_selection_epsilon"]


@pytest.mark.parametrize(
    "name, meant",
    [
        ("metric", ["distance"]),
        ("MinSamples", ["min_samples"]),
        ("epsilon", ["cluster_selection_epsilon"]),
        ("umap_min_dist", ["min_dist"]),
        ("min", ["min_dist", "min_samples", "min_cluster_size"]),
        ("colour", []),
    ],
)
def test_a_misspelt_parameter_is_refused_with_the_name_that_was_meant(name, meant):
    assert candidates(name, KNOWN) == meant
    told = no_such(name, KNOWN)
    assert all(repr(each) in told for each in [name, *meant]) and ("did you mean" in told) == bool(meant)


def test_what_papermill_set_is_distinguished_from_what_the_notebooks_own_cells_set():
    own = ["k = 50\nfor row in range(3): pass", "this is no python"]
    cells = [*own, "# Parameters\nk = 20\nkk = 3\nPAPERMILL_INPUT_PATH = 'a'", "later = 1"]
    assert injected({"In": cells}) == ({"k", "kk"}, {"k", "row"})
    assert injected({"In": own}) == injected({}) == (set(), set())
