"""Which candidates are published together, and what a failure holds back."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

from andon.graph.order import build
from andon.planning.settle import Crossing, Settlement, Sight, changes, settle

GRAPH = build(
    {
        "raw": (),
        "a": ("raw",),
        "b": ("raw",),
        "c": ("a",),
        "d": ("c",),
        "e": ("b",),
    }
)
CURRENT = {name: f"{name}1" for name in GRAPH.order}


def settled(
    moved: str,
    *,
    failed: Mapping[str, str] | None = None,
    groups: Mapping[str, Sequence[str]] | None = None,
    crossings: Sequence[Crossing] = (),
    judge: Callable[[Crossing, Sight], bool] = lambda _c, _s: True,
    audited: Collection[str] = (),
) -> Settlement:
    return settle(
        graph=GRAPH,
        candidates={name: f"{name}2" for name in moved.split()},
        current=CURRENT,
        failed=failed or {},
        groups=groups or {},
        crossings=crossings,
        judge=judge,
        audited=audited,
    )


def held(found: Settlement) -> dict[str, str]:
    return {item.asset: item.because_of for item in found.held}


def on(owner: str, *reads: str) -> Crossing:
    return Crossing(owner=owner, reads=reads, check=f"{owner}-{reads}", label="related")


def test_without_failures_every_candidate_is_published_in_building_order() -> None:
    found = settled("d c a raw")
    assert (found.published, found.held) == (("raw", "a", "c", "d"), ())


def test_all_below_a_failure_is_held_with_its_cause() -> None:
    found = settled("raw c d e", failed={"a": "bad"})
    assert held(found) == {"a": "a", "c": "a", "d": "a"}
    assert found.published == ("raw", "e")


def test_unchanged_assets_below_a_failure_are_not_named() -> None:
    assert held(settled("raw", failed={"a": "bad"})) == {"a": "a"}


def test_a_group_is_held_as_a_whole_and_what_is_below_its_members() -> None:
    found = settled("a b c e", failed={"a": "bad"}, groups={"g": ("a", "b")})
    assert held(found) == {"a": "a", "b": "a", "c": "a", "e": "a"}


def test_groups_that_share_a_member_are_held_together() -> None:
    found = settled("a b d", failed={"a": "bad"}, groups={"g": ("a", "b"), "h": ("b", "d")})
    assert set(held(found)) == {"a", "b", "d"}


def test_a_group_of_which_a_member_below_is_held_is_held() -> None:
    found = settled("c d e", failed={"a": "bad"}, groups={"g": ("d", "e")})
    assert set(held(found)) == {"a", "c", "d", "e"}


def test_a_check_across_assets_that_fails_holds_its_changed_owner() -> None:
    found = settled("a b", crossings=[on("a", "b")], judge=lambda _c, s: s["a"] != "a2")
    assert held(found) == {"a": "a"}
    assert found.published == ("b",)


def test_a_check_of_an_unchanged_owner_holds_the_asset_that_changed() -> None:
    found = settled("b e", crossings=[on("a", "b")], judge=lambda _c, s: s["b"] != "b2")
    assert held(found) == {"b": "b", "e": "b"}


def test_a_check_sees_candidates_where_they_pass_and_what_is_served_where_they_are_held() -> None:
    seen: list[tuple[str | None, str | None]] = []

    def judge(_crossing: Crossing, sight: Sight) -> bool:
        seen.append((sight["a"], sight["b"]))
        return True

    settled("a b", failed={"b": "bad"}, crossings=[on("a", "b")], judge=judge)
    assert seen == [("a2", "b1")]


def test_checks_are_judged_again_when_the_set_shrinks() -> None:
    """`a` needs the new `b`; `b` is held by a check of its own; so `a` is held too."""

    def judge(crossing: Crossing, sight: Sight) -> bool:
        if crossing.owner == "b":
            return sight["b"] != "b2"
        return sight["a"] == "a1" or sight["b"] == "b2"

    found = settled("a b d", crossings=[on("a", "b"), on("b", "raw")], judge=judge)
    assert held(found) == {"a": "a", "b": "b", "d": "a"}
    assert found.published == ()


def test_a_check_nothing_of_which_moved_is_not_judged() -> None:
    def never(_crossing: Crossing, _sight: Sight) -> bool:
        raise AssertionError("judged in vain")

    assert settled("e", crossings=[on("a", "c")], judge=never).published == ("e",)


def test_a_new_check_is_judged_although_nothing_moved() -> None:
    found = settled("d e", crossings=[on("a", "c")], judge=lambda _c, _s: False, audited={"a"})
    assert held(found) == {"a": "a", "d": "a"}


def test_a_new_check_that_fails_on_a_candidate_only_does_not_blame_its_owner() -> None:
    found = settled(
        "b", crossings=[on("a", "b")], judge=lambda _c, s: s["b"] == "b1", audited={"a"}
    )
    assert held(found) == {"b": "b"}


def test_published_siblings_on_newer_inputs_are_named() -> None:
    found = settled("raw b e", failed={"a": "bad"})
    assert [item.newer for item in found.held] == [("b", "e")]


def test_siblings_without_a_newer_common_input_are_not_named() -> None:
    found = settled("b e", failed={"a": "bad"})
    assert [item.newer for item in found.held] == [()]


def test_changes_tell_what_was_served_before_and_what_is_gone() -> None:
    found = changes(("a", "new"), {"a": "a2", "new": "n1"}, {"a": "a1", "old": "o1"}, ("old",))
    assert [(c.asset, c.before, c.after) for c in found] == [
        ("a", "a1", "a2"),
        ("new", None, "n1"),
        ("old", "o1", None),
    ]
