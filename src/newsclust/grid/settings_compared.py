"""The tutorial's settings and those of ``params/stories.yaml`` on the same vectors: what becomes of the noise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..errors import no_notices
from ..markup import Sentences, escape
from ..pipeline import READS, check_now, name
from ..run.notebook import Notebook
from ..run.parameters import Parameters, make_parameters
from ..run.results import Named
from ..show.listings import Table
from ..stages import stage
from ..stories.evaluation import ONE_OFF, agreement
from ..stories.exemplars import headlines
from ..wording import count
from .labelled import group, read_parameters

#: More documents than this take too long to be clustered again for a comparison.
COMPARED = 20_000
_FILE = "params/stories.yaml"
_NAMES = ["the tutorial's", "stories.yaml"]
#: The parameters in which the two differ; data, model, search and map are the run's own.
_ASKED = [one for one in [*READS["link"], *READS["cluster"], "assign_noise"] if one not in ("search", "n_neighbors")]


@dataclass(frozen=True, eq=False)
class Comparison:
    """Two groupings of the same documents.

    Attributes
    ----------
    before, after : Named
        By the tutorial's settings, and by those of stories.yaml.
    """

    before: Named
    after: Named

    @property
    def joined(self) -> np.ndarray:
        """Rows of the documents that have a story after but not before, those with the most support first."""
        rows = np.flatnonzero((self.before.labels < 0) & (self.after.labels >= 0))
        return rows[np.argsort(-self.after.stories.vote.support[rows].round(9), kind="stable")]

    @property
    def known(self) -> np.ndarray | None:
        """The known story of each document: "" where unknown, "one-off" for none; None without known stories."""
        known = self.after.clusters.links.vectors.corpus.known
        if known is None:
            return None
        told = known.to_numpy(object)
        return np.where(np.isin(known.str.lower(), list(ONE_OFF)), "one-off", told)

    @property
    def table(self) -> Table:
        rows = {}
        for head, found in zip(_NAMES, (self.before, self.after), strict=True):
            alone, known = found.labels < 0, self.known
            said = {"stories": f"{len(found.stories.table):,}"}
            said["in no story"] = f"{alone.sum():,} ({alone.mean():.0%})"
            if known is not None:
                is_one_off = known == "one-off"
                said["of those, in a story that people know"] = f"{(alone & (known != '') & ~is_one_off).sum():,}"
                said["headlines of no known story, put into one"] = f"{(~alone & is_one_off).sum():,}"
                said["agreement with the known stories (AMI)"] = f"{agreement(found.labels, known)['ami']:.2f}"
            rows[head] = said
        return Table(pd.DataFrame(rows).rename_axis("").reset_index())

    @property
    def sentence(self) -> str:
        left = int(((self.before.labels >= 0) & (self.after.labels < 0)).sum())
        told = f"{count(len(self.joined), 'headline')} joined a story, {f'{left:,}' if left else 'none'} left one"
        if self.known is None or not len(self.joined):
            return f"{told}."
        told_of = pd.DataFrame({"story": self.after.labels, "known": self.known})
        told_of = told_of[~told_of["known"].isin(["", "one-off"])]
        most = told_of.groupby("story")["known"].agg(lambda some: some.mode().iloc[0])
        right = self.known[self.joined] == most.reindex(self.after.labels[self.joined]).to_numpy()
        return f"{told}; {right.sum():,} of the {len(right):,} are with the story most of which is their own."

    @property
    def examples(self) -> Table:
        """Three headlines that joined: the one with the most support, the median, and the one with the least."""
        n = len(self.joined)
        rows = self.joined[sorted({0, n // 2, n - 1})] if n else self.joined
        titles = self.after.stories.table["title"].reindex(self.after.labels[rows])
        frame = pd.DataFrame(
            {
                "headline": headlines(self.after.stories.documents.iloc[rows]).to_numpy(),
                "joined the story": titles.to_numpy(),
            }
        )
        return Table(frame, empty="No headline joined a story.")

    def __repr__(self) -> str:
        lines = [": ".join([row[0], " | ".join(row[1:])]) for row in self.table.frame.to_numpy()]
        return "\n".join([" | ".join(_NAMES), *lines, self.sentence])

    def _repr_html_(self) -> str:
        examples = self.examples._repr_html_() or ""
        return f"{self.table._repr_html_()}<p>{escape(self.sentence)}</p>{examples}"


@stage("compare")
def compare_settings(stories: Named, p: Notebook | Parameters | None = None) -> Comparison | Sentences:
    """Group the same vectors by the tutorial's settings and by those of ``params/stories.yaml``.

    Parameters
    ----------
    stories : Named
        Used as one of the two, if it was made with those settings.
    p : Notebook or Parameters, optional
        The notebook's current parameters, which must be those that `stories` was made with.

    Returns
    -------
    Comparison, or Sentences
        For more than `COMPARED` documents a sentence that nothing was compared.
    """
    check_now("map", p, stories.made_with)
    n = len(stories.labels)
    if n > COMPARED:
        return Sentences(f"Not compared: {n:,} documents take too long to cluster again (limit: {COMPARED:,}).")
    return Comparison(*(_made_with(stories, asked) for asked in (make_parameters({}), read_parameters(_FILE))))


def _made_with(stories: Named, asked: Parameters) -> Named:
    if all(stories.made_with[one] == getattr(asked, one) for one in _ASKED):
        return stories
    with no_notices():  # about other settings than the run's
        clusters = group(stories.clusters.links.vectors, asked)
        return name(clusters, assign_noise=asked.assign_noise, title_model=None, previous=None)
