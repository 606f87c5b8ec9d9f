from __future__ import annotations

from datetime import UTC, datetime

from msgspec.structs import replace

from andon.catalog.records import Audit, CheckResult, Held
from andon.cli.progress import finished_lines, landed_lines
from andon.cli.summary import summary
from andon.execution.outcome import Landed, Outcome, RunReport
from tests.factories import publication_of, snapshot_of

AT = datetime(2026, 1, 1, tzinfo=UTC)
SNAPSHOT = snapshot_of("s1", asset="staging.orders", rows=1_234_567, created_at=AT)
BUILT = Outcome(
    asset="staging.orders", word="built", seconds=3.24, snapshot=SNAPSHOT, rows_before=1_230_000
)
FAILING = CheckResult(
    check="c",
    label="unique: order_id",
    kind="unique",
    on_fail="stop",
    verdict="fail",
    failing=3,
    total=1000,
    observed="3 of 1,000 rows",
)


def audit(*results: CheckResult) -> Audit:
    return Audit(snapshot_id="s1", checks="h", results=results, run_id="r", at=AT)


def test_a_built_asset_is_one_line_with_its_change() -> None:
    assert finished_lines(BUILT) == ["ok      3.2 s  staging.orders  1.2 M rows +0.4 %"]


def test_a_failing_check_is_told_below_with_its_figures() -> None:
    lines = finished_lines(replace(BUILT, word="failed", audit=audit(FAILING)))
    assert lines[0].startswith("FAIL ")
    assert lines[1].split(maxsplit=1) == ["stop", "unique: order_id: 3 of 1,000 rows"]


def test_a_passed_asset_with_a_warning_says_warn() -> None:
    warning = replace(FAILING, on_fail="warn", verdict="warn")
    lines = finished_lines(replace(BUILT, audit=audit(warning)))
    assert [line.split()[0] for line in lines] == ["warn", "warn"]


def test_a_held_asset_names_its_cause_and_no_time() -> None:
    held = Outcome(asset="marts.a", word="held", because_of="staging.orders")
    assert finished_lines(held) == ["held           marts.a  because of staging.orders"]


def test_the_same_file_twice_and_a_vanished_one_are_told() -> None:
    landed = Landed(
        table="raw.a", new=2, changed=0, repeated=(("b.csv", "a.csv"),), vanished=("c.csv",)
    )
    lines = landed_lines(landed)
    assert lines[0] == "landed raw.a: 2 new files"
    assert "b.csv has the bytes of a.csv" in lines[1]
    assert "1 file no longer at its place" in lines[2]


def test_the_summary_names_publication_causes_and_newer_siblings() -> None:
    held = (
        Held(asset="a.below", reason="reads `z.cause`, which failed", because_of="z.cause"),
        Held(asset="z.cause", reason="check failed", because_of="z.cause", newer=("b.one",)),
    )
    publication = publication_of(7, held=held)
    report = RunReport(
        run_id="r",
        environment="prod",
        status="failed",
        outcomes=(BUILT,),
        publication=publication,
        held=held,
        seconds=4.1,
    )
    lines = summary(report)
    assert lines[1] == "published 0 assets in prod as publication 7 (partial) in 4.1 s (1 built)"
    assert lines[2:] == [
        "held: 2 assets",
        "  z.cause: check failed",
        "    b.one rests on newer inputs than it does",
        "  a.below: reads `z.cause`, which failed",
    ]
