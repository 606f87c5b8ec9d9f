"""Laws of who may read, over random rules, groups and people."""

from __future__ import annotations

from random import Random

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from andon.errors import Where
from andon.governance.access import covers, decide
from andon.spec.access import EVERYONE, Access, Group, Rule

PEOPLE = ("ana", "bob", "eve")
GROUPS = ("analysts", "hr", "staff")
ASSETS = ("raw.orders", "raw.payroll", "raw.web_visits", "marts.value")
WORDS = (*ASSETS, "raw.*", "raw.web_*", "*", "tag:finance")
TAGS = ((), ("finance",), ("daily", "finance"))
HERE = Where(path="policies/access.yml", line=1)

named = st.lists(st.sampled_from((*GROUPS, EVERYONE)), unique=True, max_size=3).map(tuple)


def rules_of(name: str) -> st.SearchStrategy[Rule]:
    return st.builds(
        Rule,
        name=st.just(name),
        read=st.lists(st.sampled_from(WORDS), unique=True, min_size=1, max_size=3).map(tuple),
        allow=named,
        deny=named,
        where=st.just(HERE),
    )


@st.composite
def accesses(draw: st.DrawFn) -> Access:
    people = st.lists(st.sampled_from(PEOPLE), unique=True).map(tuple)
    groups = tuple(Group(name=name, people=draw(people), where=HERE) for name in GROUPS)
    count = draw(st.integers(0, 5))
    return Access(groups=groups, rules=tuple(draw(rules_of(f"r{i}")) for i in range(count)))


def is_in(access: Access, person: str, groups: tuple[str, ...]) -> bool:
    mine = {group.name for group in access.groups if person in group.people}
    return EVERYONE in groups or not mine.isdisjoint(groups)


people, assets, tags = st.sampled_from(PEOPLE), st.sampled_from(ASSETS), st.sampled_from(TAGS)


@given(accesses(), people, assets, tags)
def test_the_decision_is_what_the_words_say(
    access: Access, person: str, asset: str, tags: tuple[str, ...]
) -> None:
    covering = [rule for rule in access.rules if covers(rule, asset, tags)]
    denied = any(is_in(access, person, rule.deny) for rule in covering)
    allowed = any(is_in(access, person, rule.allow) for rule in covering)
    assert decide(access, person, asset, tags).is_allowed == (
        not covering or (allowed and not denied)
    )


@given(accesses(), people, assets, tags, st.randoms())
def test_the_order_of_rules_and_groups_does_not_matter(
    access: Access, person: str, asset: str, tags: tuple[str, ...], random: Random
) -> None:
    rules, groups = list(access.rules), list(access.groups)
    random.shuffle(rules)
    random.shuffle(groups)
    shuffled = Access(groups=tuple(groups), rules=tuple(rules))
    assert decide(shuffled, person, asset, tags) == decide(access, person, asset, tags)


@given(accesses(), people, assets, tags, rules_of("new"))
def test_a_further_rule_that_only_allows_takes_from_nobody_whom_a_rule_allows(
    access: Access, person: str, asset: str, tags: tuple[str, ...], new: Rule
) -> None:
    more = replace(access, rules=(*access.rules, replace(new, deny=())))
    if decide(access, person, asset, tags).verdict == "allowed":
        assert decide(more, person, asset, tags).verdict == "allowed"


@given(accesses(), people, assets, tags, named, st.integers(0, 4))
def test_a_further_group_that_a_rule_allows_takes_from_nobody(
    access: Access,
    person: str,
    asset: str,
    tags: tuple[str, ...],
    groups: tuple[str, ...],
    at: int,
) -> None:
    rules = list(access.rules)
    if at < len(rules):
        rules[at] = replace(rules[at], allow=(*rules[at].allow, *groups))
    more = replace(access, rules=tuple(rules))
    if decide(access, person, asset, tags).is_allowed:
        assert decide(more, person, asset, tags).is_allowed


@given(accesses(), people, assets, tags, rules_of("new"))
def test_a_further_rule_that_only_denies_gives_nobody_anything(
    access: Access, person: str, asset: str, tags: tuple[str, ...], new: Rule
) -> None:
    more = replace(access, rules=(*access.rules, replace(new, allow=())))
    if decide(more, person, asset, tags).is_allowed:
        assert decide(access, person, asset, tags).is_allowed


@given(accesses(), people, assets, tags)
def test_every_decision_rests_on_rules_that_cover_the_table(
    access: Access, person: str, asset: str, tags: tuple[str, ...]
) -> None:
    decision = decide(access, person, asset, tags)
    assert all(covers(rule, asset, tags) for rule in decision.rules)
    assert bool(decision.rules) == (decision.verdict != "open")
