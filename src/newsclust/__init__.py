"""newsclust finds the stories in a pile of news headlines.

``import newsclust as nc`` in a notebook offers what the steps need; each name's module is imported at its first use.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_EXPORTS = {
    "run.parameters": ["check_names", "check_parameters"],
    "corpus.documents": ["read_corpus"],
    "vectors.store": ["Store"],
    "neighbors.neighbors": ["find_neighbors"],
    "neighbors.blend": ["blend"],
    "stories.settings": ["choose_settings"],
    "clusters.clustering": ["cluster"],
    "clusters.check": ["check_against_hdbscan"],
    "stories.stories": ["find_stories", "place"],
    "stories.timeline": ["follow_stories"],
    "stories.topics": ["group_stories"],
    "stories.finer": ["part_stories"],
    "neighbors.layout": ["lay_out"],
    "show.browser": ["story_browser"],
    "show.story_map": ["story_map"],
    "show.figures": ["settings_curve", "story_sizes"],
    "show.over_time": ["stories_over_time", "what_is_new"],
    "show.tree": ["story_tree", "topic_table", "finer_stories"],
    "show.print_map": ["save_map"],
    "run.record": ["finish"],
    "show.arguments": [
        "core_distances",
        "doubtful_stories",
        "nearest_distances",
        "nearly_in",
        "noise_by_nearness",
        "says",
    ],
    "run.continuation": ["continue_run"],
    "run.stored": ["read_run"],
    "arrivals.assigned": ["check_assignment", "finish_assignment"],
    "run.phrase": ["search"],
    "arrivals.newcomers": ["assign_newcomers"],
    "show.arrivals": ["calibration_curve", "emerging_stories", "joined_stories", "least_sure", "newcomers_map"],
    "show.listings": ["closest_pairs", "largest_stories", "least_certain"],
    "grid.runs": ["read_grid"],
    "grid.run_table": ["run_table"],
    "grid.recommendation": ["recommend"],
    "grid.charts": ["parallel_coordinates", "sensitivity_chart", "parameter_pairs", "agreement_map"],
    "grid.measures": ["unsettled"],
    "grid.conclusions": [
        "best_and_worst",
        "conclude",
        "how_runs_agree",
        "price_of_separation",
        "what_parameters_do",
        "why_not_by_validity",
    ],
    "grid.labelled": ["evaluate", "mistakes"],
    "grid.verdict": ["count_pairs", "what_went_wrong", "who_finds_them"],
    "errors": ["NewsclustError"],
}
_MODULE_OF = {name: module for module, names in _EXPORTS.items() for name in names}
__all__ = sorted(_MODULE_OF)


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_MODULE_OF[name]}", __name__), name)


def __dir__() -> list[str]:
    return __all__
