"""The end of a run: what was published, what is held and why, and what to type next."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from andon.cli.session import LIST_MOST, Session
from andon.cli.tables import shortened
from andon.cli.text import duration, listed, plural

if TYPE_CHECKING:
    from andon.catalog.records import Held
    from andon.execution.outcome import Outcome, RunReport

_TOLD = ("built", "same", "reused", "audited", "unchanged", "failed", "held", "cancelled")


def summary(report: RunReport, *, whole: bool = False) -> list[str]:
    """Lines that close a run."""
    counts: Counter[str] = Counter(outcome.word for outcome in report.outcomes)
    told = ", ".join(f"{counts[word]:,} {word}" for word in _TOLD if counts[word])
    lines = [
        "",
        f"{_published(report)} in {duration(report.seconds)}" + (f" ({told})" if told else ""),
    ]
    if report.rounds > 1:
        lines.append(f"planned {report.rounds} times, since others published meanwhile")
    withdrawn = _withdrawn(report)
    if withdrawn:
        lines.append(f"taken back, so not published: {listed(withdrawn)}")
    if report.held:
        lines.append(f"held: {plural(len(report.held), 'asset')}")
        causes_first = sorted(
            report.held, key=lambda h: (h.because_of not in ("", h.asset), h.asset)
        )
        shown, rest = shortened(causes_first, LIST_MOST, whole=whole)
        for held in shown:
            lines += held_lines(held)
        if rest:
            lines.append("  " + rest)
    return lines


def held_lines(held: Held) -> list[str]:
    """Why an asset stayed behind and which published siblings rest on newer inputs."""
    why = held.reason
    if held.because_of and held.because_of != held.asset and held.because_of not in why:
        why += f" (because of {held.because_of})"
    lines = [f"  {held.asset}: {why}"]
    if held.newer:
        verb = "rests" if len(held.newer) == 1 else "rest"
        lines.append(f"    {listed(held.newer)} {verb} on newer inputs than it does")
    return lines


def _published(report: RunReport) -> str:
    place = f" in {report.environment}"
    if report.publication is None:
        return {
            "nothing": f"nothing to do{place}, checked",
            "cancelled": "cancelled; nothing published",
            "failed": "failed; nothing published",
            "done": "done; nothing to publish",
        }[report.status]
    gone = [change.asset for change in report.publication.changes if change.after is None]
    moved = len(report.publication.changes) - len(gone)
    did = [f"published {plural(moved, 'asset')}"] if moved or not gone else []
    if gone:
        did.append(f"removed {plural(len(gone), 'asset')} ({listed(gone)})")
    partial = " (partial)" if report.publication.is_partial else ""
    told = ", ".join(did)
    return f"{told}{place} as publication {report.publication.number}{partial}"


def next_after(report: RunReport, session: Session) -> None:
    """Tell the next command to type."""
    failed = [outcome for outcome in report.outcomes if outcome.word == "failed"]
    match report.status:
        case "cancelled":
            session.next_step("andon run", "goes on where this one stopped")
        case "failed":
            _after_failure(failed, report, session)
        case "done":
            shown = _worth_showing(report.outcomes)
            if shown:
                session.next_step(f"andon show {shown}")
            elif _withdrawn(report):
                _release(session)
        case "nothing" if _withdrawn(report):
            _release(session)
        case "nothing":
            session.next_step("andon ls", "what is published")


def _withdrawn(report: RunReport) -> list[str]:
    return [outcome.asset for outcome in report.outcomes if outcome.is_withdrawn]


def _release(session: Session) -> None:
    session.next_step("andon rollback --release", "allows the withdrawn builds again")


def _after_failure(failed: list[Outcome], report: RunReport, session: Session) -> None:
    judged = next((o for o in failed if o.audit is not None and o.audit.verdict == "fail"), None)
    if judged is not None:
        session.next_step(f"andon show {judged.asset} --failing", "the rows behind it")
    elif failed and failed[0].problems:
        session.next_step("andon run", f"once {failed[0].asset} is mended")
    else:
        # Held by a check across assets: each passed alone, so no outcome has failed.
        across = next((name for name, r in report.crossings if r.verdict == "fail"), None)
        if across is None:
            session.next_step("andon run")
        else:
            session.next_step(f"andon show {across} --failing", "the rows behind it")


def _worth_showing(outcomes: tuple[Outcome, ...]) -> str | None:
    """The last asset built: nearest to what people read."""
    built = [o.asset for o in outcomes if o.word in ("built", "reused", "audited", "same")]
    return built[-1] if built else None
