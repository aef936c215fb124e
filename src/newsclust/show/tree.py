"""The tree that the stories were selected from, drawn; and its topics and finer clusters as tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ..markup import plotly_text
from ..stories.outline import outline
from ..wording import count
from .drawing import INK, cut, story_mark, style, switch, with_alternative, wrapped
from .figure import Figure
from .listings import Table, linked_titles

if TYPE_CHECKING:
    from ..stories.finer import Finer
    from ..stories.stories import Stories
    from ..stories.topics import Topics

#: Stories of a topic, and finer clusters of a story, that a table names.
NAMED = 4
_LEAF_HEIGHT, _LEAST_HEIGHT, _MOST_HEIGHT = 20, 360, 1600  # pixels
_LETTERS = 165  # of all levels side by side, in a report on a desktop
_GREYS = {
    "all": "rgba(128, 134, 142, 0.10)",
    "group": "rgba(128, 134, 142, 0.16)",
    "topic": "rgba(128, 134, 142, 0.30)",
    "smaller": "rgba(128, 134, 142, 0.45)",
}


def story_tree(stories: Stories, topics: Topics) -> Figure | None:
    """Draw HDBSCAN's condensed tree with its stories and topics as an icicle; None without stories.

    All stories are on the left, and what lies to the right of a field is what it parts into; heights are headlines, or
    by a switch the same for every story. Only branches that hold stories are shown, as
    `newsclust.stories.outline.outline` puts them together. A click on a group makes it fill the figure; in a report
    a click on a story chooses it in the other views.

    Parameters
    ----------
    stories : Stories
    topics : Topics
        As from `newsclust.stories.topics.group_stories`.
    """
    import plotly.graph_objects as go

    rows = outline(stories)
    if rows.empty:
        return None
    names = [_name(row, stories, topics) for row in rows.itertuples()]
    letters = _LETTERS // (1 + _levels(rows["parent"]))
    is_leaf = ~rows.index.isin(rows["parent"])
    leaves = _sums(rows["parent"], is_leaf.astype(int))
    parts = rows["parent"].map(rows["n_stories"])
    colours = [story_mark(row.story)[0] if row.kind == "story" else _GREYS[row.kind] for row in rows.itertuples()]
    fig = go.Figure(
        go.Icicle(
            ids=[str(place) for place in rows.index],
            parents=["" if parent < 0 else str(parent) for parent in rows["parent"]],
            labels=[plotly_text(cut(name, letters)) for name in names],
            values=rows["size"].tolist(),
            branchvalues="total",
            tiling=dict(orientation="h", pad=1),
            root_color="rgba(0,0,0,0)",
            leaf_opacity=1,
            marker=dict(colors=colours, line=dict(width=3, color="rgba(0, 0, 0, 0)")),
            textfont=dict(color=[_ink(colour) for colour in colours], size=12),
            textposition="middle left",
            text=[_hover(row, name, whole) for row, name, whole in zip(rows.itertuples(), names, parts, strict=True)],
            texttemplate="%{label}",
            hovertemplate="%{text}<extra></extra>",
            customdata=[[int(story) if story >= 0 else -2] for story in rows["story"]],
            pathbar_visible=False,  # the leftmost field leads back
        )
    )
    height = int(np.clip(_LEAF_HEIGHT * is_leaf.sum(), _LEAST_HEIGHT, _MOST_HEIGHT))
    style(fig, height=height + 80)
    heights = {"headlines": rows["size"], "stories alike": leaves}
    fig.update_layout(
        margin=dict(l=4, r=4, t=42, b=4),
        uniformtext=dict(minsize=9, mode="hide"),
        updatemenus=[switch({label: [{"values": [values.tolist()]}] for label, values in heights.items()})],
    )
    shown = rows[rows["kind"].isin(["story", "smaller"])]
    table = pd.DataFrame({"Story": [names[place] for place in shown.index]})
    table["Topic"] = [topics.table["keywords"].get(topic, "") for topic in shown["topic"]]
    table["Headlines"] = shown["size"].tolist()
    table["Parts at"] = [_said_distance(distance) for distance in shown["distance"]]
    return with_alternative(fig, _sentence(rows, topics), table, kind="tree")


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
    """Which stories ``cluster_selection_method="leaf"`` would part, beside what they would part into."""
    rows = []
    for story, parts in finer.parts.groupby("story", sort=False):
        inside = parts["size"].sum()
        lines = [f"{title} ({size:,})" for title, size in parts[["title", "size"]].head(NAMED).to_numpy()]
        if len(parts) > NAMED:
            lines.append(f"and {len(parts) - NAMED:,} more")
        whole = finer.eom.loc[story]
        rows.append((whole["title"], lines, len(parts), whole["size"], whole["size"] - inside))
    columns = ["story (eom)", "is made of (leaf)", "parts", "headlines", "in no part"]
    return Table(pd.DataFrame(rows, columns=columns), empty="No story is made of finer ones: leaf would find the same.")


def _name(row, stories: Stories, topics: Topics) -> str:
    if row.kind == "story":
        return stories.table["title"][row.story]
    if row.kind == "topic":
        return ", ".join(topics.table["keywords"][row.topic].split(", ")[:3]) or f"Topic {row.topic}"
    if row.kind == "smaller":
        return count(row.n_stories, "smaller story", "smaller stories")
    return count(row.n_stories, "story", "stories")


def _hover(row, name: str, whole: float) -> str:
    lines = [f"<b>{wrapped(name)}</b>", count(row.size, "headline")]
    if row.kind in ("all", "group", "topic"):
        kind = {"all": "all", "group": "a group of", "topic": "a topic of"}[row.kind]
        lines[1] = f"{kind} {count(row.n_stories, 'story', 'stories')}, {lines[1]}"
    if row.kind in ("story", "group", "topic") and row.parent >= 0:
        lines.append(
            f"parts from the other {int(whole) - row.n_stories:,} at distance {_said_distance(row.distance)}"
            if np.isfinite(row.distance)
            else "nothing links it to the others"
        )
    return "<br>".join(lines)


def _said_distance(distance: float) -> str:
    return f"{distance:.2f}" if np.isfinite(distance) else ""


def _levels(parent: pd.Series) -> int:
    depth: list[int] = []
    for up in parent:
        depth.append(depth[up] + 1 if up >= 0 else 0)
    return max(depth)


def _sums(parent: pd.Series, values: np.ndarray) -> pd.Series:
    """Each row's value and all below it; a parent comes before its children."""
    total = values.copy()
    for place in range(len(total) - 1, 0, -1):
        total[parent.iloc[place]] += total[place]
    return pd.Series(total, index=parent.index)


def _ink(colour: str) -> str:
    """What can be read on a colour: white or black; on the see-through greys what can be read on any page."""
    if not colour.startswith("#"):
        return INK
    channels = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return (
        "#ffffff" if linear @ [0.2126, 0.7152, 0.0722] < 0.18 else "#000000"
    )  # WCAG 2: where both contrasts are equal


def _sentence(rows: pd.DataFrame, topics: Topics) -> str:
    largest = rows[rows["kind"] == "topic"].nlargest(1, "size")
    sentence = (
        f"The tree of {count(int(rows['n_stories'][0]), 'story', 'stories')} with "
        f"{count(int(rows['size'][0]), 'headline')}: the closer two stories are, the farther to the right they part; "
        f"{count(len(topics.table), 'topic')}"
    )
    if len(largest):
        topic = largest["topic"].iloc[0]
        n_stories = count(int(topics.table["stories"][topic]), "story", "stories")
        sentence += f", the largest, with {n_stories}, about {cut(topics.table['keywords'][topic], 60)}"
    return f"{sentence}."
