"""Figures, tables and pages for people."""

from __future__ import annotations

from ..lazy import offered

__all__, __getattr__, __dir__ = offered(
    __name__,
    {
        "arguments": "borderline doubtful_stories least_reliable nearest noise_by_nearness",
        "arrivals": "emerging_stories joined_stories least_sure newcomers_map",
        "figure": "Figure",
        "figures": "calibration_curve settings_curve stories_seen",
        "listings": "closest_pairs coverage table",
        "over_time": "stories_over_time what_is_new",
        "print_map": "save_map",
        "map_figure": "map",
        "tree": "finer_stories story_tree topic_table",
    },
)
