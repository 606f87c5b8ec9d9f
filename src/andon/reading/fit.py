"""Hold the files of a table to its declared columns, whatever family of formats they are of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

from msgspec import Struct
from msgspec.structs import replace

from andon.acquisition.columns.facts import Facts, refuse
from andon.acquisition.columns.policy import (
    Deviation,
    clashing,
    deviation,
    is_refused,
    notes_of_discarded,
    refusal,
    type_word,
)
from andon.acquisition.columns.shape import below, grown, inner, shape_of, steps_of
from andon.acquisition.deliveries.choose import Load
from andon.errors import TaskFailed
from andon.ports.engine import Engine
from andon.reading import complaints
from andon.reading.batches import batches
from andon.reading.declared import declared_types
from andon.reading.family import Files
from andon.reading.fit_queries import Form, Held, has_more, hold, is_there
from andon.reading.quoting import identifier, literal
from andon.reading.refusing import is_of_the_file
from andon.schema import Column
from andon.spec.source import SourceTable

_BATCH = 128
_SHOWN = 3
_LOOSE = {"text": "VARCHAR", "json": "JSON"}
_ASIDE = "_file, _line, _reason, _text, _row"


def loosened(table: SourceTable) -> SourceTable:
    """A table as its family has to read it: every value as it comes.

    What has no header has its names from the declaration.
    """
    is_named = table.dialect.header is False
    columns = tuple((name, "VARCHAR") for name, _ in table.columns) if is_named else ()
    return replace(table, columns=columns)


class _Alike(Struct, frozen=True, kw_only=True):
    """Loads whose columns are spelled alike, and what is asked of their rows.

    Attributes:
        source: all well-formed rows as they come, in the spelling of the files.
        held: table column (in lower case) to its value.
        reasons: why a row is set aside, each with its test.
        frozen, nulled: column and type to the test for a value that does not fit.
    """

    source: str
    names: tuple[str, ...]
    held: Mapping[str, Held]
    reasons: tuple[tuple[str, str], ...]
    frozen: tuple[tuple[str, str, str], ...]
    nulled: tuple[tuple[str, str, str], ...]

    @property
    def is_aside(self) -> str:
        """Whether a row is set aside; "" is never."""
        tests = " or ".join(f"coalesce({test}, false)" for _, test in self.reasons)
        return f"({tests})" if tests else ""

    @property
    def is_judged(self) -> bool:
        """Whether rows have to be looked at."""
        return bool(self.reasons or self.frozen or self.nulled)


class FittedFiles:
    """Implements `Files` over the files of one family.

    Args:
        table: with what is declared; family: made for the `loosened` table.
        form: how its values come.
    """

    def __init__(
        self, table: SourceTable, reading: str, engine: Engine, family: Files, form: Form
    ) -> None:
        self._table = table
        self._reading = reading
        self._engine = engine
        self._family = family
        self._form = form

    def measure(self, loads: Sequence[Load]) -> dict[str, Facts]:
        """Facts of loads, by id; one that is not as declared is refused (SRC071) if that is asked."""
        return self._held(loads, self._family.measure(loads))

    def _held(self, loads: Sequence[Load], found: dict[str, Facts]) -> dict[str, Facts]:
        """Facts that the family gave, once the columns and rows of the loads are judged."""
        judged: list[Load] = []
        deviations: dict[str, Deviation] = {}
        for load in loads:
            facts = found[load.id]
            if facts.refused or not facts.columns:
                continue
            seen = deviations[load.id] = deviation(self._table, self._types, facts.columns)
            clash = clashing(self._types, facts.columns)
            if clash is not None:
                found[load.id] = refuse(
                    self._reading, (complaints.told_by_case(load.path, *clash),)
                )
            elif is_refused(self._table, seen):
                found[load.id] = self._refused(load, seen)
            else:
                judged.append(load)
        for group in self._groups(judged, found):
            found |= self._judged_group(group, found, deviations)
        return found

    def _judged_group(
        self,
        group: Sequence[Load],
        found: dict[str, Facts],
        deviations: Mapping[str, Deviation],
    ) -> dict[str, Facts]:
        """Facts of loads whose rows were looked at; one that cannot be read is found among them."""
        alike = self._alike(group, found)
        try:
            counted = self._count(alike) if alike.is_judged else {}
        except TaskFailed as error:
            if len(group) > 1:
                half = len(group) // 2
                first = self._judged_group(group[:half], found, deviations)
                return first | self._judged_group(group[half:], found, deviations)
            broken = self.broken(group, found, ()) if is_of_the_file(error) else {}
            if not broken:
                raise
            return broken
        return {
            load.id: self._judged(
                load, found[load.id], deviations[load.id], alike, counted.get(load.path, ())
            )
            for load in group
        }

    def select(
        self, loads: Sequence[Load], facts: dict[str, Facts], columns: Sequence[Column]
    ) -> str:
        """Query of all rows that are served, in the columns of the table."""
        served = [load for load in loads if facts[load.id].served]
        return "\nunion all\n".join(
            self._rows(self._alike(group, facts, columns), columns)
            for group in self._groups(served, facts)
        )

    def in_place(
        self, loads: Sequence[Load], facts: dict[str, Facts], columns: Sequence[Column], /
    ) -> str:
        """As the family does, where every value is served just as it lies in its file."""
        kinds = {column.name.casefold(): column.type for column in columns}
        for load in loads:
            one = facts[load.id]
            own = {name.casefold(): evidence for name, evidence in one.columns}
            is_cast = any(
                own.get(n, (kind,)) != (kind,) and inner(kind)[1] for n, kind in kinds.items()
            )
            if one.unfit or one.nulled or is_cast:
                return ""
        return self._family.in_place(loads, self._inner(loads, facts), columns)

    def broken(
        self, loads: Sequence[Load], facts: dict[str, Facts], _columns: Sequence[Column]
    ) -> dict[str, Facts]:
        """Those that cannot be read after all, refused, or without what cannot be read of them."""
        # Their values are held to types here, never in the family.
        found = self._family.broken(loads, self._inner(loads, facts), ())
        return self._held([load for load in loads if load.id in found], found)

    def set_aside(self, load: Load, facts: Facts, /) -> tuple[str, tuple[str, ...]]:
        """Query of the rows that are set aside, and the first of them in words."""
        queries: list[str] = []
        first: tuple[str, ...] = ()
        own = _inner(facts)
        if own.bad or own.around:
            query, first = self._family.set_aside(load, own)
            queries.append(f"select {_ASIDE} from (select *, null::bigint as _row from ({query}))")
        if facts.unfit:
            alike = self._alike([load], {load.id: facts})
            query = self._aside(alike)
            queries.append(query)
            shown = f"select _row, _reason from ({query}) order by _row limit {_SHOWN}"
            rows = self._engine.rows(shown)
            first = (*first, *(f"record {at}: {why}" for at, why in rows))[:_SHOWN]
        return "\nunion all\n".join(queries), first

    @cached_property
    def _types(self) -> dict[str, str]:
        """Declared types by column in lower case, as the engine spells them."""
        return {n.casefold(): kind for n, kind in declared_types(self._table, self._engine)}

    def _inner(self, loads: Sequence[Load], facts: Mapping[str, Facts]) -> dict[str, Facts]:
        return {load.id: _inner(facts[load.id]) for load in loads}

    def _groups(self, loads: Sequence[Load], facts: Mapping[str, Facts]) -> Iterator[list[Load]]:
        spelled: dict[str, str] = {}
        for load in loads:
            for name, _ in facts[load.id].columns:
                spelled.setdefault(name.casefold(), name)

        def key(load: Load) -> object:
            columns = facts[load.id].columns
            if self._form == "typed":
                return columns
            return tuple(sorted(n for n, _ in columns if spelled[n.casefold()] != n))

        return batches(loads, key, _BATCH)

    def _alike(
        self, group: Sequence[Load], facts: Mapping[str, Facts], columns: Sequence[Column] = ()
    ) -> _Alike:
        """What is asked of the rows of loads whose columns are spelled alike."""
        own = dict(shape_of([facts[load.id] for load in group]))
        table_types = {column.name.casefold(): column.type for column in columns}
        loose = [
            Column(name=name, type=self._loose(name.casefold(), kind, table_types))
            for name, kind in own.items()
        ]
        held: dict[str, Held] = {}
        reasons: list[tuple[str, str]] = []
        frozen: list[tuple[str, str, str]] = []
        nulled: list[tuple[str, str, str]] = []
        for name, kind in own.items():
            folded = name.casefold()
            wanted = self._types.get(folded)
            goal = table_types.get(folded) or (self._goal(wanted, kind) if wanted else None)
            if goal is None:
                continue
            value = f"b.{identifier(name)}"
            dialect = self._table.dialect
            held[folded] = one = hold(self._form, value, kind, goal, dialect, declared=wanted)
            if wanted is None:
                continue
            if more := has_more(self._form, value, kind, wanted):
                if self._table.schema_policy.columns == "freeze":
                    frozen.append((name, wanted, more))
                else:
                    reasons.append((f"`{name}` has fields that are not declared", more))
            if not one.misfit:
                continue
            match type_word(self._table, name):
                case "freeze":
                    frozen.append((name, wanted, one.misfit))
                case "discard-value":
                    nulled.append((name, wanted, one.misfit))
                case _:
                    reasons.append((f"`{name}` is no {wanted}", one.misfit))
        if self._table.schema_policy.columns == "discard-row":
            seen = tuple((name, (kind,)) for name, kind in own.items())
            for path in sorted(deviation(self._table, self._types, seen).undeclared):
                there = is_there(self._form, f"b.{identifier(steps_of(path)[0])}", path)
                reasons.append((f"`{path}` is not declared", there))
        inside = self._inner(group, facts)
        return _Alike(
            source=self._family.select(group, inside, loose),
            names=tuple(own),
            held=held,
            reasons=tuple(reasons),
            frozen=tuple(frozen),
            nulled=tuple(nulled),
        )

    def _loose(self, folded: str, found: str, table_types: Mapping[str, str]) -> str:
        """How a column is asked of the family: as it comes, where its values are to be looked at."""
        if self._form == "json" and folded not in self._types and folded in table_types:
            return table_types[folded]
        return _LOOSE.get(self._form, found)

    def _goal(self, declared: str, found: str) -> str:
        """The type of a declared column in the table, as far as some of its files tell."""
        evolves = self._table.schema_policy.columns == "evolve"
        return grown(declared, found) if evolves else declared

    def _count(self, alike: _Alike) -> dict[str, tuple[int, ...]]:
        """By path: rows to set aside, then values that do not fit, frozen ones first."""
        if not alike.source:
            return {}
        kept = f"not {alike.is_aside}" if alike.is_aside else "true"
        counts = [f"count(*) filter ({alike.is_aside or 'false'})"]
        counts += [f"count(*) filter ({test})" for _, _, test in alike.frozen]
        counts += [f"count(*) filter ({test} and {kept})" for _, _, test in alike.nulled]
        rows = self._engine.rows(
            f"select b._file, {', '.join(counts)} from ({alike.source}) b group by b._file"
        )
        return {path: tuple(found) for path, *found in rows}

    def _judged(
        self, load: Load, facts: Facts, seen: Deviation, alike: _Alike, row: tuple[int, ...]
    ) -> Facts:
        """Facts with what the policy makes of the rows."""
        unfit, *counts = row or (0, *(0 for _ in (*alike.frozen, *alike.nulled)))
        frozen = _counted(alike.frozen, counts[: len(alike.frozen)])
        if frozen:
            return self._refused(load, seen, frozen)
        nulled = _counted(alike.nulled, counts[len(alike.frozen) :])
        left_out = () if self._table.schema_policy.columns == "evolve" else seen.undeclared
        return replace(
            facts,
            bad=facts.bad + unfit,
            unfit=unfit,
            nulled=sum(count for _, _, count in nulled),
            notes=(*facts.notes, *notes_of_discarded(left_out, nulled)),
        )

    def _refused(
        self, load: Load, seen: Deviation, unfit: Sequence[tuple[str, str, int]] = ()
    ) -> Facts:
        return refuse(self._reading, (refusal(self._table, load.path, seen, unfit),))

    def _rows(self, alike: _Alike, columns: Sequence[Column]) -> str:
        outputs = []
        for column in columns:
            one = alike.held.get(column.name.casefold())
            value = one.value if one else f"cast(null as {column.type})"
            outputs.append(f"{value} as {identifier(column.name)}")
        where = f" where not {alike.is_aside}" if alike.is_aside else ""
        return f"select {', '.join([*outputs, 'b._file', 'b._row'])} from ({alike.source}) b{where}"

    def _aside(self, alike: _Alike) -> str:
        cases = " ".join(f"when {test} then {literal(why)}" for why, test in alike.reasons)
        pairs = ", ".join(f"{literal(name)}, b.{identifier(name)}" for name in alike.names)
        return (
            f"select b._file, null::bigint as _line, case {cases} end as _reason, "
            f"cast(json_object({pairs}) as varchar) as _text, b._row "
            f"from ({alike.source}) b where {alike.is_aside}"
        )


def _inner(facts: Facts) -> Facts:
    """Facts as the family found them."""
    return replace(facts, bad=facts.bad - facts.unfit, unfit=0, nulled=0)


def _counted(
    tests: Sequence[tuple[str, str, str]], counts: Sequence[int]
) -> list[tuple[str, str, int]]:
    return [
        (below("", name), kind, count)
        for (name, kind, _), count in zip(tests, counts, strict=True)
        if count
    ]
