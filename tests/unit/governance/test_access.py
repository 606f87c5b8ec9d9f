"""Who may read a table, by the rules alone."""

from __future__ import annotations

from andon.errors import Where
from andon.governance.access import decide, needs_tags, open_readers, refusal
from andon.spec.access import Access, Group, Rule


def rule(name: str, *read: str, allow: str = "", deny: str = "", why: str = "") -> Rule:
    return Rule(
        name=name,
        read=read,
        allow=tuple(allow.split()),
        deny=tuple(deny.split()),
        why=why,
        where=Where(path="policies/access.yml", line=7, column=3),
    )


def access(*rules: Rule, **groups: str) -> Access:
    return Access(
        groups=tuple(
            Group(name=name, people=tuple(people.split()), where=Where(path="policies/access.yml"))
            for name, people in groups.items()
        ),
        rules=rules,
    )


def test_a_table_that_no_rule_covers_is_open() -> None:
    known = access(rule("raw", "raw.*", deny="everyone"))
    decision = decide(known, "joe", "marts.value")
    assert (decision.verdict, decision.is_allowed, decision.rules) == ("open", True, ())


def test_a_covered_table_is_read_by_those_whom_a_rule_allows() -> None:
    known = access(rule("raw", "raw.orders", "raw.web_*", allow="analysts"), analysts="ana bob")
    assert decide(known, "bob", "raw.web_visits").verdict == "allowed"
    assert decide(known, "joe", "raw.web_visits").verdict == "not named"
    assert decide(known, "joe", "raw.website").verdict == "open"


def test_a_rule_that_denies_wins_over_all_that_allow() -> None:
    known = access(
        rule("open", "raw.*", allow="everyone analysts"),
        rule("closed", "raw.payroll", deny="interns"),
        interns="joe",
        analysts="joe ana",
    )
    decision = decide(known, "joe", "raw.payroll")
    assert (decision.verdict, [one.name for one in decision.rules]) == ("denied", ["closed"])
    assert decide(known, "ana", "raw.payroll").is_allowed


def test_to_deny_one_group_does_not_allow_the_others() -> None:
    known = access(rule("closed", "raw.payroll", deny="interns"), interns="joe")
    assert decide(known, "ana", "raw.payroll").verdict == "not named"


def test_a_rule_may_cover_what_has_a_tag() -> None:
    known = access(rule("money", "tag:finance", allow="hr"), hr="eve")
    assert not decide(known, "joe", "raw.payroll", ("finance", "daily")).is_allowed
    assert decide(known, "eve", "raw.payroll", ("finance",)).is_allowed
    assert decide(known, "joe", "raw.payroll", ("financed",)).verdict == "open"
    assert needs_tags(known)


def test_a_star_stands_for_dots_and_a_name_only_for_itself() -> None:
    known = access(rule("a", "raw.*", allow="hr"), rule("b", "marts.pay", allow="hr"), hr="eve")
    assert not decide(known, "joe", "raw.eu.orders").is_allowed
    assert decide(known, "joe", "marts.pays").is_allowed
    assert not needs_tags(known)


def test_people_are_told_apart_letter_by_letter() -> None:
    known = access(rule("a", "raw.a", allow="hr"), hr="Eve")
    assert not decide(known, "eve", "raw.a").is_allowed


def test_a_refusal_names_person_table_rule_place_reason_and_whom_to_ask() -> None:
    known = access(rule("payroll-closed", "raw.payroll", deny="everyone", why="Salaries."))
    problem = refusal(decide(known, "joe", "raw.payroll"), owner="hr")
    assert problem.what == "`joe` may not read `raw.payroll`: rule `payroll-closed` denies it"
    assert problem.why == "Salaries."
    assert problem.fix == "ask `hr`, who owns it, or whoever keeps `policies/access.yml`"
    assert str(problem.where) == "policies/access.yml:7:3"


def test_a_refusal_of_whom_no_rule_names_tells_who_may() -> None:
    known = access(
        rule("b", "raw.a", allow="hr"), rule("a", "raw.*", allow="analysts"), hr="eve", analysts=""
    )
    problem = refusal(decide(known, "joe", "raw.a"))
    assert problem.what.endswith("rules `a`, `b` allow only `analysts`, `hr`")
    assert problem.why == "a table that rules cover is read by those whom they allow"
    assert problem.fix == "ask whoever keeps `policies/access.yml`"


def test_a_rule_without_a_reason_says_what_holds() -> None:
    known = access(rule("closed", "raw.a", deny="everyone"))
    problem = refusal(decide(known, "joe", "raw.a"))
    assert problem.why == "what one rule denies no other rule allows"


def test_open_tables_that_read_guarded_ones_are_found() -> None:
    known = access(rule("raw", "raw.*", allow="hr"), rule("m", "tag:shared", allow="everyone"))
    reads = {
        "staging.a": ("ref.days", "raw.a"),
        "staging.b": ("ref.days",),
        "marts.a": ("staging.a",),
        "marts.shared": ("raw.a",),
    }
    tags = {"marts.shared": ("shared",)}
    assert open_readers(known, reads, tags) == (("staging.a", "raw.a"),)
