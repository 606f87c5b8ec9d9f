"""What a plan says of every asset, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from andon.catalog.records import Audit, CheckResult, Digest, InputRef, Pointer, Snapshot, State
from andon.graph.order import build
from andon.names import AssetName
from andon.planning.action import Action, Forecast, Plan
from andon.planning.plan import Identity, Question, fingerprints, key_of, plan
from andon.schema import Schema
from andon.spec.asset import AssetSpec
from andon.spec.check import Check, Relationship, identity_of
from andon.spec.origin import FilesOrigin
from andon.spec.project import ProjectSpec
from andon.spec.source import SourceSpec, SourceTable
from andon.sql.read import read_sql

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
ENGINE = "2.0.1"
QUERIES = {
    "m.a": "select id from raw.t",
    "m.b": "select id + 1 as id from m.a",
    "m.c": "select count(*) as n from m.b",
}


def asset(name: str, query: str, checks: tuple[Check, ...] = ()) -> AssetSpec:
    body, _ = read_sql(query, 0, f"{name}.sql", seeded=True)
    return AssetSpec(name=AssetName(name), path=f"{name}.sql", body=body, checks=checks)


@dataclass(kw_only=True)
class World:
    """A project, and a state in which everything declared at first is served."""

    queries: dict[str, str] = field(default_factory=lambda: dict(QUERIES))
    checks: dict[str, tuple[Check, ...]] = field(default_factory=dict)
    splits: dict[str, str] = field(default_factory=dict)
    raw_key: str = "raw-key"
    snapshots: dict[str, Snapshot] = field(default_factory=dict)
    finished: dict[tuple[str, str, str], Snapshot] = field(default_factory=dict)
    audits: dict[tuple[str, str], Audit] = field(default_factory=dict)
    withdrawn: frozenset[tuple[str, str, str]] = frozenset()

    def project(self) -> ProjectSpec:
        table = SourceTable(
            name=AssetName("raw.t"), source="raw", origin=FilesOrigin(paths=("t.csv",))
        )
        return ProjectSpec(
            name="p",
            sources=(SourceSpec(name="raw", path="raw.yml", tables=(table,)),),
            assets=tuple(asset(n, q, self.checks.get(n, ())) for n, q in self.queries.items()),
        )

    def plan(
        self,
        selected: frozenset[str] | None = None,
        engine: str = ENGINE,
        damaged: frozenset[str] = frozenset(),
    ) -> Plan:
        project = self.project()
        edges: dict[str, tuple[str, ...]] = {"raw.t": ()}
        edges.update({a.name: a.reads for a in project.assets})
        state = State(
            environment="prod",
            publication=7,
            pointers={
                n: Pointer(asset=n, snapshot_id=s.id, publication=7)
                for n, s in self.snapshots.items()
            },
            snapshots={s.id: s for s in self.snapshots.values()},
            audits=self.audits,
            withdrawn=self.withdrawn,
            deliveries={},
        )
        return plan(
            Question(
                project=project,
                graph=build(edges),
                state=state,
                forecasts={
                    "raw.t": Forecast(
                        fingerprint="raw", build_key=self.raw_key, reasons=("1 new file",)
                    )
                },
                identities={
                    n: Identity(
                        split=self.splits.get(n, ""),
                        checks="+".join(identity_of(c) for c in self.checks.get(n, ())),
                    )
                    for n in edges
                },
                find=self.finished.get,
                engine_version=engine,
                logical_time=NOON,
                selected=selected,
                fingerprints=fingerprints(project),
                damaged=damaged,
            )
        )


def snapshot(name: str, key: str, own: str, content: str = "") -> Snapshot:
    return Snapshot(
        id=f"{name}@{key[:6]}",
        asset=name,
        kind="table",
        build_key=key,
        split="",
        fingerprint=own,
        schema=Schema(columns=()),
        rows=1,
        digest=Digest(algorithm="x", value=content or f"content of {name}"),
        run_id="r",
        created_at=NOON,
    )


def served() -> World:
    """Everything is built and served as declared."""
    world = World()
    own = fingerprints(world.project())
    world.snapshots["raw.t"] = snapshot("raw.t", "raw-key", "raw")
    for declared in world.project().assets:
        refs = tuple(
            InputRef(asset=n, snapshot_id="", digest=world.snapshots[n].digest.value)
            for n in declared.reads
        )
        key = key_of(declared, own[declared.name], refs, ENGINE, NOON)
        world.snapshots[declared.name] = snapshot(declared.name, key, own[declared.name])
    return world


def verbs(made: Plan) -> dict[str, str]:
    return {action.asset: action.verb for action in made.actions}


def action(made: Plan, name: str) -> Action:
    found = made.action(name)
    assert found is not None
    return found


def told(made: Plan, name: str) -> tuple[str, tuple[str, ...]]:
    found = action(made, name)
    return found.verb, found.reasons


def result(check: Check, verdict: str, reads: Mapping[str, str]) -> CheckResult:
    return CheckResult(
        check=identity_of(check),
        label="related",
        kind="relationship",
        on_fail="stop",
        verdict="fail" if verdict == "fail" else "pass",
        failing=1,
        total=1,
        observed="",
        reads=tuple(reads.items()),
    )


def audit(snapshot_id: str, checks: str, *results: CheckResult) -> Audit:
    return Audit(snapshot_id=snapshot_id, checks=checks, results=results, run_id="r", at=NOON)


def test_nothing_is_due_when_nothing_changed() -> None:
    made = served().plan()
    assert set(verbs(made).values()) == {"nothing"}
    assert not made.has_work


def test_what_was_never_built_is_new() -> None:
    made = World().plan()
    assert told(made, "m.a") == ("build", ("new",))
    assert verbs(made) == dict.fromkeys(("raw.t", "m.a", "m.b", "m.c"), "build")


def test_new_files_build_the_raw_table_with_their_number_as_reason() -> None:
    world = served()
    world.raw_key = "other"
    made = world.plan()
    assert told(made, "raw.t") == ("build", ("1 new file",))
    assert told(made, "m.a") == ("maybe", ("if the content of `raw.t` changes",))


def test_a_changed_definition_is_built_and_its_readers_perhaps() -> None:
    world = served()
    world.queries["m.a"] = "select id * 2 as id from raw.t"
    made = world.plan()
    assert told(made, "m.a") == ("build", ("its definition changed",))
    assert told(made, "m.b") == ("maybe", ("if the content of `m.a` changes",))


def test_an_input_that_changed_already_is_the_reason() -> None:
    world = served()
    world.snapshots["m.a"] = snapshot(
        "m.a", world.snapshots["m.a"].build_key, world.snapshots["m.a"].fingerprint, "other"
    )
    assert told(world.plan(), "m.b") == ("build", ("its inputs changed",))


def test_a_finished_snapshot_is_reused() -> None:
    world = served()
    old = world.snapshots.pop("m.c")
    world.finished["m.c", old.build_key, ""] = old
    assert told(world.plan(), "m.c") == (
        "reuse",
        ("a finished snapshot with this key is at hand",),
    )


def test_changed_checks_are_only_judged() -> None:
    world = served()
    world.checks["m.a"] = (Relationship(columns=("id",), to_asset="m.b", to_columns=("id",)),)
    made = world.plan()
    assert told(made, "m.a") == ("audit", ("its checks changed",))
    assert verbs(made)["m.b"] == "nothing"


def test_a_check_that_failed_on_what_is_served_is_due_until_it_passes() -> None:
    world = served()
    check = Relationship(columns=("id",), to_asset="m.b", to_columns=("id",))
    world.checks["m.a"] = (check,)
    own = world.snapshots["m.a"].id
    world.audits[own, identity_of(check)] = audit(own, identity_of(check))
    reads = {"m.b": world.snapshots["m.b"].id}
    world.audits[own, "across"] = audit(own, "across", result(check, "fail", reads))
    assert told(world.plan(), "m.a")[0] == "audit"

    world.audits[own, "across"] = audit(own, "across", result(check, "pass", reads))
    assert told(world.plan(), "m.a")[0] == "nothing"


def test_a_verdict_on_snapshots_that_are_not_served_counts_for_nothing() -> None:
    world = served()
    check = Relationship(columns=("id",), to_asset="m.b", to_columns=("id",))
    world.checks["m.a"] = (check,)
    own = world.snapshots["m.a"].id
    world.audits[own, identity_of(check)] = audit(own, identity_of(check))
    world.audits[own, "across"] = audit(own, "across", result(check, "fail", {"m.b": "held"}))
    assert told(world.plan(), "m.a")[0] == "nothing"


def test_other_rows_to_set_aside_build_the_asset_anew() -> None:
    world = served()
    world.splits["m.a"] = "other"
    assert told(world.plan(), "m.a") == ("build", ("rows to set aside are declared differently",))


def test_a_withdrawn_build_is_blocked() -> None:
    world = served()
    newest = world.snapshots["m.b"]
    world.snapshots["m.b"] = snapshot("m.b", "older", newest.fingerprint)
    world.withdrawn = frozenset({("m.b", newest.build_key, "")})
    assert told(world.plan(), "m.b") == ("blocked", ("this build was withdrawn by a rollback",))


def test_a_build_that_is_served_again_is_not_blocked() -> None:
    world = served()
    world.withdrawn = frozenset({("m.b", world.snapshots["m.b"].build_key, "")})
    assert told(world.plan(), "m.b") == ("nothing", ())


def test_another_key_of_withdrawn_content_is_blocked() -> None:
    world = served()
    newest = world.snapshots["m.b"]
    world.snapshots["m.b"] = snapshot("m.b", "older", newest.fingerprint)
    world.finished["m.b", newest.build_key, ""] = snapshot("m.b", "taken back", "other")
    world.withdrawn = frozenset({("m.b", "taken back", "")})
    assert told(world.plan(), "m.b")[0] == "blocked"


def test_what_reads_a_withdrawn_build_that_nothing_replaces_is_blocked_too() -> None:
    world = served()
    newest = world.snapshots.pop("m.b")
    del world.snapshots["m.c"]
    world.withdrawn = frozenset({("m.b", newest.build_key, "")})
    made = world.plan()
    assert told(made, "m.c") == ("blocked", ("reads `m.b`, which was withdrawn",))
    assert not made.has_work


def test_what_is_no_longer_declared_is_removed() -> None:
    world = served()
    del world.queries["m.c"]
    made = world.plan()
    assert told(made, "m.c") == ("remove", ("no longer declared",))


def test_a_rename_is_recognised_by_its_definition() -> None:
    world = served()
    world.queries["m.top"] = world.queries.pop("m.c")
    made = world.plan()
    assert (verbs(made)["m.top"], action(made, "m.top").renamed_from) == ("rename", "m.c")
    assert told(made, "m.c") == ("remove", ("renamed",))


def test_a_damaged_snapshot_is_built_anew() -> None:
    world = served()
    made = world.plan(damaged=frozenset({world.snapshots["m.b"].id}))
    assert told(made, "m.b") == ("build", ("a file of its snapshot is missing or altered",))


def test_another_minor_version_of_the_engine_makes_assets_due() -> None:
    made = served().plan(engine="2.1.0")
    assert verbs(made)["m.a"] == "build"


def test_a_selection_touches_nothing_else_and_says_what_it_left_out() -> None:
    world = served()
    world.queries["m.a"] = "select id * 2 as id from raw.t"
    world.queries["m.b"] = "select id + 2 as id from m.a"
    made = world.plan(selected=frozenset({"m.b"}))
    assert verbs(made) == {"raw.t": "nothing", "m.a": "nothing", "m.b": "build", "m.c": "nothing"}
    assert made.left_out == ("m.a",)
    assert told(made, "m.a") == ("nothing", ("not selected",))


def test_a_selection_removes_nothing() -> None:
    world = served()
    del world.queries["m.c"]
    assert "m.c" not in verbs(world.plan(selected=frozenset({"m.a"})))


def test_a_plan_names_every_pointer_it_read() -> None:
    world = served()
    del world.snapshots["m.c"]
    pointers = dict(world.plan().pointers)
    assert set(pointers) == {"raw.t", "m.a", "m.b", "m.c"}
    assert pointers["m.c"] is None


def test_actions_stand_in_an_order_that_can_be_executed() -> None:
    assert list(verbs(served().plan())) == ["raw.t", "m.a", "m.b", "m.c"]
