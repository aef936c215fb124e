"""From parameter files to runs, each executed once, and their comparison."""

from __future__ import annotations

from ..lazy import offered

__all__, __getattr__, __dir__ = offered(
    __name__,
    {
        "charts": "agreement_map parameter_pairs sensitivity_chart",
        "conclusions": "conclude how_runs_agree what_parameters_do",
        "labelled": "evaluate mistakes",
        "measures": "unsettled",
        "recommendation": "recommend",
        "table_of_runs": "run_table",
        "runs": "read_grid",
        "shuffles": "shuffle_rows",
        "verdict": "chosen_settings count_pairs mistake_table what_went_wrong who_finds_them",
    },
)
