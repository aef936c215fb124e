"""A run's headlines with vectors, places and stories in one Parquet file: for pandas, Embedding Atlas and others."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..paths import write_whole
from .stored import StoredRun

#: Rows of one row group of the file.
_ROWS = 50_000


def export(run: StoredRun, path: Path) -> Path:
    """Write one row per document, in ascending order of its id.

    The columns are id, title, text, url, publisher, published_at (UTC), story (-1 is in none), story_title,
    probability, x and y (and z), and vector (float32, of unit length).

    Raises
    ------
    NewsclustError
        If the vectors are gone, or the file can't be written: then none is there.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    told = run.documents.rename(columns={"cluster": "story"})
    told["story_title"] = told["story"].map(run.table["title"]).fillna("")
    names = ["id", "title", "text", "url", "publisher", "story", "story_title", "probability"]
    table = pa.Table.from_pandas(told[names + [axis for axis in "xyz" if axis in told]], preserve_index=False)
    times = pa.array(told["time"].to_numpy("datetime64[us]")).cast(pa.timestamp("us", tz="UTC"))
    table = table.add_column(table.column_names.index("story"), "published_at", times)
    vectors = np.ascontiguousarray(run.embeddings.vectors)
    flat = pa.FixedSizeListArray.from_arrays(pa.array(vectors.ravel()), vectors.shape[1])
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, lambda part: pq.write_table(table.append_column("vector", flat), part, row_group_size=_ROWS))
    return path
