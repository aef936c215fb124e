"""The headlines of a run that are nearest to a phrase, searched by Milvus."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..errors import ParameterError
from ..markup import escape, link, plain, table
from .results import Run, finished
from .stored import StoredRun

NEAREST = 10


@dataclass(frozen=True, eq=False)
class Found:
    """Headlines near a phrase.

    Attributes
    ----------
    phrase : str
    frame : DataFrame, the nearest first
        ``similarity`` (cosine, -1 to 1), ``headline``, ``url``, ``publisher``, ``published`` (ISO day, "" where
        unknown), ``story`` (its number, -1 for none) and ``title`` (the story's).
    run : str
    """

    phrase: str
    frame: pd.DataFrame
    run: str

    def __str__(self) -> str:
        """Lines for a terminal, without control characters."""
        lines = []
        for row in self.frame.itertuples():
            where = ", ".join(filter(None, [row.publisher, row.published]))
            story = f"story {row.story}: {row.title}" if row.story >= 0 else "in no story"
            lines += [f"{row.similarity:.2f}  {row.headline}{f' ({where})' if where else ''}", f"      {story}"]
        return "\n".join("".join(letter if letter.isprintable() else " " for letter in line) for line in lines)

    def __repr__(self) -> str:
        return f"The {len(self.frame)} headlines of {self.run} nearest to {self.phrase!r}."

    def _repr_html_(self) -> str:
        shown = self.frame.assign(
            similarity=self.frame["similarity"].map("{:.2f}".format),
            headline=list(map(link, self.frame["headline"], self.frame["url"])),
            story=[str(number) if number >= 0 else "" for number in self.frame["story"]],
        )
        return f"<p>{escape(repr(self))}</p>{table(shown.drop(columns='url'))}"


def search(run: StoredRun | Run, phrase: str, n: int = NEAREST) -> Found:
    """Ask Milvus for the `n` headlines of a run that are nearest to a phrase.

    Documents of other runs in the collection are skipped.

    Parameters
    ----------
    run : StoredRun or Run
    phrase : str
    n : int

    Returns
    -------
    Found

    Raises
    ------
    ParameterError
        If the phrase has no word.
    ModelError
        If the vectors are in the user's own collection, and from another model than the run's parameter `model`.
    StoreError
        If Milvus can't be reached.
    """
    phrase = plain(phrase)
    if not any(letter.isalnum() for letter in phrase):
        raise ParameterError(f"{phrase!r} has no word to search for.")
    run = finished(run)
    rows, texts, similarity = run.store.nearest_to(run.ids, phrase, n)
    told = run.points.iloc[rows].assign(title=pd.Series(texts, index=rows).str.partition("\n")[0])
    order = np.argsort(-similarity.round(9), kind="stable")
    told, similarity = told.iloc[order], similarity[order]
    frame = pd.DataFrame(
        {
            "similarity": similarity,
            "headline": told["title"].map(plain).to_numpy(),
            "url": told["url"].to_numpy(),
            "publisher": told["publisher"].map(plain).to_numpy(),
            "published": told["published_at"].str[:10].to_numpy(),
            "story": told["cluster"].to_numpy(),
            "title": run.table["title"].reindex(told["cluster"]).fillna("").map(plain).to_numpy(),
        }
    )
    return Found(phrase, frame, run.name)
