"""What a plan tells of the intervals of an incremental asset."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from msgspec.structs import replace

from andon.catalog.records import Snapshot
from andon.catalog.slices import Slice
from andon.intervals import shown
from andon.planning.action import Action
from andon.planning.slices import Limits, moment_of
from andon.spec.slicing import Slicing


def told(
    action: Action,
    slicing: Slicing,
    served: Snapshot | None,
    limits: Limits,
    slices_of: Callable[[str], Sequence[Slice]],
) -> Action:
    """The action with how many intervals it would run, as far as that is known; one that is only
    wanted again becomes a build.

    Args:
        served: what the asset is served from now.
        slices_of: intervals of a snapshot, by its id.
    """
    if limits.restate and action.verb in ("nothing", "audit", "maybe"):
        return replace(action, verb="build", reasons=("its intervals are run again",))
    if action.verb != "build" or served is None or served.fingerprint == action.fingerprint:
        return action
    moments = [m for one in slices_of(served.id) if (m := moment_of(one.start)) is not None]
    if not moments:
        return action
    count = sum(1 for one in moments if limits.holds(str(one)))
    first, last = shown(min(moments), slicing.every), shown(max(moments), slicing.every)
    counted = f"its definition changed: {count:,} of {len(moments):,} {slicing.every}s run again"
    bounds = f"{first} to {last}" + ("" if limits.is_bounded else ", see --from and --to")
    return replace(action, reasons=(f"{counted} ({bounds})", *action.reasons[1:]))
