"""What is new about a story: a mark of one word and a number."""

from __future__ import annotations

import pandas as pd

from .timeline import Timeline

#: Kinds of marks; if several apply, the first is used.
KINDS = ("new", "split", "merged", "back", "grew")
#: A story grew if the last period has this number of documents more than the period before.
GREW = 2


def mark_stories(timeline: Timeline, changes: pd.DataFrame | None = None) -> pd.DataFrame:
    """One mark for each story that is new or has changed.

    Parameters
    ----------
    timeline : Timeline
    changes : DataFrame, optional
        As `newsclust.stories.identity.Identity.changes`, if an earlier run is continued. Then ``new`` and ``grew``
        compare with that run's headlines, else they are about the last period.

    Returns
    -------
    DataFrame, one row per marked story
        Index ``story``; ``kind``, of `KINDS`, and ``n``: ``new`` and how many documents it has (in the last period),
        ``split`` and the number of the story it was part of, ``merged`` and that of the largest it took in, ``back``
        and for how many days it was silent, ``grew`` and by how many documents (of the last period).
    """
    found: dict[int, tuple[str, int]] = {}

    def add(kind: str, numbers: pd.Series) -> None:
        for story, n in numbers.items():
            found.setdefault(int(story), (kind, round(n)))

    time = timeline.table
    if changes is None:
        add("new", time["now"][time["is_new"]])
    else:
        now = changes[changes["now"] > 0].set_index("story")
        kept = now[now["what"] == "continues"]
        add("new", now["now"][now["what"] == "new"])
        add("split", now["others"][now["what"] == "split off"].str[0])
        add("merged", kept["others"][kept["others"].str.len() > 0].str[0])
    if timeline.unit:
        add("back", time["silence"][time["back"] >= timeline.last_from])
    if changes is None:
        add("grew", time["now"][time["now"] - time["before"] >= GREW])
    else:
        more = kept["now"] - kept["before"]
        add("grew", more[more >= GREW])
    return pd.DataFrame.from_dict(found, orient="index", columns=["kind", "n"]).rename_axis("story")
