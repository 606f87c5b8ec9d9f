"""What may be published: everything that passed, less what a failure holds back.

Checks that read other assets are judged against the set about to be published. When the set
shrinks they are judged again, until nothing changes; the held set only grows, so it ends.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from msgspec import Struct

from andon.catalog.records import Change, Held
from andon.graph.order import Graph


class Crossing(Struct, frozen=True, kw_only=True):
    """A check on `owner` that reads other assets; `check` is its identity, `label` its name."""

    owner: str
    reads: tuple[str, ...]
    check: str
    label: str


class Settlement(Struct, frozen=True, kw_only=True):
    """Which candidates may be published and what is held."""

    published: tuple[str, ...]
    held: tuple[Held, ...]


Sight = Mapping[str, str | None]
"""Asset -> snapshot a reader would see if the remaining set were published now."""


def settle(
    *,
    graph: Graph,
    candidates: Mapping[str, str],
    current: Mapping[str, str],
    failed: Mapping[str, str],
    groups: Mapping[str, Sequence[str]],
    crossings: Sequence[Crossing],
    judge: Callable[[Crossing, Sight], bool],
    audited: Collection[str] = (),
    seen: Callable[[Crossing, Sight], str] | None = None,
) -> Settlement:
    """Find the largest set of candidates that may be published together.

    Args:
        candidates: asset -> snapshot that passed its own checks and differs from what is served.
        current: asset -> snapshot served now.
        failed: asset -> reason, for assets whose build or own checks failed.
        groups: name of a `together` group -> members.
        judge: whether a crossing holds in a given sight; False means stop.
        audited: assets whose checks are judged although nothing about them moved; where one fails
            on what is served already, its owner is named as held and holds what stands below it.
        seen: what a fallen crossing found in a sight, in words for the reason.

    Returns:
        Published assets in graph order; held ones with the asset that caused it.
    """
    held: dict[str, Held] = {
        name: Held(asset=name, reason=reason, because_of=name) for name, reason in failed.items()
    }
    while True:
        _spread(held, graph, candidates, groups)
        sight = {
            name: candidates[name] if name in candidates and name not in held else current.get(name)
            for name in graph.order
        }
        fallen = [
            c
            for c in crossings
            if (_is_touched(c, candidates, held) or (c.owner in audited and c.owner not in held))
            and not judge(c, sight)
        ]
        before = len(held)
        for crossing in fallen:
            _hold_crossing(crossing, held, candidates, seen(crossing, sight) if seen else "")
        if len(held) == before:
            break
    published = tuple(n for n in graph.order if n in candidates and n not in held)
    return Settlement(
        published=published,
        held=tuple(
            Held(
                asset=item.asset,
                reason=item.reason,
                because_of=item.because_of,
                newer=_newer_siblings(name, graph, published),
            )
            for name, item in sorted(held.items())
        ),
    )


def _spread(
    held: dict[str, Held],
    graph: Graph,
    candidates: Mapping[str, str],
    groups: Mapping[str, Sequence[str]],
) -> None:
    """Hold what stands below a held asset and what must switch together with it."""
    waiting = list(held)
    while waiting:
        name = waiting.pop()
        cause = held[name].because_of
        for below in graph.downstream((name,)) - {name}:
            if below in candidates and below not in held:
                held[below] = Held(
                    asset=below, reason=f"reads `{name}`, which is held", because_of=cause
                )
                waiting.append(below)
        for group, members in groups.items():
            if name not in members:
                continue
            for member in members:
                if member in candidates and member not in held:
                    held[member] = Held(
                        asset=member,
                        reason=f"switches together with `{name}` ({group}), which is held",
                        because_of=cause,
                    )
                    waiting.append(member)


def _is_touched(
    crossing: Crossing, candidates: Mapping[str, str], held: Mapping[str, Held]
) -> bool:
    moved: Iterable[str] = (crossing.owner, *crossing.reads)
    return any(name in candidates and name not in held for name in moved)


def _hold_crossing(
    crossing: Crossing, held: dict[str, Held], candidates: Mapping[str, str], seen: str
) -> None:
    """Hold the owner if it moved; if it did not, hold what moved under it."""
    if crossing.owner in candidates and crossing.owner not in held:
        moved: tuple[str, ...] = (crossing.owner,)
    else:
        moved = tuple(n for n in crossing.reads if n in candidates and n not in held)
    for name in moved or (crossing.owner,):
        held[name] = Held(
            asset=name,
            reason=f"check `{crossing.label}` of `{crossing.owner}` fails on what would be published"
            + (f": {seen}" if seen else ""),
            because_of=name,
        )


def _newer_siblings(name: str, graph: Graph, published: Sequence[str]) -> tuple[str, ...]:
    """Published assets that share an input with a held one: they now rest on newer inputs."""
    above = graph.upstream((name,)) - {name}
    fresh = above & set(published)
    return tuple(
        other
        for other in published
        if other not in above and fresh & (graph.upstream((other,)) - {other})
    )


def changes(
    published: Sequence[str],
    candidates: Mapping[str, str],
    current: Mapping[str, str],
    removed: Sequence[str],
) -> tuple[Change, ...]:
    """Pointer moves of a publication."""
    moved = tuple(
        Change(asset=name, before=current.get(name), after=candidates[name]) for name in published
    )
    gone = tuple(Change(asset=name, before=current.get(name), after=None) for name in removed)
    return moved + gone
