"""Cost and use in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from andon.cli.text import duration, listed, plural, size, stamp

if TYPE_CHECKING:
    from andon.observe.cost import Bytes
    from andon.observe.usage import Usage
    from andon.observe.use import Use


def usage_facts(usage: Usage) -> tuple[tuple[str, str], ...]:
    """What `andon show` says of a raw table, by what it is called."""
    work, on = usage.work, usage.work_on
    took = [
        plural(len(work.runs), "run"),
        f"landing {duration(work.landing_s)}",
        f"building {duration(work.building_s)}",
    ]
    if usage.built_on:
        took.append(f"tables on it {duration(on.building_s)}")
    return (
        ("kept", _kept(usage.bytes)),
        (f"cost, {usage.days} days", ", ".join(took)),
        (f"use, {usage.days} days", _use(usage.use)),
        ("last read", last_read(usage.use)),
    )


def last_read(use: Use) -> str:
    """When a table, or what is built from it, was read last."""
    return stamp(use.last_read) if use.last_read else "never"


def _kept(held: Bytes) -> str:
    parts = [size(held.kept)]
    if held.landed != held.kept:
        parts.append(f"of {size(held.landed)} that arrived")
    if held.superseded:
        parts.append(f"{size(held.superseded)} of them superseded")
    parts.append(f"{size(held.table)} as a table" if held.table else "read as they arrived")
    if held.built_on:
        parts.append(f"{size(held.built_on)} in tables on it")
    return ", ".join(parts)


def _use(use: Use) -> str:
    if not use.reads:
        return "no reads"
    return f"{plural(use.reads, 'read')} by {listed(use.readers)}"
