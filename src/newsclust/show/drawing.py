"""What all figures share: the marks of stories, and how texts are cut for them.

Headlines are untrusted, so all text passes through `newsclust.markup.plotly_text` on its way into a plotly figure.
"""

from __future__ import annotations

import textwrap
from typing import Any

from ..markup import plain, plotly_text

INK = "#737b86"  # readable on white and on near-black, for notebooks in either theme

# Eight colours with a contrast of 2.8:1 or more on white and on near-black, whose CIELAB distances stay above 23, also
# under simulated protanopia, deuteranopia and tritanopia (Machado, Oliveira and Fernandes 2009);
# tests/show/test_drawing.py measures them.
COLOURS = "#6054CC", "#C09000", "#FC609C", "#007854", "#A8480C", "#B484E4", "#789C54", "#904890"
NOISE_COLOUR = "#969ba2"
#: plotly's names of eight shapes -> matplotlib's: colour alone cannot separate sixty groups.
SHAPES = {
    "circle": "o", "diamond": "D", "square": "s", "triangle-up": "^", "star": "*", "x": "X", "triangle-down": "v",
    "cross": "P",
}  # fmt: skip
N_MARKS = len(COLOURS) * len(SHAPES)


def story_mark(number: int) -> tuple[str, str]:
    """The colour and the plotly symbol of a story, by its number alone, so that later runs give it the same.

    `N_MARKS` stories have different marks; beyond that marks repeat (story 64 has that of story 0). Both colour and
    shape of the next number differ: clusters with consecutive numbers often lie side by side. Noise, -1, is a grey
    circle.
    """
    if number < 0:
        return NOISE_COLOUR, "circle"
    turn, place = divmod(int(number), len(COLOURS))
    return COLOURS[place], list(SHAPES)[(place + turn) % len(SHAPES)]


def cut(value: Any, width: int) -> str:
    """The text, cut to `width` letters."""
    text = plain(value)
    return text if len(text) <= width else text[: width - 1].rstrip() + "…"


def cut_at_word(value: Any, width: int) -> str:
    """The same, cut between words if that leaves enough."""
    text = plain(value)
    words = text[:width].rpartition(" ")[0].rstrip(" ,;:-–")
    return f"{words}…" if len(text) > width and len(words) > width / 2 else cut(text, width)


def wrapped(value: Any, width: int = 44, lines: int = 6) -> str:
    """The text on several lines, escaped; a phone has room for 44 letters in a line."""
    broken = textwrap.wrap(plain(value), width, max_lines=lines, placeholder=" …", break_on_hyphens=False)
    return "<br>".join(map(plotly_text, broken or ["(no headline)"]))
