from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal

from andon.cli.json import plain, text_of


def test_values_keep_every_digit() -> None:
    assert plain(Decimal("12.50")) == "12.50"
    assert json.loads(text_of({"n": 2**100}, indent=False)) == {"n": 2**100}


def test_what_json_cannot_say_is_text() -> None:
    found = plain([float("nan"), float("-inf"), b"\x00", datetime(2026, 1, 1, tzinfo=UTC)])
    assert found == ["nan", "-inf", "AA==", "2026-01-01T00:00:00Z"]


def test_structs_and_lists_stay_what_they_are() -> None:
    assert plain({"a": ({1: None},)}) == {"a": [{"1": None}]}


def test_a_line_of_jsonl_is_one_line() -> None:
    assert "\n" not in text_of({"a": "x\ny", "b": [1, 2]}, indent=False)
