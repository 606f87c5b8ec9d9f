"""What changed in the columns of a raw table, and whether that breaks what reads it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from math import exp, lgamma

from msgspec import Struct, field

from andon.acquisition.columns.shape import LIST, STRUCT, Shape, below, inner, paths_of, without
from andon.acquisition.columns.types import least_common
from andon.errors import Problem
from andon.schema import ChangeKind, FieldChange

ENOUGH = 10
"""Different values of a column from which that another one holds them says anything."""

SURE = 0.5
"""Least sureness with which a vanished and a new column are called one that was renamed."""

WARNED = 0.9
"""Least sureness with which a column that some records lack is told as a breaking change."""

_SHOWN = 5


class Alike(Struct, frozen=True, kw_only=True):
    """How many of the different values of a new column an old one holds.

    Attributes:
        values: different values looked at; held: how many of them the old one has.
    """

    values: int
    held: int


class Lately(Struct, frozen=True, kw_only=True):
    """What the newest deliveries say beside the table, which keeps a column as long as any has it.

    Attributes:
        gone: paths, in lower case, that those served last had and the newest have not.
        sureness: by such a path, that it will not come back: documents may just happen not to have a
            field. What is not in it is sure.
        unfilled: paths, in lower case, that had no value before, so that their type was a guess.
        former, newest: shapes of both, which tell the place of a column in what arrives.
    """

    gone: frozenset[str] = frozenset()
    sureness: Mapping[str, float] = field(default_factory=dict)
    unfilled: frozenset[str] = frozenset()
    former: Shape = ()
    newest: Shape = ()


Compare = Callable[[str, str], Alike | None]
"""Old path and new path to how alike their values are; None if nobody can tell."""


def changes(
    before: Shape,
    after: Shape,
    lately: Lately | None = None,
    alike: Compare = lambda _old, _new: None,
) -> tuple[FieldChange, ...]:
    """How a table differs from what it was, renamed columns first, then in the order of columns.

    Args:
        before, after: columns of the table, as served and as it will be.
        lately: what the newest deliveries say.
        alike: asked only where a vanished and a new column may be one.
    """
    known = lately or Lately()
    found = list(_members("", before, without(after, known.gone), known, alike))
    kept = {path.casefold() for path, _ in paths_of(after)}
    return tuple(_judged(change, kept, known) for change in found)


def _judged(change: FieldChange, kept: Collection[str], lately: Lately) -> FieldChange:
    """A vanished column that the table keeps is less sure, and breaks only if it is sure."""
    if change.kind != "vanished" or change.path.casefold() not in kept:
        return change
    sureness = lately.sureness.get(change.path.casefold(), 1.0)
    return FieldChange(
        path=change.path,
        kind="vanished",
        before=change.before,
        is_breaking=sureness >= WARNED,
        sureness=sureness if sureness == 1 else min(round(sureness, 2), 0.99),
        is_kept=True,
    )


def _members(
    path: str, before: Shape, after: Shape, lately: Lately, alike: Compare
) -> Iterator[FieldChange]:
    old = {name.casefold(): (name, kind) for name, kind in before}
    new = {name.casefold(): (name, kind) for name, kind in after}
    renamed = _renamed(
        path,
        [old[name] for name in old if name not in new],
        [new[name] for name in new if name not in old],
        _places(path, lately.former or before),
        _places(path, lately.newest or after),
        lately,
        alike,
    )
    yield from renamed
    came = {change.path for change in renamed}
    went = {change.was for change in renamed}
    for folded, (name, kind) in old.items():
        own = below(path, name)
        if folded in new:
            yield from _kinds(below(path, new[folded][0]), kind, new[folded][1], lately, alike)
        elif own not in went:
            yield FieldChange(path=own, kind="vanished", is_breaking=True, before=kind)
    for folded, (name, kind) in new.items():
        own = below(path, name)
        if folded not in old and own not in came:
            yield FieldChange(path=own, kind="new", is_breaking=False, after=kind)


def _kinds(
    path: str, before: str, after: str, lately: Lately, alike: Compare
) -> Iterator[FieldChange]:
    """What became of one path that is still there."""
    if before == after:
        return
    (old, fields), (new, others) = inner(before), inner(after)
    if old == new == STRUCT:
        yield from _members(path, fields, others, lately, alike)
    elif old == new == LIST:
        yield from _kinds(below(path, ""), fields[0][1], others[0][1], lately, alike)
    else:
        kind: ChangeKind = "retyped"
        if is_wider(before, after):
            kind = "widened"
        elif is_wider(after, before):
            kind = "narrowed"
        is_first = path.casefold() in lately.unfilled
        yield FieldChange(
            path=path,
            kind=kind,
            before=before,
            after=after,
            is_breaking=kind != "widened" and not is_first,
        )


def is_wider(narrow: str, wide: str) -> bool:
    """Whether a type holds every value of another one and is of its kind.

    Text holds everything, and yet who computes with a number cannot do so with its text.

    >>> is_wider("INTEGER", "BIGINT"), is_wider("DATE", "TIMESTAMP"), is_wider("BIGINT", "VARCHAR")
    (True, True, False)
    """
    if narrow == wide or wide in ("VARCHAR", "JSON"):
        return False
    return least_common([narrow, wide]) == wide


def _places(path: str, shape: Shape) -> Mapping[str, int]:
    """Place of each name below a path."""
    for step in _steps(shape, path):
        shape = step
    return {name.casefold(): at for at, (name, _) in enumerate(shape)}


def _steps(shape: Shape, path: str) -> Iterator[Shape]:
    """The shapes on the way down to a path; an empty one at the end if it is not there."""
    at = ""
    while at != path:
        for name, kind in shape:
            own = below(at, name)
            if path == own or path.startswith((f"{own}.", f"{own}[")):
                at, shape = own, inner(kind)[1]
                yield shape
                break
        else:
            yield ()
            return


def _renamed(
    path: str,
    vanished: Sequence[tuple[str, str]],
    new: Sequence[tuple[str, str]],
    former_places: Mapping[str, int],
    newest_places: Mapping[str, int],
    lately: Lately,
    alike: Compare,
) -> list[FieldChange]:
    """Pairs that are likely one column, the surest first, each column once."""
    pairs = []
    for was, before in vanished:
        for name, after in new:
            if before != after and not is_wider(before, after):
                continue
            at = former_places.get(was.casefold())
            is_in_place = at is not None and at == newest_places.get(name.casefold())
            old_path, new_path = below(path, was), below(path, name)
            by_form = _by_form(was, name, is_in_place=is_in_place)
            sureness = 1 - (1 - by_form) * (1 - _by_values(alike(old_path, new_path)))
            sureness *= lately.sureness.get(old_path.casefold(), 1.0)
            sureness = round(sureness, 2)
            if sureness >= SURE:
                pairs.append((min(sureness, 0.99), new_path, old_path, before, after))
    found: list[FieldChange] = []
    for sureness, new_path, old_path, before, after in sorted(
        pairs, key=lambda p: (-p[0], p[1], p[2])
    ):
        if any(new_path == one.path or old_path == one.was for one in found):
            continue
        found.append(
            FieldChange(
                path=new_path,
                kind="renamed",
                is_breaking=True,
                before=before,
                after=after,
                was=old_path,
                sureness=sureness,
            )
        )
    return found


def _by_form(was: str, name: str, *, is_in_place: bool) -> float:
    """How sure name and place make that two columns of like type are one.

    >>> round(_by_form("customer_id", "customerId", is_in_place=True), 2)
    0.9
    >>> round(_by_form("zip", "discount", is_in_place=False), 2)
    0.11
    """
    from difflib import SequenceMatcher  # only a vanished and a new column pay for it

    one, other = ("".join(c for c in text.casefold() if c.isalnum()) for text in (was, name))
    likeness: float = SequenceMatcher(a=one, b=other).ratio()
    return 0.3 * is_in_place + 0.6 * likeness


def _by_values(found: Alike | None) -> float:
    """How sure like values make it; few different values are alike by chance."""
    if found is None or not found.values:
        return 0.0
    share = found.held / found.values
    return 0.95 * share * min(1.0, found.values / ENOUGH)


def gone_for_good(had: int, of: int, lacking: int) -> float:
    """How sure it is that a field which some documents had is gone, since newer ones all lack it.

    One minus the chance that so many lack it although nothing changed, where nothing else is known
    of how often it is there than what was seen (beta-binomial, from a uniform prior).

    >>> round(gone_for_good(1, 1, 1), 2), round(gone_for_good(100, 100, 5), 2)
    (0.67, 1.0)
    >>> round(gone_for_good(5, 1000, 50), 2)
    0.25
    """
    present, absent = had + 1, of - had + 1
    chance = lgamma(absent + lacking) - lgamma(absent)
    chance += lgamma(present + absent) - lgamma(present + absent + lacking)
    return 1 - exp(chance)


def told(change: FieldChange) -> str:
    """A change in words, without its class."""
    if change.kind == "new":
        return f"new `{change.path}` {change.after}"
    if change.kind == "vanished":
        rest = "; the table keeps it, null in new rows" if change.is_kept else ""
        sure = f", {_sure(change)}" if change.sureness < 1 else ""
        return f"vanished `{change.path}`{sure}{rest}"
    if change.kind == "renamed":
        return f"renamed `{change.was}` to `{change.path}`, {_sure(change)}"
    return f"{change.kind} `{change.path}` from {change.before} to {change.after}"


def _sure(change: FieldChange) -> str:
    return f"{change.sureness * 100:.0f} % sure"


def warning_of(
    table: str, found: Sequence[FieldChange], readers: Sequence[str], owner: str
) -> Problem | None:
    """The breaking ones of some changes as one warning; None if there are none."""
    breaking = [told(change) for change in found if change.is_breaking]
    if not breaking:
        return None
    rest = f" and {len(breaking) - _SHOWN} more" if len(breaking) > _SHOWN else ""
    shown = ", ".join(f"`{name}`" for name in readers[:3])
    further = f" and {len(readers) - 3} more" if len(readers) > 3 else ""
    read = f"it is read by {shown}{further}" if readers else "nothing in the project reads it"
    heard = f"; {owner} answers for the source" if owner else ""
    return Problem(
        code="SRC070",
        what=f"`{table}` changed: {', '.join(breaking[:_SHOWN])}{rest}",
        why=f"what reads a column by its old name or type stops, or is wrong without a word; {read}",
        fix=f"look at what reads it{heard}; to have such deliveries refused, declare `schema: freeze`",
        severity="warning",
    )
