"""May somebody read a table? By the rules alone; every answer names those that decided."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Final, Literal

from msgspec import Struct

from andon.errors import Problem
from andon.spec.access import EVERYONE, TAG, Access, Rule

Verdict = Literal["open", "allowed", "denied", "not named"]
"""open: no rule covers the table. allowed, denied: a rule names the person. not named: rules cover the
table, and none of them names the person."""


_BECAUSE: Final[Mapping[Verdict, str]] = {
    "denied": "what one rule denies no other rule allows",
    "not named": "a table that rules cover is read by those whom they allow",
}


class Decision(Struct, frozen=True, kw_only=True):
    """Whether a person may read a table, and why.

    Attributes:
        rules: those that decided, in order of name: all that deny the person, else all that allow
            the person, else all that allow others, or that cover the table if none does; nothing
            where none covers it.
    """

    person: str
    asset: str
    verdict: Verdict
    rules: tuple[Rule, ...] = ()

    @property
    def is_allowed(self) -> bool:
        """Whether the person may read it."""
        return self.verdict in ("open", "allowed")


def decide(access: Access, person: str, asset: str, tags: Collection[str] = ()) -> Decision:
    """Whether a person may read a table.

    A table that no rule covers is open. Any other is read by whom a rule allows and none denies; the
    order of rules does not matter.
    """
    covering = sorted(
        (rule for rule in access.rules if covers(rule, asset, tags)), key=lambda rule: rule.name
    )
    groups = {group.name for group in access.groups if person in group.people} | {EVERYONE}
    denying = [rule for rule in covering if groups.intersection(rule.deny)]
    allowing = [rule for rule in covering if groups.intersection(rule.allow)]
    verdict: Verdict
    if not covering:
        verdict, rules = "open", covering
    elif denying:
        verdict, rules = "denied", denying
    elif allowing:
        verdict, rules = "allowed", allowing
    else:
        verdict, rules = "not named", [rule for rule in covering if rule.allow] or covering
    return Decision(person=person, asset=asset, verdict=verdict, rules=tuple(rules))


def covers(rule: Rule, asset: str, tags: Collection[str]) -> bool:
    """Whether a rule speaks of an asset."""
    return any(is_meant(word, asset, tags) for word in rule.read)


def is_meant(word: str, asset: str, tags: Collection[str]) -> bool:
    """Whether a name, a pattern of names or a tag means an asset.

    >>> is_meant("raw.web_*", "raw.web_visits", ()), is_meant("tag:pay", "raw.a", ("pay",))
    (True, True)
    >>> is_meant("raw.web", "raw.web_visits", ())
    False
    """
    if word.startswith(TAG):
        return word.removeprefix(TAG) in tags
    return fnmatchcase(asset, word) if is_pattern(word) else asset == word


def is_pattern(word: str) -> bool:
    """Whether a word stands for any number of names."""
    return not word.startswith(TAG) and any(sign in word for sign in "*?[")


def needs_tags(access: Access) -> bool:
    """Whether nothing can be decided without the tags of assets."""
    return any(word.startswith(TAG) for rule in access.rules for word in rule.read)


def open_readers(
    access: Access, reads: Mapping[str, Iterable[str]], tags: Mapping[str, Collection[str]]
) -> tuple[tuple[str, str], ...]:
    """Assets that no rule covers, each with an asset it reads that one covers."""

    def is_covered(name: str) -> bool:
        return any(covers(rule, name, tags.get(name, ())) for rule in access.rules)

    found = []
    for name, inputs in sorted(reads.items()):
        guarded = next((one for one in inputs if is_covered(one)), None)
        if guarded is not None and not is_covered(name):
            found.append((name, guarded))
    return tuple(found)


def told(decision: Decision) -> str:
    """The rules that decided, and what they say, in words."""
    if decision.verdict == "open":
        return "no rule covers it"
    many = len(decision.rules) > 1
    names = ", ".join(f"`{rule.name}`" for rule in decision.rules)
    if decision.verdict == "allowed":
        return f"rule{'s' * many} {names} allow{'s' * (not many)} it"
    if decision.verdict == "denied":
        return f"rule{'s' * many} {names} {'deny' if many else 'denies'} it"
    groups = sorted({group for rule in decision.rules for group in rule.allow})
    if not groups:
        return f"rule{'s' * many} {names} cover{'s' * (not many)} it, and no rule allows it"
    listed = ", ".join(f"`{group}`" for group in groups)
    return f"rule{'s' * many} {names} allow{'s' * (not many)} only {listed}"


def refusal(decision: Decision, owner: str = "") -> Problem:
    """The problem (POL001) that tells whoever was refused by which rule, why, and whom to ask.

    Args:
        decision: of a table that may not be read.
        owner: of the asset, if it has one.
    """
    first = decision.rules[0]
    reasons = dict.fromkeys(rule.why for rule in decision.rules if rule.why)
    keeper = f"whoever keeps `{first.where.path}`"
    return Problem(
        code="POL001",
        what=f"`{decision.person}` may not read `{decision.asset}`: {told(decision)}",
        why="; ".join(reasons) or _BECAUSE[decision.verdict],
        fix=f"ask `{owner}`, who owns it, or {keeper}" if owner else f"ask {keeper}",
        where=first.where,
    )
