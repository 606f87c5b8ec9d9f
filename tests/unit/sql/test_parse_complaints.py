"""Where a text is not understood, and in which words that is told."""

from __future__ import annotations

import pytest

from andon.sql.parse import NotParsed, parse


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "\nselect a\nfrom t\nwhere x >= $least\ngruop by all\n",
            "line 5, column 1: `gruop` is not expected here",
        ),
        ("selct 1", "line 1, column 7: `1` is not expected here"),
        ("select a,\n from t\n where", "line 3, column 2: something is missing at `where`"),
        ("select a\nfrom (select 1\n", "line 2, column 14: `)` is missing at `1`"),
    ],
)
def test_a_complaint_stands_at_the_token_that_is_meant(text: str, told: str) -> None:
    with pytest.raises(NotParsed) as caught:
        parse(text)
    assert str(caught.value) == told
