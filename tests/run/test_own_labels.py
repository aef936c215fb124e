"""Stories written into the user's own Milvus: beside the rows, or inside them."""

# ruff: noqa: F811  the fixtures lite and titles
from __future__ import annotations

import pytest

import newsclust as nc
from newsclust.cli import main
from newsclust.errors import (
    StoreError,
)
from test_own_collection import SETTINGS, fill, lite, rows_of, state, titles  # noqa: F401  lite and titles are fixtures


def test_labels_inside_leave_each_row_in_its_partition(lite, titles):
    fill(lite, "inside", rows_of(titles, note=titles["story"].tolist()), dynamic=True, partitions=3)
    before = {row["id"]: row for row in state(lite, "inside")[2]}
    nc.find("milvus", uri=lite.uri, collection="inside", write_labels="inside", **SETTINGS)
    with lite.client() as client:
        client.load_collection("inside")
        for number in range(3):
            asked = {"partition_names": [f"part_{number}"], "output_fields": ["*"]}
            rows = client.query("inside", filter="id > 0", consistency_level="Strong", **asked)
            assert sorted(row["id"] for row in rows) == list(range(10 + number, 10 + len(titles), 3))
            for row in rows:
                assert before[row["id"]].items() <= dict(row).items()


def test_labels_are_not_written_over_a_collection_of_somebody_elses(lite, titles, monkeypatch, capsys):
    fill(lite, "one", rows_of(titles))
    fill(lite, "one_stories", rows_of(titles))
    for arguments, said in (("--labels one", "was not made by newsclust"), ("--labels nine", "there is no collection")):
        monkeypatch.setattr("sys.argv", f"newsclust clean {arguments} --uri theirs.db".split())
        with pytest.raises(SystemExit):
            main()
        assert said in capsys.readouterr().err
    with pytest.raises(StoreError, match="collection one_stories of theirs.db was not made by newsclust"):
        nc.find("milvus", uri=lite.uri, collection="one", write_labels=True)


def test_a_run_on_other_rows_leaves_no_label_of_an_earlier_one(lite, titles):
    fill(lite, "one", rows_of(titles))
    for given, n in (({}, len(titles)), ({"filter": "id < 40"}, 30)):
        nc.find("milvus", uri=lite.uri, collection="one", write_labels=True, **given, **SETTINGS)
        with lite.client() as client:
            client.load_collection("one_stories")
            assert len(client.query("one_stories", filter="", limit=100, consistency_level="Strong")) == n
