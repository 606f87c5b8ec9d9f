"""The lines that close a run."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from andon.catalog.records import Change
from andon.cli.summary import summary
from andon.execution.outcome import Outcome, RunReport
from tests.factories import publication_of


def report(*changes: Change) -> RunReport:
    return RunReport(
        run_id="r",
        environment="prod",
        status="done",
        outcomes=(),
        publication=publication_of(7, *changes),
    )


GONE = Change(asset="m.old", before="1", after=None)
NEW = Change(asset="m.new", before=None, after="2")


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ((NEW,), "published 1 asset in prod as publication 7"),
        ((GONE,), "removed 1 asset (m.old) in prod as publication 7"),
        ((NEW, GONE), "published 1 asset, removed 1 asset (m.old) in prod as publication 7"),
    ],
)
def test_what_is_removed_is_not_called_published(changes: tuple[Change, ...], told: str) -> None:
    assert summary(report(*changes))[1].startswith(told)


def test_what_a_rollback_keeps_away_is_named() -> None:
    outcome = Outcome(asset="raw.orders", word="unchanged", is_withdrawn=True)
    told = summary(replace(report(NEW), outcomes=(outcome,)))
    assert "taken back, so not published: raw.orders" in told
