"""Names of columns come from data, as values do."""

from __future__ import annotations

from andon.cli.tables import table


def test_a_name_of_a_column_cannot_steer_the_terminal() -> None:
    lines = list(table(["\x1b[2Jx", "日"], [[1, 2]]))
    assert lines[0].split() == ["\\x1b[2Jx", "日"]
