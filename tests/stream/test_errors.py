"""What stops a command, and with which exit code."""

from pathlib import Path

import pytest

from stream.errors import BadInput, InvariantBroken, RatestreamError, StoreUnreachable, WrongUsage


def test_exit_codes_are_those_of_the_contract() -> None:
    assert [kind.exit_code for kind in (WrongUsage, BadInput, StoreUnreachable, InvariantBroken)] == [2, 3, 4, 5]
    assert all(issubclass(kind, RatestreamError) for kind in (WrongUsage, BadInput, StoreUnreachable, InvariantBroken))


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (BadInput("no", file=Path("a/b.csv"), line=3, field="ocn"), "a/b.csv:3: ocn: no"),
        (BadInput("no", file="b.csv"), "b.csv: no"),
        (BadInput("no", line=3), "line 3: no"),
        (BadInput("no", field="RATESTREAM_X"), "RATESTREAM_X: no"),
        (BadInput("two\nlines"), "two lines"),
        (BadInput.found("", "a day", field="from"), "from: found nothing, expected a day"),
        (BadInput.found("x", "a day", file="f", line=1), "f:1: found 'x', expected a day"),
    ],
)
def test_says_it_in_one_line(error: BadInput, text: str) -> None:
    assert str(error) == text
