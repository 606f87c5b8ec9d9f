"""Read what was landed into a raw table, whatever kind of origin it came from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from msgspec.structs import replace

from andon.acquisition.columns.facts import Facts, encode
from andon.acquisition.columns.policy import columns_of_table
from andon.acquisition.columns.table import ORIGIN_COLUMNS
from andon.acquisition.deliveries import repeats
from andon.acquisition.deliveries.choose import Load, choose
from andon.acquisition.readings.fingerprint import reading
from andon.acquisition.readings.layout import Layout, label, lay_out
from andon.catalog.records import DataFile, Delivery, Snapshot
from andon.errors import InternalError, Problem, TaskFailed
from andon.hashing import text_hash
from andon.ports.engine import Engine
from andon.ports.source_reader import NewPart, RawTable
from andon.ports.table_store import TableStore
from andon.reading import complaints
from andon.reading.declared import declared_types
from andon.reading.family import Files, Lazily
from andon.reading.formats import family_of, name_of_family
from andon.reading.measure import measure
from andon.reading.order import Order, order_of
from andon.reading.quoting import identifier
from andon.reading.refusing import is_of_the_file
from andon.reading.rows import rows_of, without_repaired, without_repeats
from andon.reading.stored.digest import hash_file
from andon.schema import Column, Schema
from andon.spec.source import SourceTable

_SHOWN = 3


class RawReader:
    """Implements the port `SourceReader`.

    Args:
        engine: reads the landed bytes; they lie below the folders it may read.
        store: keeps the bytes.
    """

    def __init__(self, engine: Engine, store: TableStore) -> None:
        self._engine = engine
        self._store = store

    def build(
        self,
        table: SourceTable,
        deliveries: Sequence[Delivery],
        prior: Snapshot | None,
        stage: Callable[[str], Path],
        *,
        in_place: bool = False,
        earlier: Callable[[], Sequence[Delivery]] = tuple,
    ) -> RawTable:
        """Read landed deliveries into a typed raw table; a pure function of their set.

        A delivery that cannot be read is left out; its problem is remembered in its facts.

        Args:
            table: what is declared.
            deliveries: all of the table; superseded ones and those set aside are left out here.
            prior: a snapshot whose files may be reused as they are.
            stage: gives a new path to write to, by name.
            in_place: serve Parquet files as they were landed, where that costs readers nothing.
            earlier: all deliveries of the table, asked for if one cannot be read.

        Raises:
            TaskFailed: (SRC...) no delivery can be read, or what is declared does not fit them.
        """
        learned: dict[str, str] = {}

        def told(known: Sequence[Delivery]) -> tuple[Delivery, ...]:
            return tuple(replace(d, facts=learned[d.id]) if d.id in learned else d for d in known)

        while True:
            try:
                raw = self._build(
                    table, told(deliveries), prior, stage, in_place, lambda: told(earlier())
                )
            except _Unreadable as found:
                learned.update(found.facts)
                continue
            return replace(raw, facts=tuple(sorted({**learned, **dict(raw.facts)}.items())))

    def _build(
        self,
        table: SourceTable,
        deliveries: Sequence[Delivery],
        prior: Snapshot | None,
        stage: Callable[[str], Path],
        in_place: bool,
        earlier: Callable[[], Sequence[Delivery]],
    ) -> RawTable:
        """The table, unless a file turns out to be unreadable while its rows are written.

        Raises:
            _Unreadable: then it is to be tried without these.
        """
        key = reading(table)
        lazily = Lazily(
            lambda loads: family_of(table, loads, key, self._engine, self._store, stage)
        )
        known = measure(table, deliveries, earlier, self._store, lazily)
        chosen, facts = known.loads, known.facts
        name_of_family(table, chosen)
        family = lazily.of(chosen)
        loads = [load for load in chosen if load.role == "rows"]
        facts |= self._repeated(loads, facts, family, table)
        in_order = [facts[load.id] for load in loads]
        if not known.is_partial:
            complaints.check_declared(table, in_order)
        typed = replace(table, columns=declared_types(table, self._engine))
        schema = self._schema(columns_of_table(typed, in_order))
        columns = schema.columns[: -len(ORIGIN_COLUMNS)]
        over_limit = self._over_limit(table, loads, facts, family)
        if over_limit is not None:
            bad = [load for load in loads if facts[load.id].aside]
            return RawTable(
                schema=schema,
                kept=(),
                parts=tuple(self._write_aside(bad, f"{table.name}-over", facts, family, stage, "")),
                rows=0,
                set_aside=sum(facts[load.id].aside for load in bad),
                facts=tuple(sorted(known.learned.items())),
                deliveries=known.deliveries,
                over_limit=over_limit,
            )
        if table.is_merged:
            order = order_of(table, deliveries, schema)
            raw = self._merge(table, chosen, facts, family, schema, order, prior, stage)
            learned = tuple(sorted(known.learned.items()))
            nulled = sum(one.nulled for one in in_order)
            return replace(raw, facts=learned, deliveries=known.deliveries, nulled=nulled)
        is_as_landed = in_place and not any(load.left_out for load in loads)
        query = family.in_place(loads, facts, columns) if is_as_landed else ""
        stored = prior.files if prior is not None and prior.schema == schema else ()
        layout = (
            Layout(kept=self._as_landed(loads, facts), groups=())
            if query
            else lay_out(loads, facts, stored, key)
        )
        parts: list[NewPart] = []
        for group in layout.groups:
            mark = label(group, key)
            name = f"{table.name}-{text_hash(mark)}"
            with _finding_broken(group, facts, family, columns):
                parts.extend(self._write(group, name, facts, family, schema, stage, mark))
        _assert_complete(table, in_order, layout.kept, parts)
        return RawTable(
            schema=schema,
            kept=layout.kept,
            parts=tuple(parts),
            rows=sum(one.served for one in in_order),
            set_aside=sum(one.aside for one in in_order),
            nulled=sum(one.nulled for one in in_order),
            facts=tuple(sorted(known.learned.items())),
            query=query,
            deliveries=known.deliveries,
        )

    def _merge(
        self,
        table: SourceTable,
        loads: Sequence[Load],
        facts: dict[str, Facts],
        family: Files,
        schema: Schema,
        order: Order | None,
        prior: Snapshot | None,
        stage: Callable[[str], Path],
    ) -> RawTable:
        """The table in which a later row replaces the earlier one of its key."""
        from andon.reading.merge import Merging

        def select(of: Sequence[Load], columns: Sequence[Column]) -> str:
            return rows_of(of, lambda some: family.select(some, facts, columns))

        merging = Merging(
            table, schema, reading(table), order, self._engine, self._store, select, stage
        )  # fmt: skip
        rows = [load for load in loads if load.role == "rows"]
        with _finding_broken(rows, facts, family, schema.columns[: -len(ORIGIN_COLUMNS)]):
            merged = merging.build(
                loads, {load.id for load in rows if not facts[load.id].served}, prior
            )
        bad = [load for load in rows if facts[load.id].aside]
        aside = self._write_aside(bad, f"{table.name}-merged", facts, family, stage, "")
        return RawTable(
            schema=schema,
            kept=merged.kept,
            parts=(*merged.parts, *aside),
            rows=merged.rows,
            set_aside=sum(facts[load.id].aside for load in bad),
        )

    def restore(self, deliveries: Sequence[Delivery], again: Callable[[Load], bool]) -> None:
        """Hash the landed bytes of a table; land anew what is missing or altered; see the port."""
        for load in choose(deliveries):
            landed = self._store.raw(load.content)
            if landed.exists() and hash_file(landed) == load.content:
                continue
            again(load)
            record = self._store.landed(load.content, rows=0)
            self._store.verify(record, deep=True)

    def _as_landed(self, loads: Sequence[Load], facts: dict[str, Facts]) -> tuple[DataFile, ...]:
        """Records of the landed files that have rows."""
        return tuple(
            self._store.landed(load.content, rows=facts[load.id].served, label=load.id)
            for load in loads
            if facts[load.id].served
        )

    def _over_limit(
        self, table: SourceTable, loads: Sequence[Load], facts: dict[str, Facts], family: Files
    ) -> Problem | None:
        """What to say when more records are malformed than the table allows."""
        bad = {load.id: max(0, facts[load.id].bad - facts[load.id].repaired) for load in loads}
        total = sum(facts[load.id].records - facts[load.id].around for load in loads)
        if not any(bad.values()) or table.limit.allows(sum(bad.values()), total):
            return None
        worst = sorted(loads, key=lambda load: -bad[load.id])[:_SHOWN]
        shown = [
            (load.path, bad[load.id], family.set_aside(load, facts[load.id])[1])
            for load in worst
            if bad[load.id]
        ]
        return complaints.too_many_malformed(table, sum(bad.values()), total, shown)

    def _repeated(
        self, loads: Sequence[Load], facts: dict[str, Facts], family: Files, table: SourceTable
    ) -> dict[str, Facts]:
        """Facts of the loads with records that arrived before or that repairs replace, with how many
        rows these would be."""
        found = {}
        for load in loads:
            if not load.left_out and not load.lines:
                continue
            one = facts[load.id]
            count, repaired = repeats.count_of(load.left_out), 0
            if one.aside:
                # A record may be malformed and repeated: it is counted once, as malformed.
                columns = columns_of_table(table, [one])
                query = without_repeats(family.select([load], facts, columns), [load])
                count = one.served - self._count(query)
                repaired = one.aside - self._count(self._aside_of(load, one, family))
            found[load.id] = replace(one, repeated=count, repaired=repaired)
        return found

    def _aside_of(self, load: Load, facts: Facts, family: Files) -> str:
        """Query of the set-aside records of a load that no repair replaces."""
        query = family.set_aside(load, facts)[0]
        return without_repaired(query, load, has_rows=bool(facts.unfit))

    def _count(self, query: str) -> int:
        return int(self._engine.rows(f"select count(*) from ({query})")[0][0]) if query else 0

    def _schema(self, columns: Sequence[Column]) -> Schema:
        """Schema with the form in which each column is stored, as the engine knows it."""
        outputs = (
            f"cast(null as {column.type}) as {identifier(column.name)}"
            for column in (*columns, *ORIGIN_COLUMNS)
        )
        return self._engine.describe(f"select {', '.join(outputs)}", {})

    def _write(
        self,
        group: Sequence[Load],
        name: str,
        facts: dict[str, Facts],
        family: Files,
        schema: Schema,
        stage: Callable[[str], Path],
        mark: str,
    ) -> list[NewPart]:
        """Stage the rows of a group as one file, and its malformed rows as another."""
        parts: list[NewPart] = []
        columns = schema.columns[: -len(ORIGIN_COLUMNS)]
        query = rows_of(group, lambda some: family.select(some, facts, columns))
        if query:
            staged = stage(f"{name}.parquet")
            written = self._engine.write(query, {}, schema, staged)
            parts.append(NewPart(staged=staged, rows=written.rows, label=mark))
        bad = [load for load in group if facts[load.id].aside]
        return [*parts, *self._write_aside(bad, name, facts, family, stage, mark)]

    def _write_aside(
        self,
        bad: Sequence[Load],
        name: str,
        facts: dict[str, Facts],
        family: Files,
        stage: Callable[[str], Path],
        mark: str,
    ) -> list[NewPart]:
        """Stage the malformed rows of loads as one file; nothing where there are none."""
        if not bad:
            return []
        aside = "\nunion all\n".join(self._aside_of(load, facts[load.id], family) for load in bad)
        staged = stage(f"{name}-aside.parquet")
        kind = self._engine.describe(aside, {})
        written = self._engine.write(aside, {}, kind, staged)
        return [NewPart(staged=staged, rows=written.rows, label=mark, role="aside")]


class _Unreadable(Exception):
    """Files turned out to be unreadable; their facts by id of the delivery."""

    def __init__(self, facts: dict[str, str]) -> None:
        super().__init__()
        self.facts = facts


@contextmanager
def _finding_broken(
    loads: Sequence[Load], facts: dict[str, Facts], family: Files, columns: Sequence[Column]
) -> Iterator[None]:
    """Where the engine fails on the bytes of some loads, say of which.

    Raises:
        _Unreadable: these cannot be read after all.
        TaskFailed: (SRC...) a member of an archive cannot; or what has its cause elsewhere.
    """
    try:
        yield
    except TaskFailed as failure:
        is_told = failure.code.startswith("SRC") or not is_of_the_file(failure)
        broken = {} if is_told else family.broken(loads, facts, columns)
        found = [load for load in loads if load.id in broken and not load.member]
        if found:
            raise _Unreadable(
                {i: encode(broken[load.id]) for load in found for i in load.ids}
            ) from failure
        inside = [problem for one in broken.values() for problem in one.refused]
        if inside:
            raise TaskFailed(
                *(Problem(code=r.code, what=r.what, why=r.why, fix=r.fix) for r in inside)
            ) from failure
        raise


def _assert_complete(
    table: SourceTable, facts: Sequence[Facts], kept: Sequence[DataFile], parts: Sequence[NewPart]
) -> None:
    """Rows counted = rows kept and written, good and malformed alike."""
    for role, counted in (
        ("data", sum(one.served for one in facts)),
        ("aside", sum(one.aside for one in facts)),
    ):
        stored = sum(file.rows for file in kept if file.role == role)
        written = sum(part.rows for part in parts if part.role == role)
        if stored + written != counted:
            raise InternalError(complaints.rows_lost(table, counted, stored + written))
