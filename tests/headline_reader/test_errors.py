"""What messages say to a caller, and with which of its names."""

from __future__ import annotations

import pytest

from headline_reader.errors import SOURCE, NoHeadlines, ReaderError, listed, refused


def test_a_message_names_the_source_as_the_caller_does():
    error = ReaderError(f"correct the path in {SOURCE}.")
    assert str(error) == "correct the path in source." and error.message.replace(SOURCE, "data").endswith("in data.")
    assert isinstance(NoHeadlines("x"), ReaderError) and NoHeadlines("x").column_names == []


@pytest.mark.parametrize(
    ("raised", "said"),
    [
        (KeyError("x"), "news is a damaged workbook (KeyError): save it again."),
        (MemoryError(), "news needs more memory than there is: save the sheet as CSV."),
        (ReaderError("what was known better."), "what was known better."),
    ],
)
def test_what_a_library_raises_is_one_sentence(raised, said):
    with (
        pytest.raises(ReaderError) as error,
        refused("news", "a damaged workbook", "save it again", "save the sheet as CSV"),
    ):
        raise raised
    assert str(error.value) == said


def test_an_error_that_is_not_expected_is_not_dressed_up():
    with pytest.raises(ZeroDivisionError), refused("news", "damaged", "save it", errors=(KeyError,)):
        raise ZeroDivisionError


def test_names_are_listed_briefly():
    assert listed(["a", "b" * 90]) == f"'a', '{'b' * 57}...'" and listed(range(14)).endswith("'11' and 2 more")
