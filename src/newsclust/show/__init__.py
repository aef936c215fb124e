"""What people look at: figures, tables, and pages."""

from __future__ import annotations

from ..lazy import offered

__all__, __getattr__, __dir__ = offered(
    __name__,
    {
        "arguments": "core_distances doubtful_stories nearest_distances nearly_in noise_by_nearness says",
        "arrivals": "calibration_curve emerging_stories joined_stories least_sure newcomers_map",
        "figures": "settings_curve story_sizes",
        "listings": "closest_pairs largest_stories least_certain",
        "over_time": "stories_over_time what_is_new",
        "print_map": "save_map",
        "map_figure": "story_map",
        "tree": "finer_stories story_tree topic_table",
    },
)
