"""Numbers of records that arrived before."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from andon.acquisition.deliveries.repeats import count_of, numbers_text, spans_of


@given(st.sets(st.integers(1, 60)))
def test_numbers_survive_their_text(numbers: set[int]) -> None:
    spans = spans_of(numbers_text(numbers))
    assert {n for low, high in spans for n in range(low, high + 1)} == numbers
    assert count_of(numbers_text(numbers)) == len(numbers)
