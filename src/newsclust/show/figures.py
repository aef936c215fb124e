"""Charts of how the settings were chosen, and of how far a probability can be trusted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..markup import Sentences
from ..wording import count
from .drawing import COLOURS, INK, SHAPES, story_mark
from .figure import Figure, chart

if TYPE_CHECKING:
    import pandas as pd

    from ..arrivals.calibration import Calibration
    from ..stories.settings import Settings


def settings_curve(settings: Settings) -> Figure | Sentences:
    """Draw how well separated the stories are for every setting that was tried; a sentence if none was.

    Parameters
    ----------
    settings : Settings
        As from `newsclust.stories.settings.choose_settings`.
    """
    curve = settings.curve
    if curve.empty:
        return Sentences(f"No setting was chosen from the data: {settings!r}")
    with chart(380) as (fig, axes):
        for place, (number, rows) in enumerate(curve.sort_values("min_cluster_size").groupby("min_samples")):
            colour, symbol = story_mark(place)
            named = {"color": colour, "marker": SHAPES[symbol], "ms": 5, "label": f"min_samples {number}"}
            axes.plot(rows["min_cluster_size"], rows["separation"], **named)
        best = curve.iloc[0]
        axes.plot(best["min_cluster_size"], best["separation"], "o", ms=12, mfc="none", color=INK, label="chosen")
        axes.set(xlabel="min_cluster_size", ylabel="separation")
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.grid()
        fig.legend(loc="outside lower left", ncols=4)
    return Figure(f"Separation of the stories over {len(curve)} settings; chosen is {settings!r}", fig)


def calibration_curve(calibration: Calibration) -> Figure:
    """Draw how often assignments of each probability were right, among the run's own documents."""
    curve = calibration.curve
    with chart(340) as (fig, axes):
        axes.plot([0, 1], [0, 1], ":", color=INK)
        axes.plot(curve["said"], curve["right"], color=COLOURS[0])
        largest = max(curve["documents"].max(), 1)
        axes.scatter(curve["said"], curve["right"], 20 + 150 * curve["documents"] / largest, color=COLOURS[0])
        axes.set(xlabel="predicted probability", ylabel="share that was right", xlim=(0, 1.03), ylim=(0, 1.03))
        axes.grid()
    said = "; ".join(f"{row.said:.2f} predicted, {row.right:.2f} right" for row in curve.itertuples())
    held_out = count(int(curve["documents"].sum()), "held-out headline")
    return Figure(f"Of {held_out} of the run, by predicted probability: {said}.", fig)


def stories_seen(seen: pd.DataFrame) -> Figure:
    """Draw how many of the stories are found with how much of the data: see `newsclust.stories.reliability`.

    If the curve is still steep at its end, more headlines would show more stories.
    """
    share, half = 100 * seen["share"], seen.iloc[(seen["share"] - 0.5).abs().argmin()]
    with chart(300) as (fig, axes):
        axes.fill_between(share, seen["least"], seen["most"], color=COLOURS[0], alpha=0.25, lw=0)
        axes.plot(share, seen["mean"], color=COLOURS[0], marker="o", ms=4)
        axes.set(xlabel="% of the headlines", ylabel="stories found", xlim=(0, 103), ylim=(0, None))
        axes.grid()
    n = count(int(seen["mean"].iloc[-1]), "story", "stories")
    return Figure(f"With {half.share:.0%} of the headlines, {half['mean']:.0f} of {n} are found.", fig)
