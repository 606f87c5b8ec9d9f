"""A query proved to distribute gives, slice by slice, what it gives at once: random queries."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator

import pytest
from msgspec.structs import replace
from sqlglot import exp

from andon.sql.slicing import grouped, guard, items, joins, rows, select, sets, values, walk
from tests.property.slicing_trial import Trials, connect


@pytest.fixture(scope="module")
def trials() -> Iterator[Trials]:
    with connect() as connection:
        yield Trials(connection)


def play(trials: Trials, first: int, count: int) -> str | None:
    """What is wrong with the first of some queries that a proof is wrong of."""
    found = (trials.wrong(seed) for seed in range(first, first + count))
    return next((one for one in found if one), None)


def first_seed() -> int:
    return int(os.environ.get("ANDON_SEED", "0")) or random.SystemRandom().randint(1, 10**9)


def test_slices_put_together_are_the_whole(trials: Trials) -> None:
    trials.counts.clear()
    assert play(trials, first_seed(), 1000) is None
    proved = {name: count for name, count in trials.counts.items() if name.endswith("proved")}
    assert sum(proved.values()) > 200, f"too few proofs: {trials.counts}"
    assert trials.counts["failed in a part"] < 10


@pytest.mark.soak
def test_slices_put_together_are_the_whole_for_many_queries(trials: Trials) -> None:
    assert play(trials, first_seed(), 50_000) is None


def no_check(*_: object, **__: object) -> None:
    """A rule that was forgotten."""


def first_meaning(tree: exp.Expr, names: values.Names) -> values.Value:
    """The rule of names that may mean two things, forgotten."""
    parts = tuple(part.name.lower() for part in tree.parts)  # type: ignore[attr-defined]
    for alias, meant in reversed(names.aliases):
        if (alias,) == parts:
            return values.value_of(meant, replace(names, aliases=()))
    at = names.joined.positions(parts)
    return values._passed(names.joined, at[0]) if at else values.Value()


def kept_by_all(kind: joins.Kind, left: rows.Marks, right: rows.Marks) -> rows.Marks:
    """The rule of sides that may be missing, forgotten."""
    return left if kind in {"semi", "anti"} else rows.both(left, right)


def grouped_once(tree: exp.Expr, list_: tuple[items.Item, ...]) -> grouped.Grouped | None:
    """The rule of grouping sets, forgotten."""
    found = GROUPED_BY(tree, list_)
    return None if found is None else grouped.Grouped(trees=(*found.trees, *found.others))


GROUPED_BY = grouped.grouped_by
ALL_KINDS = frozenset({"inner", "left", "right", "full", "semi", "anti"})
HOLES: dict[str, tuple[int, object, str, object]] = {
    "windows": (1, guard, "check_window", no_check),
    "group by": (1, select, "_check_group", no_check),
    "grouping sets": (1, select, "grouped_by", grouped_once),
    "distinct": (150, select, "_check_distinct", no_check),
    "limit": (1, select, "refuse_limit", no_check),
    "aggregates": (1, guard, "_refuse_aggregate", no_check),
    "joins of two that are parted": (1, joins, "_both_parted", no_check),
    "joins that keep rows of the whole": (1, joins, "_OF_LEFT", ALL_KINDS),
    "joins that leave columns empty": (300, joins, "_kept", kept_by_all),
    "inputs read whole as well": (150, walk.Walk, "_check_all_visited", no_check),
    "set operations": (550, sets, "_check", no_check),
    "what an interval lies in": (350, values, "_NESTS", dict.fromkeys(values._NESTS, ("day",))),
    "names that mean two things": (300, values, "_column", first_meaning),
}
"""Rules that can be forgotten: a seed a little before it shows, and what to put in their place."""


@pytest.mark.parametrize("hole", HOLES)
def test_a_rule_that_is_forgotten_is_found_out(
    trials: Trials, monkeypatch: pytest.MonkeyPatch, hole: str
) -> None:
    seed, owner, name, instead = HOLES[hole]
    monkeypatch.setattr(owner, name, instead)
    assert play(trials, seed, 100) is not None
