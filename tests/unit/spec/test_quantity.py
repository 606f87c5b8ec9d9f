"""Quantities with their units."""

from __future__ import annotations

import pytest

from andon.spec.check import Tolerance
from andon.spec.quantity import bytes_of, seconds_of, tolerance_of


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90), ("30 min", 1800), ("1.5h", 5400), ("2 days", 172800), ("1 week", 604800)],
)
def test_a_duration_is_read_with_its_unit(text: str, seconds: float) -> None:
    assert seconds_of(text) == seconds


@pytest.mark.parametrize("text", ["", "5", "h", "-1h", "0s", "1 fortnight", 5, None])
def test_what_is_no_duration_is_refused(text: object) -> None:
    with pytest.raises(ValueError, match="is not a duration"):
        seconds_of(text)


@pytest.mark.parametrize(("text", "size"), [("512MB", 512_000_000), ("1 GiB", 2**30), ("7b", 7)])
def test_a_size_is_read_with_its_unit(text: str, size: int) -> None:
    assert bytes_of(text) == size


@pytest.mark.parametrize("text", ["512", "0MB", "1XB", 512, "MB"])
def test_what_is_no_size_is_refused(text: object) -> None:
    with pytest.raises(ValueError, match="is not a size"):
        bytes_of(text)


@pytest.mark.parametrize(
    ("value", "tolerance"),
    [(3, Tolerance(rows=3)), ("0.1%", Tolerance(share=0.001)), ("100 %", Tolerance(share=1.0))],
)
def test_a_tolerance_is_rows_or_a_share(value: object, tolerance: Tolerance) -> None:
    assert tolerance_of(value) == tolerance


@pytest.mark.parametrize("value", ["101%", "-1%", 0.5, -1, True, "3", None])
def test_what_is_no_tolerance_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="neither a number of rows"):
        tolerance_of(value)
