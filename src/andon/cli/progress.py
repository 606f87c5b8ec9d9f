"""What a person sees while a run goes on: one line per finished asset, and a live footer."""

from __future__ import annotations

import sys
import threading
import time
from shutil import get_terminal_size
from typing import TYPE_CHECKING, Self

from andon.cli.failure import painted
from andon.cli.session import ReaderGone, Session, colour, is_drawable
from andon.cli.text import cell, change, cut, duration, number, plural, rows
from andon.execution.outcome import Landed, Notice, Outcome, Retrying, Started

if TYPE_CHECKING:
    from andon.catalog.records import CheckResult

WORDS = {
    "built": "ok",
    "same": "same",
    "reused": "reuse",
    "audited": "audit",
    "unchanged": "-",
    "failed": "FAIL",
    "held": "held",
    "cancelled": "skip",
}
_COLOURS = {"ok": "32", "same": "32", "reuse": "32", "audit": "32", "warn": "33", "FAIL": "31"}
_TICK_S = 0.1
"""The footer is drawn by the clock and not per notice: a thousand quick assets cost no redraws."""


def word_of(outcome: Outcome) -> str:
    """The word a line begins with; a passed asset with a warning says `warn`."""
    warned = outcome.audit is not None and outcome.audit.verdict == "warn"
    if warned and outcome.word in ("built", "same", "reused", "audited"):
        return "warn"
    return WORDS[outcome.word]


def outcome_line(outcome: Outcome) -> str:
    """One finished asset, e.g. ``ok      3.2 s  staging.orders  1.2 M rows +0.4 %``."""
    was_worked_on = outcome.word not in ("unchanged", "held", "cancelled")
    spent = duration(outcome.seconds) if was_worked_on else ""
    parts = [f"{word_of(outcome):<5}", f"{spent:>6}", outcome.asset, *_facts(outcome)]
    return "  ".join(parts).rstrip()


def _facts(outcome: Outcome) -> list[str]:
    if outcome.word == "held":
        if outcome.because_of in ("", outcome.asset):
            return ["nothing published to judge"]
        return [f"because of {outcome.because_of}"]
    if outcome.word == "cancelled":
        return ["stopped" if outcome.problems else "not begun"]
    if outcome.snapshot is None:
        return []
    facts = []
    if outcome.snapshot.kind == "view":
        facts.append("view")
    else:
        moved = "" if outcome.word == "same" else change(outcome.rows_before, outcome.snapshot.rows)
        facts.append(f"{rows(outcome.snapshot.rows)} {moved}".rstrip())
    if outcome.note:
        facts.append(cell(outcome.note))
    if outcome.snapshot.set_aside:
        facts.append(f"{number(outcome.snapshot.set_aside)} set aside")
    if outcome.warnings:
        facts.append(f"{number(len(outcome.warnings))} left out")
    if outcome.attempts > 1:
        facts.append(f"attempt {outcome.attempts}")
    return facts


def check_line(result: CheckResult) -> str:
    """A check that did not pass, with its figures."""
    does = {"stop": "stop", "quarantine": "aside", "warn": "warn"}[result.on_fail]
    if result.verdict == "fail" and result.on_fail == "quarantine":
        does = "stop"  # more than the limit was bad
    return f"       {does:<5}  {cell(result.label)}: {cell(result.observed)}"


def finished_lines(outcome: Outcome) -> list[str]:
    """The line of an asset and below it every check that did not pass."""
    lines = [outcome_line(outcome), *_changed_lines(outcome)]
    if outcome.audit is not None and outcome.word != "unchanged":
        lines += [check_line(r) for r in outcome.audit.results if r.verdict != "pass"]
    return lines


def _changed_lines(outcome: Outcome) -> list[str]:
    """A line for each column of a raw table that changed."""
    if not outcome.changes:
        return []
    from andon.acquisition.columns.changes import told

    return [
        f"       schema {cell(told(change))}{' (breaking)' if change.is_breaking else ''}"
        for change in outcome.changes
    ]


class Screen:
    """Draws notices as they come; safe to call from any thread.

    A reader of stdout that goes away ends the drawing, never the run.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._running: dict[str, float] = {}
        self._finished = 0
        self._is_broken = False
        self._footer = ""
        self._lock = threading.RLock()
        self._done = threading.Event()
        self._is_live = is_drawable(sys.stderr) and not session.quiet and not session.is_machine
        self._began = time.monotonic()
        self._ticker: threading.Thread | None = None

    def __enter__(self) -> Self:
        if self._is_live:
            self._ticker = threading.Thread(target=self._tick, name="footer", daemon=True)
            self._ticker.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._done.set()
        if self._ticker is not None:
            self._ticker.join()
        with self._lock:
            self._clear()

    def __call__(self, notice: Notice) -> None:
        """Observe one notice of a run."""
        with self._lock:
            if isinstance(notice, Started):
                self._running[notice.asset] = time.monotonic()
            elif isinstance(notice, Outcome):
                self._running.pop(notice.asset, None)
                self._finished += notice.word != "unchanged"
            if self._session.jsonl:
                self._write([_json_line(notice)])
            elif not self._session.json:
                self._clear()
                self._draw(notice)

    def say(self, line: str) -> None:
        """A line of talk, above the footer."""
        with self._lock:
            self._clear()
            self._talk(line)

    def _talk(self, line: str, *, always: bool = False) -> None:
        """Write to stderr; nothing a reader does may end the run."""
        try:
            if always:
                self._session.tell(line + "\n")
            else:
                self._session.say(line)
        except ReaderGone:
            self._is_broken = True

    def _draw(self, notice: Notice) -> None:
        match notice:
            case Started():
                pass
            case Retrying():
                self._talk(
                    f"retry  {notice.asset} in {duration(notice.wait_s)} "
                    f"(attempt {notice.attempt}): {notice.problem.what}"
                )
            case Landed():
                for line in landed_lines(notice):
                    self._talk(line)
            case Outcome():
                self._finish(notice)

    def _finish(self, outcome: Outcome) -> None:
        if outcome.word == "unchanged" and not self._session.verbose:
            return
        if self._session.quiet and outcome.word != "failed":
            return
        lines = finished_lines(outcome)
        word = word_of(outcome)
        if word in _COLOURS:
            lines[0] = colour(word, _COLOURS[word], sys.stdout) + lines[0].removeprefix(word)
        self._write(lines)
        for problem in () if outcome.word == "cancelled" else outcome.problems:
            if not self._is_told(outcome, problem.what):
                self._talk(painted(problem), always=True)

    @staticmethod
    def _is_told(outcome: Outcome, what: str) -> bool:
        """Whether the lines of the failed checks say it already."""
        failing = [] if outcome.audit is None else outcome.audit.results
        return any(result.label in what for result in failing if result.verdict == "fail")

    def _write(self, lines: list[str]) -> None:
        if self._is_broken:
            return
        try:
            self._session.data(lines)
            self._session.flush()
        except ReaderGone:
            self._is_broken = True

    def _tick(self) -> None:
        while not self._done.wait(_TICK_S):
            with self._lock:
                self._show()

    def _show(self) -> None:
        if not self._is_live:
            return
        now = time.monotonic()
        running = ", ".join(
            f"{asset} {duration(now - since)}" for asset, since in self._running.items()
        )
        text = f"{number(self._finished)} done, {duration(now - self._began)}" + (
            f" | {running}" if running else ""
        )
        footer = cut(text, get_terminal_size().columns - 1)
        if footer != self._footer:
            sys.stderr.write(f"\r\x1b[2K\x1b[2m{footer}\x1b[0m")
            sys.stderr.flush()
            self._footer = footer

    def _clear(self) -> None:
        if self._footer:
            sys.stderr.write("\r\x1b[2K")
            sys.stderr.flush()
            self._footer = ""


def _json_line(notice: Notice) -> str:
    from andon.cli.json import notice_record, text_of

    return text_of(notice_record(notice), indent=False)


def landed_lines(notice: Landed) -> list[str]:
    """What arrived for a raw table, and what is odd about it."""
    lines = []
    counts = [
        f"{number(count)} {word}"
        for count, word in ((notice.new, "new"), (notice.changed, "changed"))
        if count
    ]
    if counts:
        what = "part" if notice.are_parts else "file"
        ending = "" if notice.new + notice.changed == 1 else "s"
        lines.append(f"landed {notice.table}: {' and '.join(counts)} {what}{ending}")
    for path, same_as in notice.repeated:
        lines.append(f"       {path} has the bytes of {same_as} and is loaded once")
    if notice.vanished:
        kept = plural(len(notice.vanished), "file")
        lines.append(f"       {kept} no longer at its place; the rows stay")
    return lines
