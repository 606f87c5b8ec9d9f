"""The files ``policies/*.yml``: groups of people, and rules about who may read which tables."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence

from andon.errors import Problem, Where
from andon.governance.access import is_meant, is_pattern, open_readers
from andon.names import closest, did_you_mean
from andon.project.fields import Fields, read_mapping, where_of
from andon.project.text import Findings, TextFile
from andon.project.yaml import MapNode, Node, ScalarNode
from andon.spec.access import EVERYONE, TAG, Access, Group, Rule

ROOT_KEYS = ("groups", "rules")
RULE_KEYS = ("read", "allow", "deny", "why")
_SHOWN = 3


def read_access(file: TextFile, findings: Findings) -> Access | None:
    """What one file says; None if something is wrong, which is noted."""
    before = len(findings.problems)
    node = read_mapping(file, findings, file.text)
    if node is None:
        return None
    fields = Fields(file, findings, node, ROOT_KEYS, "a file of policies")
    groups = fields.mapping("groups", "{analysts: [ana, bob]}")
    rules = fields.mapping("rules", "{orders: {allow: [analysts], read: [raw.orders]}}")
    access = Access(
        groups=tuple(_groups(file, findings, groups)) if groups else (),
        rules=tuple(_rules(fields, rules)) if rules else (),
    )
    return access if len(findings.problems) == before else None


def _groups(file: TextFile, findings: Findings, node: MapNode) -> Iterator[Group]:
    fields = Fields(file, findings, node, [name for name, _, _ in node], "`groups`")
    for name, key, _ in node:
        people = fields.names(name, "[ana, bob]")
        yield Group(name=name, people=people, where=where_of(file, key))


def _rules(policies: Fields, node: MapNode) -> Iterator[Rule]:
    for name, key, value in node:
        rule = _rule(policies, name, key, value)
        if rule is not None:
            yield rule


def _rule(policies: Fields, name: str, key: ScalarNode, node: Node) -> Rule | None:
    if not isinstance(node, MapNode):
        policies.wrong(node, name, "a mapping", "{allow: [analysts], read: [raw.orders]}")
        return None
    fields = Fields(policies.file, policies.findings, node, RULE_KEYS, f"the rule `{name}`")
    before = len(policies.findings.problems)
    rule = Rule(
        name=name,
        read=fields.names("read", "[raw.orders, raw.web_*, tag:finance]"),
        allow=fields.names("allow", "[analysts]"),
        deny=fields.names("deny", "[everyone]"),
        why=fields.text("why"),
        where=where_of(policies.file, key),
    )
    is_sound = len(policies.findings.problems) == before
    if is_sound and not (rule.read and (rule.allow or rule.deny)):
        lacks = "whom it is about" if rule.read else "what it covers"
        policies.findings.add(
            "POL006",
            rule.where,
            what=f"the rule `{name}` does not say {lacks}",
            why="a rule that decides nothing would look as if it guarded a table",
            fix="write `allow: [analysts]` or `deny: [everyone]`"
            if rule.read
            else "write `read: [raw.orders]`",
        )
    return rule


def join(files: Sequence[tuple[TextFile, Access]], findings: Findings) -> Access:
    """What all files say together; names that mean two things (POL005) and groups that nobody
    declares (POL002) are noted."""
    access = Access(
        groups=tuple(group for _, one in files for group in one.groups),
        rules=tuple(rule for _, one in files for rule in one.rules),
    )
    _refuse_twice(access, findings)
    texts = {file.path: file for file, _ in files}
    groups = {group.name for group in access.groups} | {EVERYONE}
    for rule in access.rules:
        for name in (*rule.allow, *rule.deny):
            if name not in groups:
                findings.add(
                    "POL002",
                    place_of(texts[rule.where.path], rule, name),
                    what=f"the rule `{rule.name}` names the group `{name}`, which nobody declares",
                    why="rules name groups, so that a mistyped group is not taken for a person",
                    fix=did_you_mean(
                        name, sorted(groups), f"write `{name}: [...]` with its people in `groups`"
                    ),
                )
    return access


def _refuse_twice(access: Access, findings: Findings) -> None:
    def refuse(where: Where, what: str, fix: str) -> None:
        why = "a rule has to mean one thing, or somebody reads what was meant to be closed"
        findings.add("POL005", where, what=what, why=why, fix=fix)

    groups: dict[str, Group] = {}
    for group in access.groups:
        if group.name == EVERYONE:
            refuse(group.where, f"`{EVERYONE}` is the group of all people", "call it otherwise")
        elif group.name in groups:
            first = groups[group.name].where
            refuse(group.where, f"the group `{group.name}` stands in {first} too", "join the two")
        groups.setdefault(group.name, group)
    rules: dict[str, Rule] = {}
    for rule in access.rules:
        if rule.name in rules:
            first = rules[rule.name].where
            refuse(rule.where, f"the rule `{rule.name}` stands in {first} too", "rename one")
        rules.setdefault(rule.name, rule)
    for group in access.groups:
        for person in group.people:
            # A group of one may have the name of its person, and that is the person everywhere.
            other = groups.get(person)
            if person == EVERYONE or (other is not None and person not in other.people):
                refuse(
                    group.where,
                    f"the group `{group.name}` has the group `{person}` among its people",
                    "name the people themselves, or both groups in the rule",
                )


def place_of(file: TextFile, rule: Rule, word: str) -> Where:
    """The place of a word in a rule."""
    start = len(file.text) - len(file.text.split("\n", (rule.where.line or 1) - 1)[-1])
    whole = re.compile(rf"(?<![\w.:*-]){re.escape(word)}(?![\w.:*-])")
    found = whole.search(file.text, start)
    return file.where_at(found.start(), len(word)) if found else rule.where


def judge(
    access: Access,
    files: Mapping[str, TextFile],
    findings: Findings,
    tags: Mapping[str, Collection[str]],
    reads: Mapping[str, Sequence[str]],
) -> tuple[Problem, ...]:
    """Note what rules cover and nobody declares (POL003); warnings are given back (POL004, POL007).

    Args:
        tags: of every declared asset; reads: what each is built from.
    """
    warnings = []
    for rule in access.rules:
        for word in rule.read:
            if any(is_meant(word, name, found) for name, found in tags.items()):
                continue
            where = place_of(files[rule.where.path], rule, word)
            if is_pattern(word):
                warnings.append(_matches_nothing(rule, word, where))
            else:
                _refuse_unknown(rule, word, where, findings, tags)
    open_ = open_readers(access, reads, tags)
    return (*warnings, _open(open_)) if open_ else tuple(warnings)


def _refuse_unknown(
    rule: Rule, word: str, where: Where, findings: Findings, tags: Mapping[str, Collection[str]]
) -> None:
    if word.startswith(TAG):
        known = sorted({tag for found in tags.values() for tag in found})
        near = closest(word.removeprefix(TAG), known)
        what = f"the rule `{rule.name}` covers `{word}`, a tag that no asset has"
        fix = f"write `{TAG}{near}` (closest known tag)" if near else "give the assets the tag"
    else:
        what = f"the rule `{rule.name}` covers `{word}`, which nobody declares"
        is_folder = any(name.startswith(f"{word}.") for name in tags)
        otherwise = f"write `{word}.*`" if is_folder else "see all names with `andon ls`"
        fix = otherwise if is_folder else did_you_mean(word, tags, otherwise)
    why = "the table that was meant would be open, and nobody would notice"
    findings.add("POL003", where, what=what, why=why, fix=fix)


def _matches_nothing(rule: Rule, word: str, where: Where) -> Problem:
    return Problem(
        code="POL004",
        what=f"the rule `{rule.name}` covers `{word}`, and no asset has such a name",
        why="it holds for assets that come, and for old publications of those that are gone",
        fix="nothing if that is meant; else correct the pattern",
        where=where,
        severity="warning",
    )


def _open(found: Sequence[tuple[str, str]]) -> Problem:
    listed = ", ".join(f"`{name}` (reads `{guarded}`)" for name, guarded in found[:_SHOWN])
    rest = f" and {len(found) - _SHOWN:,} more" if len(found) > _SHOWN else ""
    return Problem(
        code="POL007",
        what=f"no rule covers what is built from guarded tables: {listed}{rest}",
        why="rules name tables and do not pass to what is built from them, so everyone may read these",
        fix="cover them with a rule; `allow: [everyone]` says that they are meant to be open",
        severity="warning",
    )
