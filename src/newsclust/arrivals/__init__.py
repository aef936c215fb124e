"""A run and new headlines in; who joins which story, and what is new, out."""

from __future__ import annotations

from ..lazy import offered

__all__, __getattr__, __dir__ = offered(
    __name__, {"assigned": "check_assignment finish_assignment", "newcomers": "assign_newcomers"}
)
