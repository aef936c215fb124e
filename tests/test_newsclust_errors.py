"""What a user reads of errors and notices: one sentence with the true cause, no traceback, no place in our code."""

from __future__ import annotations

import subprocess
import sys

import pytest

from newsclust.errors import RunError, shortage

NOTICE = """
import warnings
from newsclust.errors import no_notices, notice
from newsclust.stages import logged
with logged() as log:
    notice("k is lowered.")
    notice("k is lowered.")
    warnings.warn("of another library")
    with no_notices():
        notice("another run's k is lowered.")
    warnings.filterwarnings("ignore")
    notice("metric is cosine.")
print(log.notices)
"""


@pytest.mark.parametrize(
    ("error", "lacking"),
    [
        (RuntimeError("can't start new thread"), "no thread could be started"),
        ("pthread_create failed for thread 3: Resource temporarily unavailable", "no thread could be started"),
        (MemoryError(), "memory ran out"),
        (RuntimeError("std::bad_alloc"), "memory ran out"),
        (OSError(24, "Too many open files"), "too many files are open"),
    ],
)
def test_what_the_machine_lacked_is_named_with_what_to_do(error, lacking):
    assert shortage(error).startswith(lacking) and "run again." in shortage(error)


@pytest.mark.parametrize("error", [ValueError("no column is called memory"), OSError(2, "No such file or directory")])
def test_an_error_about_something_else_is_no_shortage(error):
    assert shortage(error) == ""


def test_a_notice_is_a_line_each_time_and_kept_for_the_record_also_where_a_user_hides_warnings():
    done = subprocess.run([sys.executable, "-c", NOTICE], capture_output=True, text=True)
    lines = done.stderr.splitlines()
    assert lines[:2] == ["Note: k is lowered."] * 2 and any("UserWarning: of another library" in s for s in lines[2:])
    assert done.stderr.count("Note: ") == 2
    assert done.stdout == "['k is lowered.', 'metric is cosine.']\n"


def test_a_notebook_shows_an_error_of_ours_in_one_line():
    assert RunError("there is no run: make one.")._render_traceback_() == ["RunError: there is no run: make one."]
