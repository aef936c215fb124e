"""The tree that the stories were selected from, drawn; and its topics and finer clusters as tables."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..stories.finer import Finer
from ..stories.outline import outline
from ..stories.stories import Stories
from ..stories.topics import Topics
from ..wording import count
from .drawing import INK, cut
from .figure import POINTS, Figure, chart
from .listings import Table, linked_titles

#: Stories of a topic, and finer clusters of a story, that a table names.
NAMED = 4
_LEAF_HEIGHT, _LEAST_HEIGHT, _MOST_HEIGHT = 16, 360, 1600  # pixels
_LETTERS = 95  # of all levels side by side
_LEAST_TEXT = 10  # pixels of a field that has a name
_FIELD = "#e4e6e8"


def story_tree(stories: Stories, topics: Topics) -> Figure | None:
    """Draw HDBSCAN's condensed tree with its stories and topics as an icicle; None without stories.

    The field on the left is all stories, and the fields to the right of a field are its parts; heights are numbers of
    headlines. Only branches with stories are shown, as `newsclust.stories.outline.outline` puts them together.

    Parameters
    ----------
    stories : Stories
    topics : Topics
        As from `newsclust.stories.topics.group_stories`.
    """
    rows = outline(stories)
    if rows.empty:
        return None
    level, top = _fields(rows)
    is_leaf, levels = ~rows.index.isin(rows["parent"]), level.max() + 1
    widths = np.where(is_leaf, levels - level, 1)
    height = int(np.clip(_LEAF_HEIGHT * is_leaf.sum(), _LEAST_HEIGHT, _MOST_HEIGHT))
    with chart(height) as (fig, axes):
        axes.barh(top, widths, rows["size"], level, align="edge", color=_FIELD, edgecolor="white")
        for place, row in enumerate(rows.itertuples()):
            pixels = row.size * height / rows["size"][0]
            if pixels >= _LEAST_TEXT:
                name = cut(_name(row, stories, topics), int(_LETTERS * widths[place] / levels))
                at = level[place] + 0.03, top[place] + row.size / 2
                axes.text(*at, name, va="center", size=min(11, pixels) * POINTS, color=INK)
        axes.set(xlim=(0, levels), ylim=(rows["size"][0], 0))
        axes.axis("off")
    return Figure(_sentence(rows, topics), fig)


def topic_table(stories: Stories, topics: Topics) -> Table:
    """The topics, the largest first: what they are about, and their largest stories."""
    table = topics.table
    rows, shown = [], []
    for topic in table.index:
        members = stories.table.index[stories.table["topic"] == topic]
        members = stories.table["size"][members].sort_values(ascending=False, kind="stable").index
        more = [f"and {len(members) - NAMED:,} more"] if len(members) > NAMED else []
        rows.append([*stories.table["title"][members[:NAMED]], *more])
        shown.append([*linked_titles(stories, members[:NAMED]), *more])
    frame = pd.DataFrame(
        {
            "keywords": table["keywords"].to_list(),
            "its largest": rows,
            "stories": table["stories"].to_numpy(),
            "headlines": table["size"].to_numpy(),
            "first": table["first"].to_list(),
            "last": table["last"].to_list(),
        },
        index=table.index,
    )
    return Table(
        frame, frame.assign(**{"its largest": shown}), empty="No two stories lie close enough to make a topic."
    )


def finer_stories(finer: Finer) -> Table:
    """The stories that ``cluster_selection_method="leaf"`` would split, beside their parts."""
    rows = []
    for story, parts in finer.parts.groupby("story", sort=False):
        inside = parts["size"].sum()
        lines = [f"{title} ({size:,})" for title, size in parts[["title", "size"]].head(NAMED).to_numpy()]
        if len(parts) > NAMED:
            lines.append(f"and {len(parts) - NAMED:,} more")
        whole = finer.eom.loc[story]
        rows.append((whole["title"], lines, len(parts), whole["size"], whole["size"] - inside))
    columns = ["story (eom)", "is made of (leaf)", "parts", "headlines", "in no part"]
    return Table(pd.DataFrame(rows, columns=columns), empty="No story has finer parts: leaf would find the same.")


def _name(row, stories: Stories, topics: Topics) -> str:
    if row.kind == "story":
        return stories.table["title"].get(row.story, "in no story any more")
    if row.kind == "topic":
        return ", ".join(topics.table["keywords"].get(row.topic, "").split(", ")[:3]) or f"Topic {row.topic}"
    if row.kind == "smaller":
        return count(row.n_stories, "smaller story", "smaller stories")
    return count(row.n_stories, "story", "stories")


def _fields(rows: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """How far to the right each field of an icicle is, and where its top is, the largest part of a field on top."""
    level, top, filled = np.zeros(len(rows), int), np.zeros(len(rows)), np.zeros(len(rows))
    for place in rows["size"].sort_values(ascending=False, kind="stable").index:  # the whole comes before its parts
        up = rows["parent"][place]
        if up >= 0:
            level[place], top[place] = level[up] + 1, top[up] + filled[up]
            filled[up] += rows["size"][place]
    return level, top


def _sentence(rows: pd.DataFrame, topics: Topics) -> str:
    largest = rows[rows["kind"] == "topic"].nlargest(1, "size")
    sentence = (
        f"The tree of {count(int(rows['n_stories'][0]), 'story', 'stories')} with "
        f"{count(int(rows['size'][0]), 'headline')}: the closer two stories are, the farther to the right they split; "
        f"{count(len(topics.table), 'topic')}"
    )
    if len(largest):
        topic = largest["topic"].iloc[0]
        n_stories = count(int(topics.table["stories"][topic]), "story", "stories")
        sentence += f", the largest, with {n_stories}, about {cut(topics.table['keywords'][topic], 60)}"
    return f"{sentence}."
