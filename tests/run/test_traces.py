"""What a record keeps of a run's vectors and neighbours."""

from __future__ import annotations

import numpy as np

from conftest import make_embeddings
from newsclust.neighbors.neighbors import Neighbors
from newsclust.run.traces import DOCUMENTS, NEAREST, NUMBERS, traces


def test_a_repetition_can_be_compared_with_a_few_documents_and_a_changed_vector_shows():
    vectors = np.random.default_rng(0).normal(size=(60, 20)).astype(np.float32)
    embeddings = make_embeddings(vectors)
    squared = ((vectors[:, None] - vectors) ** 2).sum(axis=2)
    nearest = squared.argsort(axis=1)[:, 1:16]
    neighbors = Neighbors(embeddings.ids, nearest, np.sqrt(np.take_along_axis(squared, nearest, axis=1)))
    kept = traces(embeddings, neighbors)
    ids = list(kept["vectors"]["documents"])
    assert len(ids) == DOCUMENTS and (ids[0], ids[-1]) == ("10", "600") and list(kept["neighbours"]["documents"]) == ids
    row = int(ids[5]) // 10 - 1
    np.testing.assert_allclose(kept["vectors"]["documents"][ids[5]], vectors[row, :NUMBERS], atol=1e-7)
    assert kept["neighbours"]["documents"][ids[5]] == [str(10 * (other + 1)) for other in nearest[row, :NEAREST]]

    vectors[7, 3] += 1e-6
    again = traces(make_embeddings(vectors), neighbors, [80, 90, 5])
    assert again["vectors"]["fingerprint"] != kept["vectors"]["fingerprint"]
    assert again["neighbours"]["fingerprint"] == kept["neighbours"]["fingerprint"]
    assert list(again["vectors"]["documents"]) == ["80", "90"]
