"""The map of stories: every headline at its place, with the mark and the title of its story."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..errors import notice
from ..markup import plain, plotly_text, web_address
from ..wording import count
from .drawing import HOVER_WIDTH, INK, MARKS, cut, cut_at_word, require, story_mark, style, with_alternative, wrapped
from .figure import Figure
from .labels import free_places, label_lines, text_size

if TYPE_CHECKING:
    import plotly.graph_objects as go

NAMED_STORIES = 10
LABELS = 40  # titles that are tried for a place on the map
SVG_POINTS = 3000
ADDRESSED_POINTS = 20_000  # the addresses of more would make up half of a report
DRAWN_POINTS = 100_000  # with more a report is too large for a browser
_SMALLER_RANK, _NOISE_RANK = 1000, 2000  # places in the legend, below the named stories

_NOTEBOOK, _TITLE_SIZE = (700.0, 540.0), 11  # the pixels that a map has in a notebook, its legend left out
IN_SPACE = {  # the shapes that plotly draws in space; its "x" is a letter that not every machine has
    "circle": "circle", "square": "square", "diamond": "diamond", "cross": "cross", "x": "cross",
    "triangle-up": "diamond", "triangle-down": "square", "star": "circle",
}  # fmt: skip
_HOLLOW_IN_SPACE = {
    symbol: f"{shape}-open" if shape in ("circle", "square", "diamond") else "diamond-open"
    for symbol, shape in IN_SPACE.items()
}


def story_map(points: pd.DataFrame) -> Figure:
    """Draw every headline at its place on the map, with the mark of its story.

    A story's colour and shape depend on its number alone (`newsclust.show.drawing.story_mark`). The largest stories
    get a legend entry each and, where there is room, their title on the map; all the others share one entry. Of
    stories side by side that share a mark, as they may beyond sixty, the smaller is outlined. A headline that HDBSCAN
    left as noise and that its neighbours gave a story is drawn hollow. Noise lies underneath in grey. A click on a name
    in the legend switches its headlines off. In space plotly knows few shapes, so that colours differ more than those.

    Of more than `ADDRESSED_POINTS` headlines the points are small, and neither linked nor outlined. Of more than
    `DRAWN_POINTS` so many are drawn, evenly chosen, which a notice says; all of them count.

    Parameters
    ----------
    points : DataFrame, one row per headline
        ``x``, ``y`` and, for a map in space, ``z``; ``cluster`` (int, -1 for noise); ``title``; optionally
        ``id``, ``publisher``, ``published_at``, ``url``, ``probability``, ``story`` (the name of the row's cluster),
        ``assigned`` (bool: noise that was given a story) and ``vote`` (the share its story had of its neighbours).

    Returns
    -------
    plotly Figure
        Each point's ``customdata`` is ``[cluster, "d<id>", address or "", publisher, day]``, for the report, which
        opens stories and lists headlines by it; ``layout.meta["stories"]`` has number and place of each story, in the
        order of the figure's table.

    Raises
    ------
    NewsclustError
        If a required column is missing.
    """
    import plotly.graph_objects as go
    from tqdm.auto import tqdm

    points = complete(points)
    if len(points) > ADDRESSED_POINTS:
        points["address"] = ""
    sizes, names, places = stories_on(points)
    n_noise, n_assigned = int((points["cluster"] < 0).sum()), int(points["assigned"].sum())
    points = drawn(points)
    rows = tqdm(points.to_dict("records"), desc="Drawing the map", leave=False, delay=2)
    points["hover"] = [_hover(row, names, sizes) for row in rows]
    points = points.sort_values("assigned", kind="stable")  # the hollow ones last: plotly's legend shows the first
    named, smaller = sizes.index[:NAMED_STORIES], sizes.index[NAMED_STORIES:]
    noise = points[points["cluster"] < 0]
    layers = [
        (noise, f"In no story ({n_noise:,})", _NOISE_RANK),
        (
            points[points["cluster"].isin(smaller)],
            count(len(smaller), "smaller story", "smaller stories"),
            _SMALLER_RANK,
        ),
    ]
    for place, cluster in reversed(list(enumerate(named))):  # the largest last, on top
        layers.append((points[points["cluster"] == cluster], names[cluster], place))

    # Among more the outlines would be all that one sees.
    outlined = look_alikes(places) if len(points) <= ADDRESSED_POINTS else set()
    fig = go.Figure([_layer(*layer, outlined, len(points)) for layer in layers if len(layer[0])])
    in_space = "z" in points
    style_map(fig, in_space)
    if not in_space:
        fig.update_layout(annotations=titles(points, names, places))
    table = pd.DataFrame({"Story": [names[c] for c in sizes.index], "Headlines": sizes.to_numpy()})
    if n_noise:
        table.loc[len(table)] = ["In no story", n_noise]
    sentence = map_sentence(sizes, names, n_noise, n_assigned)
    found = [[int(cluster), *place] for cluster, *place in places.round(4).itertuples()]
    figure = with_alternative(fig, sentence, table, kind="map")
    fig.update_layout(meta={**fig.layout.meta, "stories": found})
    return figure


def drawn(points: pd.DataFrame) -> pd.DataFrame:
    """Those that are drawn: all, or `DRAWN_POINTS` of them with a notice."""
    n = len(points)
    if n <= DRAWN_POINTS:
        return points
    notice(f"The map draws {DRAWN_POINTS:,} of the {n:,} headlines, evenly chosen; all of them are in clusters.csv.")
    # By their order, which is that of the ids: it says nothing of what a headline is about, and is always the same.
    return points.iloc[np.linspace(0, n - 1, DRAWN_POINTS).astype(int)]


def complete(points: pd.DataFrame) -> pd.DataFrame:
    """The points of `story_map` as a new table, with ids, addresses a reader can be sent to, and ``assigned``."""
    require(points, ["x", "y", "cluster", "title"])
    return points.assign(
        assigned=points["assigned"].astype(bool) if "assigned" in points else False,
        address=[web_address(url) for url in points["url"]] if "url" in points else "",
        id=points["id"] if "id" in points else np.arange(len(points)),
    )


def stories_on(points: pd.DataFrame) -> tuple[pd.Series, dict[int, str], pd.DataFrame]:
    """The stories of a map, the largest first: their sizes, their names, and where they stand.

    A story stands at the headline nearest to the median of its places, assigned ones left out where others are there:
    a story of two islands has nothing at its mean. Four of five are within
    ``reach_x`` and ``reach_y`` of it.
    """
    in_stories = points[points["cluster"] >= 0]
    sizes = in_stories.groupby("cluster").size().sort_values(ascending=False, kind="stable")
    given = points.groupby("cluster")["story"].first() if "story" in points else pd.Series(dtype=object)
    names = {cluster: plain(given.get(cluster)) or f"Story {cluster}" for cluster in sizes.index}
    axes = [axis for axis in "xyz" if axis in points]
    own = in_stories[~in_stories["assigned"]]
    firm = pd.concat([own, in_stories[~in_stories["cluster"].isin(own["cluster"])]])
    off = firm[axes].astype(float) - firm.groupby("cluster")[axes].transform("median")
    order = off.pow(2).sum(axis=1).to_frame("away").assign(**firm[axes]).sort_values(["away", *axes], kind="stable")
    firm = firm.loc[order.index]
    places = firm.groupby("cluster")[axes].first().reindex(sizes.index).astype(float)
    reach = off.abs().groupby(firm["cluster"]).quantile(0.8).reindex(sizes.index)
    return sizes, names, places.join(reach[["x", "y"]].add_prefix("reach_"))


def look_alikes(places: pd.DataFrame) -> set[int]:
    """The stories to be outlined: a larger one of the same mark, not outlined, stands near by.

    Near is a fifth of the map's extent for sixty stories, and less for more, so that as many are near by. `places` are
    those of `stories_on`.
    """
    where = places[[axis for axis in "xyz" if axis in places]].to_numpy()
    extent = float(np.ptp(where, axis=0).max()) if len(where) else 0.0
    near = 0.2 * extent * min(1.0, (len(MARKS) / max(len(where), 1)) ** 0.5)
    plain_ones: dict[tuple[str, str], list[np.ndarray]] = {}
    outlined = set()
    for cluster, place in zip(places.index, where, strict=True):
        alike = plain_ones.setdefault(story_mark(cluster), [])
        if any(np.linalg.norm(place - other) < near for other in alike):
            outlined.add(int(cluster))
        else:
            alike.append(place)
    return outlined


def _layer(rows: pd.DataFrame, name: str, rank: int, outlined: set[int], crowd: int):
    """Return one layer of the map; `crowd` is how many headlines the whole map shows."""
    import plotly.graph_objects as go

    in_space, is_noise = "z" in rows, rank == _NOISE_RANK
    scatter = go.Scatter3d if in_space else go.Scattergl if crowd > SVG_POINTS else go.Scatter
    size = 9 if crowd <= 1000 else 7 if crowd <= SVG_POINTS else 5 if crowd <= ADDRESSED_POINTS else 3
    size *= 0.6 if in_space else 1
    marks = {cluster: story_mark(cluster) for cluster in rows["cluster"].unique()}
    colours = rows["cluster"].map({cluster: colour for cluster, (colour, _) in marks.items()})
    symbols = rows["cluster"].map({cluster: symbol for cluster, (_, symbol) in marks.items()})
    if in_space:
        symbols = symbols.map(IN_SPACE).where(~rows["assigned"], symbols.map(_HOLLOW_IN_SPACE))
    else:
        symbols = symbols.where(~rows["assigned"], symbols + "-open")
    marker = dict(color=_shared(colours), symbol=_shared(symbols), size=0.5 * size if is_noise else size)
    marker["opacity"] = 0.45 if is_noise else 0.85
    if not in_space:
        edged = rows["cluster"].isin(outlined)
        width = np.where(rows["assigned"] | edged, 1.5, 0.0)
        marker["line"] = dict(width=_shared(width), color=_shared(colours.where(~edged, INK)))
    return scatter(
        **{axis: rows[axis].to_numpy(np.float32) for axis in ("xyz" if in_space else "xy")},
        mode="markers",
        marker=marker,
        name=wrapped(cut_at_word(name, 60), 32, 2),
        legendrank=rank,
        meta={"story": plotly_text(cut_at_word(name, 60))},  # for the report's own list of stories
        text=rows["hover"].tolist(),
        customdata=_facts(rows),
        hovertemplate="%{text}<extra></extra>",
    )


def _shared(values: Any) -> Any:
    """One value where all are the same, a list otherwise."""
    values = np.asarray(values).tolist()
    return values[0] if len(set(values)) == 1 else values


def _facts(rows: pd.DataFrame) -> list[list[Any]]:
    blank = [""] * len(rows)
    return [
        [int(cluster), f"d{identity}", address, plain(publisher), _day(time)]
        for cluster, identity, address, publisher, time in zip(
            rows["cluster"],
            rows["id"],
            rows["address"],
            rows.get("publisher", blank),
            rows.get("published_at", blank),
            strict=True,
        )
    ]


def titles(
    points: pd.DataFrame,
    names: dict[int, str],
    places: pd.DataFrame,
    frame: tuple[float, float] = _NOTEBOOK,
) -> list[dict[str, Any]]:
    """Titles of the largest stories, for a notebook, which can't be asked how wide it is; reports place their own."""
    spots = points[["x", "y"]].to_numpy(float)
    corner, far = (spots.min(axis=0), spots.max(axis=0)) if len(spots) else (np.zeros(2), np.ones(2))
    # plotly leaves some room around the headlines, where a title may stand.
    scale = ((np.array(frame) - 48) / np.maximum(far - corner, 1e-9)).min()
    corner = (corner + far - np.array(frame) / scale) / 2
    places = places.head(LABELS)
    lines = [label_lines(names[cluster]) for cluster in places.index]
    found = free_places(
        (places[["x", "y"]].to_numpy() - corner) * scale,
        places[["reach_x", "reach_y"]].to_numpy() * scale,
        [text_size(each, _TITLE_SIZE) for each in lines],
        (spots - corner) * scale,
        frame,
    )
    return [
        dict(
            x=x / scale + corner[0],
            y=y / scale + corner[1],
            text="<br>".join(map(plotly_text, lines[index])),
            showarrow=False,
            # Dark on light in either theme, because a notebook's can't be known.
            font=dict(size=_TITLE_SIZE, color="#22262b"),
            bgcolor="rgba(255, 255, 255, 0.78)",
            borderpad=1,
        )
        for index, x, y in found
    ]


def _hover(row: dict[str, Any], names: dict[int, str], sizes: pd.Series) -> str:
    """Return the hover text of one headline: itself, where and when it appeared, its story."""
    source = " · ".join(filter(None, [plain(row.get("publisher")), _day(row.get("published_at"))]))
    lines = [f"<b>{wrapped(row['title'])}</b>", plotly_text(cut(source, HOVER_WIDTH))]
    cluster = row["cluster"]
    if cluster < 0:
        lines.append("In no story")
    else:
        lines.append(f"Story: {plotly_text(cut(names[cluster], 32))} ({sizes[cluster]:,})")
        if row.get("assigned"):
            vote = f", vote {row['vote']:.2f}" if pd.notna(row.get("vote")) else ""
            lines += [f"Assigned by its neighbours{vote};", "HDBSCAN left it as noise"]
        elif pd.notna(row.get("probability")):
            lines.append(f"Membership: {row['probability']:.2f}")
    return "<br>".join(filter(None, lines))


def style_map(fig: go.Figure, in_space: bool) -> None:
    hidden = dict(visible=False, showspikes=False)
    style(fig, height=720, font_size=13)
    fig.update_layout(
        dragmode=None,  # plotly's own: a map is to be zoomed into
        hovermode="closest",
        margin=dict(l=8, r=8, t=8, b=8),
        showlegend=True,
        legend=dict(
            orientation="h",
            x=0,
            xanchor="left",
            yref="container",  # placed by the drawing, it would stay where it was when a window grows
            y=0,
            yanchor="bottom",
            itemsizing="constant",
            entrywidth=240,
            font_size=12,
            bgcolor="rgba(0,0,0,0)",
        ),
    )
    if in_space:
        fig.update_layout(
            scene=dict(xaxis=hidden, yaxis=hidden, zaxis=hidden, aspectmode="data", camera_eye=dict(x=1, y=1, z=0.7))
        )
    else:
        fig.update_layout(xaxis=dict(visible=False), yaxis=dict(visible=False, scaleanchor="x"))


def map_sentence(sizes: pd.Series, names: dict[int, str], noise: int, assigned: int) -> str:
    """What a map shows, in a sentence."""
    total = int(sizes.sum()) + noise
    sentence = (
        f"Map of {count(total, 'headline')} in {count(len(sizes), 'story', 'stories')}, "
        "headlines of similar meaning close together"
    )
    if noise:
        sentence += f"; {noise:,} in no story"
    if assigned:
        sentence += f"; {assigned:,}, drawn hollow, HDBSCAN left as noise and their neighbours gave a story"
    if total > ADDRESSED_POINTS:
        sentence += "; the addresses of so many are in clusters.csv alone"
    if total > DRAWN_POINTS:
        sentence += f"; {DRAWN_POINTS:,} of them, evenly chosen, are drawn"
    if len(sizes):
        sentence += f"; the largest story, {cut(names[sizes.index[0]], 80)!r}, has {sizes.iloc[0]:,}"
    return sentence + "."


def _day(value: Any) -> str:
    text = plain(value)
    return text[:10] if re.match(r"\d{4}-\d\d-\d\d", text) else text
