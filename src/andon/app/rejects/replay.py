"""Replay: let in again what was rejected, repaired or as it is; the originals stay landed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from andon.acquisition.columns.facts import decode, may_be_refused
from andon.acquisition.deliveries.decide import delivery_id
from andon.acquisition.deliveries.repairs import Repair, encode
from andon.acquisition.deliveries.repeats import numbers_text
from andon.acquisition.readings.fingerprint import reading
from andon.app.holding.permit import require
from andon.app.preparing.forecast import in_force
from andon.app.rejects.places import Place, Spot, check_waiting, no_such, places_of, waiting_in
from andon.app.rejects.repaired import Repaired, names_records, records_of
from andon.app.showing.inspect import find_asset
from andon.catalog.commit import AddDeliveries, Commit, Emit, SetDeliveryState, Update
from andon.catalog.records import Delivery
from andon.events import DeliveryReplayed, DeliveryRestored
from andon.execution.line import Tools
from andon.hashing import value_hash
from andon.names import did_you_mean
from andon.reading.compose import Composer, refused
from andon.reading.stored.digest import hash_file
from andon.spec.format import format_of
from andon.spec.project import ProjectSpec
from andon.spec.source import SourceTable

_SHOWN = 3


class Landing(Struct, frozen=True, kw_only=True):
    """A delivery that repairs another one.

    Attributes:
        path: of the repair; repairs: path of what it repairs.
        rows: records of that it replaces; None is all of it.
        is_new: False if it was landed before.
    """

    path: str
    repairs: str
    rows: int | None
    is_new: bool


class Replayed(Struct, frozen=True, kw_only=True):
    """What a replay did.

    Attributes:
        landed: repairs; restored: paths put back after they were set aside; tried: paths of refused
            deliveries that the next run tries again.
    """

    table: str
    landed: tuple[Landing, ...] = ()
    restored: tuple[str, ...] = ()
    tried: tuple[str, ...] = ()


class Replay:
    """One replay into one raw table. Safe to repeat: what was landed before is not landed again.

    Args:
        by: who replays; recorded.

    Raises:
        Denied: (POL001) who may not read the table does not repair what is in it.
    """

    def __init__(
        self, tools: Tools, spec: ProjectSpec, environment: str, name: str, by: str
    ) -> None:
        asset = find_asset(spec, name)
        if not isinstance(asset, SourceTable):
            raise no_such(
                f"`{name}` is no raw table",
                "deliveries arrive in raw tables; what a check sets aside further on came from there",
                "repair the record in the raw table it comes from, or mend the asset",
            )
        require(tools, spec, (name,))
        self._tools = tools
        self._spec = spec
        self._environment = environment
        self._table = asset
        self._by = by

    def again(self) -> Replayed:
        """Forget what is known of refused deliveries, so that the next run tries them again."""
        known = self._known()
        tried = [d for d in known if d.state == "refused" or self._has_refused_member(d)]
        updates: list[Update] = [
            AddDeliveries(deliveries=(replace(d, facts="", state="landed"),)) for d in tried
        ]
        self._commit([*updates, *self._restored(tried)])
        return Replayed(table=self._table.name, tried=tuple(sorted(d.path for d in tried)))

    def file(self, file: Path, replaces: str = "") -> Replayed:
        """Land a repaired file, or put back the delivery that was set aside and has that path.

        Args:
            file: names the records that it repairs, or takes the place of a whole delivery.
            replaces: path of that delivery, or its end; found if empty.

        Raises:
            UsageError: (APP011) there is nothing to repair or put back by that name; (APP012) the
                file cannot be taken.
        """
        with self._tools.store.lock(f"replay-{self._table.name}"):
            aside = self._set_aside(file) if not replaces else ()
            if aside:
                return self._put_back(aside)
            if not file.is_file():
                raise no_such(
                    f"there is no file `{file}`, and no such delivery was set aside",
                    "a repaired file is landed; a delivery that was set aside is put back by its path",
                    did_you_mean(
                        str(file),
                        [d.path for d in self._all() if d.state == "set_aside"],
                        f"see `andon quarantine show {self._table.name}`",
                    ),
                )
            if not replaces and names_records(file):
                return self._records(records_of(file))
            return self._whole(file, replaces)

    def _records(self, records: Sequence[Repaired]) -> Replayed:
        known = self._known()
        places = places_of(self._table, known)
        grouped: dict[str, list[Repaired]] = {}
        for one in records:
            grouped.setdefault(one.file, []).append(one)
        unknown = [file for file in grouped if file not in places]
        if unknown:
            raise no_such(
                f"`{self._table.name}` has no delivery `{unknown[0]}`",
                "a repair takes the place of records of a delivery that is in force",
                did_you_mean(unknown[0], places, "export the rejected records anew"),
            )
        waiting = waiting_in(self._tools, self._spec, self._environment, self._table, grouped)
        landed = [
            self._land_records(places[file], file, group, known, waiting)
            for file, group in grouped.items()
        ]
        return self._record(landed)

    def _land_records(
        self,
        place: Place,
        file: str,
        group: Sequence[Repaired],
        known: Sequence[Delivery],
        waiting: frozenset[Spot],
    ) -> tuple[Delivery, Delivery, int | None]:
        ordered = sorted(group, key=lambda one: (one.line or 0, one.row or 0))
        run_id = self._tools.new_id()
        composer = Composer(
            self._table,
            file,
            place.facts,
            self._tools.engine(),
            lambda name: self._tools.store.stage(run_id, name),
        )
        with composer.compose([one.text for one in ordered]) as stream:
            kept = self._tools.store.land(stream)
        repair = Repair(
            of=place.load.id,
            member=place.member,
            lines=numbers_text(one.line for one in ordered if one.line is not None),
            rows=numbers_text(one.row for one in ordered if one.row is not None),
            by=self._by,
        )
        original = next(d for d in known if d.id == repair.of)
        made = self._delivery(original, file, kept, repair, run_id)
        if made.id not in {d.id for d in self._all()}:
            check_waiting(self._table, place, ordered, waiting)
        return made, original, len(ordered)

    def _whole(self, file: Path, replaces: str) -> Replayed:
        known = self._known()
        original = self._original(file, replaces, known)
        own, theirs = format_of(file.name), format_of(original.path)
        if self._table.format is None and own != theirs:
            raise refused(
                f"`{file.name}` is not of the format of `{original.path}`",
                "it is read in its place, as it was to be read",
                f"name a file that is {theirs or 'of the same kind'}",
            )
        with file.open("rb") as stream:
            kept = self._tools.store.land(stream)
        repair = Repair(of=original.id, is_whole=True, by=self._by)
        made = self._delivery(original, original.path, kept, repair, self._tools.new_id())
        return self._record([(made, original, None)])

    def _original(self, file: Path, replaces: str, known: Sequence[Delivery]) -> Delivery:
        """The delivery that a whole file takes the place of."""
        if replaces:
            there = [d for d in (*known, *self._all()) if d.state != "superseded"]
            found = [d for d in there if d.path == replaces]
            found = found or [d for d in there if d.path.endswith(f"/{replaces}")]
        else:
            there = [d for d in known if d.state == "refused"]
            found = [d for d in there if d.path.rpartition("/")[2] == file.name] or there
        paths = sorted({d.path for d in found})
        if len(paths) == 1:
            return found[0]
        listed = ", ".join(f"`{path}`" for path in paths[:_SHOWN])
        raise no_such(
            f"`{file.name}` may take the place of several deliveries: {listed}"
            if paths
            else f"nothing of `{self._table.name}` is repaired by `{file.name}`",
            "a file that does not name records takes the place of one whole delivery",
            "say which with `--replaces PATH`"
            if paths
            else f"see `andon quarantine`; records are named as `andon quarantine export "
            f"{self._table.name} FILE` writes them, a delivery with `--replaces PATH`",
        )

    def _delivery(
        self,
        original: Delivery,
        path: str,
        kept: tuple[str, int],
        repair: Repair,
        run_id: str,
    ) -> Delivery:
        content, length = kept
        told = [content, repair.of, repair.member, repair.lines, repair.rows]
        own = f"{path}~{value_hash(told)[:8]}"
        return Delivery(
            id=delivery_id(self._table.name, own, content),
            table=self._table.name,
            path=own,
            content=content,
            bytes=length,
            modified_ns=0,
            arrived_at=self._tools.clock.now(),
            run_id=run_id,
            number=original.number,
            sequence=original.sequence,
            repairs=encode(repair),
        )

    def _record(self, landed: Sequence[tuple[Delivery, Delivery, int | None]]) -> Replayed:
        """Commit what is durable by now, in one step; what was recorded before stays as it is."""
        states = {d.id: d.state for d in self._all()}
        updates: list[Update] = []
        told: list[Landing] = []
        for made, original, rows in landed:
            is_new = states.get(made.id) != "landed"
            told.append(Landing(path=made.path, repairs=original.path, rows=rows, is_new=is_new))
            if not is_new:
                continue
            updates.append(AddDeliveries(deliveries=(made,)))
            if states.get(made.id) == "set_aside":
                updates.append(SetDeliveryState(delivery_ids=(made.id,), state="landed"))
            event = DeliveryReplayed(
                table=self._table.name,
                path=made.path,
                repairs=original.path,
                by=self._by,
                rows=rows,
            )
            updates.append(Emit(event=event))
        self._commit(updates)
        return Replayed(table=self._table.name, landed=tuple(told))

    def _put_back(self, aside: Sequence[Delivery]) -> Replayed:
        """Deliveries that were set aside are in force again, and what came in their place is not."""
        paths = {d.path: d for d in aside}
        there = [d for d in self._all() if d.state == "landed" and d.path in paths]
        newer = [d for d in there if d.arrived_at > paths[d.path].arrived_at]
        if newer:
            raise no_such(
                f"a newer version of `{newer[0].path}` has arrived",
                "of each path the newest version counts",
                "nothing: the newer one is in force",
            )
        instead = [d.id for d in there]
        updates: list[Update] = []
        if instead:
            updates.append(SetDeliveryState(delivery_ids=tuple(instead), state="superseded"))
        ids = tuple(d.id for d in aside)
        updates.append(SetDeliveryState(delivery_ids=ids, state="landed"))
        self._commit([*updates, *self._restored(aside)])
        return Replayed(table=self._table.name, restored=tuple(sorted(paths)))

    def _restored(self, deliveries: Iterable[Delivery]) -> list[Update]:
        return [
            Emit(event=DeliveryRestored(table=self._table.name, path=d.path, by=self._by))
            for d in deliveries
        ]

    def _set_aside(self, file: Path) -> tuple[Delivery, ...]:
        """The newest delivery at a path that was set aside, unless the file there is another one."""
        text = file.as_posix()
        aside = [d for d in self._all() if d.state == "set_aside"]
        found = [d for d in aside if d.path == text]
        found = found or [d for d in aside if d.path.endswith(f"/{text}")]
        if file.is_file():
            content = hash_file(file)
            found = [d for d in found if d.content == content]
        return tuple({d.path: d for d in found}.values())

    def _has_refused_member(self, delivery: Delivery) -> bool:
        if delivery.state != "landed" or not may_be_refused(delivery.facts):
            return False
        facts = decode(delivery.facts, reading(self._table))
        return facts is not None and any(one.refused for _, one in facts.members)

    def _known(self) -> tuple[Delivery, ...]:
        state = in_force(self._tools, self._spec, self._tools.catalog.state(self._environment))
        return state.deliveries.get(self._table.name, ())

    def _all(self) -> Sequence[Delivery]:
        return self._tools.catalog.deliveries(self._table.name)

    def _commit(self, updates: Sequence[Update]) -> None:
        if updates:
            self._tools.catalog.commit(Commit(updates=tuple(updates)), self._tools.clock.now())
