"""A run as Parquet: what pandas reads is what the run holds, and a file that can't be written is not left in halves."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

import newsclust as nc
from newsclust.errors import RunError
from newsclust.run import export as module
from newsclust.run.export import export


def test_every_document_comes_back_with_its_story_place_time_and_vector(toy_model, monkeypatch):
    monkeypatch.setattr(module, "_ROWS", 10)
    nc.find("january", min_cluster_size=2, min_samples=1, output="out")
    run = nc.read_run("out")
    path = export(run, Path("made/points.parquet"))
    rows = pd.read_parquet(path)
    assert rows["id"].tolist() == run.ids.tolist() and rows["story"].tolist() == run.labels.tolist()
    assert np.array_equal(np.stack(rows["vector"]), run.embeddings.vectors) and rows["vector"][0].dtype == np.float32
    assert np.allclose(rows[["x", "y"]], run.coordinates)
    assert rows["text"].tolist() == run.documents["text"].tolist()
    assert rows["published_at"].dt.strftime("%Y-%m-%dT%H:%M:%SZ").tolist() == run.points["published_at"].tolist()
    titles = run.table["title"]
    assert all(row.story_title == titles.get(row.story, "") for row in rows.itertuples())
    assert pq.ParquetFile(path).num_row_groups == -(-len(rows) // 10)


def test_a_file_that_cannot_be_written_leaves_nothing_and_the_old_one_stays(toy_model, monkeypatch):
    nc.find("january", min_cluster_size=2, min_samples=1, output="out")
    run, path = nc.read_run("out"), Path("points.parquet")
    path.write_text("before")

    def fail(table, part, **_):
        part.write_text("half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pq, "write_table", fail)
    with pytest.raises(RunError, match=r"points\.parquet can't be written .*No space left on device"):
        export(run, path)
    assert path.read_text() == "before" and not list(Path().glob("*.part")) and not list(Path().glob(".*.part"))
