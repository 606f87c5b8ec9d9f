"""Look at every delivery of a table once: what can be read, what stands in for what cannot."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from msgspec import Struct
from msgspec.structs import replace

from andon.acquisition.columns.facts import Facts, decode, encode, of_members, refuse
from andon.acquisition.columns.policy import heard
from andon.acquisition.deliveries.choose import Load, choose
from andon.acquisition.readings.fingerprint import reading
from andon.acquisition.readings.refused import may_go_without, without_refused
from andon.catalog.records import Delivery
from andon.errors import Problem, TaskFailed
from andon.ports.table_store import TableStore
from andon.reading import complaints
from andon.reading.family import Lazily
from andon.reading.refusing import or_refused
from andon.reading.stored.archives import is_archive, members_of
from andon.reading.stored.codecs import most_expanded, swollen
from andon.spec.format import format_of
from andon.spec.source import SourceTable


class Measured(Struct, frozen=True, kw_only=True):
    """What a table is read from.

    Attributes:
        deliveries: as they are used; what cannot be read is marked.
        loads: what is read, members of archives one by one; facts: by id of each.
        learned: facts of deliveries that were looked at now, as JSON text by id.
        is_partial: whether something is left out.
    """

    deliveries: tuple[Delivery, ...]
    loads: tuple[Load, ...]
    facts: dict[str, Facts]
    learned: dict[str, str]
    is_partial: bool


def measure(
    table: SourceTable,
    deliveries: Sequence[Delivery],
    earlier: Callable[[], Sequence[Delivery]],
    store: TableStore,
    family: Lazily,
) -> Measured:
    """Measure all deliveries that are read, and earlier ones that stand in for unreadable ones.

    Raises:
        TaskFailed: (SRC...) nothing can be read, or it is whole or not at all.
    """
    key = reading(table)
    learned: dict[str, str] = {}
    known: dict[str, Facts | None] = {}
    members: dict[str, tuple[Load, ...]] = {}

    def told(found: Sequence[Delivery]) -> tuple[Delivery, ...]:
        return tuple(replace(d, facts=learned[d.id]) if d.id in learned else d for d in found)

    while True:
        used = without_refused(table, told(deliveries), lambda: told(earlier()))
        loads = choose(used)
        # Loads of which nothing was learned are as they were: each text is read once.
        known = {load.id: known.get(load.id) or decode(load.facts, key) for load in loads}
        unread = [load for load in loads if known[load.id] is None]
        if not unread:
            break
        found = _look(table, unread, loads, store, family, members)
        for load in unread:
            learned.update(dict.fromkeys(load.ids, encode(found[load.id])))
    facts = {identity: one for identity, one in known.items() if one is not None}
    _judge(table, used, loads, facts)
    flat: list[Load] = []
    for load in loads:
        if not facts[load.id].members:
            flat.append(load)
            continue
        inside = {m.member: m for m in members.get(load.id) or _members(load, store)}
        for name, one in facts[load.id].members:
            if not one.refused:
                flat.append(replace(inside[name], replaced=load.replaced))
                facts[inside[name].id] = one
    refused = any(one.refused for whole in facts.values() for _, one in whole.members)
    return Measured(
        deliveries=used,
        loads=tuple(flat),
        facts=facts,
        learned=learned,
        is_partial=refused or any(one.state == "refused" for one in used),
    )


def _look(
    table: SourceTable,
    unread: Sequence[Load],
    loads: Sequence[Load],
    store: TableStore,
    family: Lazily,
    members: dict[str, tuple[Load, ...]],
) -> dict[str, Facts]:
    """Facts of loads that were not looked at before; those of an archive are of its members."""
    key = reading(table)
    found: dict[str, Facts] = {}
    named: list[Load] = []

    def sort(load: Load) -> None:
        if table.format or format_of(load.path):
            named.append(load)
        else:
            found[load.id] = refuse(key, (complaints.unknown_format(table, load.path),))

    def unpack(load: Load) -> Facts:
        members[load.id] = inside = _members(load, store)
        most = most_expanded(store.raw(load.content), table.expand_limit)
        # Of a member no more is taken out than the list says of it.
        if sum(member.bytes for member in inside) > most:
            raise swollen(load.path, most)
        return Facts(reading=key, records=0)

    for load in unread:
        form = table.format or format_of(load.path)
        is_named = form is None and load.path.lower().endswith(".zip")
        if not is_named and not is_archive(store.raw(load.content), form):
            sort(load)
            continue
        whole = or_refused(key, partial(unpack, load))
        if whole.refused:
            found[load.id] = whole
            continue
        for member in members[load.id]:
            sort(member)
    new = {load.id for load in unread}
    whole_files = [load for load in loads if load.id not in new]
    if named:
        found.update(family.of([*named, *whole_files]).measure(named))
    for load in unread:
        if load.id not in found:
            inside = members[load.id]
            parts = [(m.member, _set_aside_whole(found.pop(m.id), m, load)) for m in inside]
            found[load.id] = of_members(key, parts)
    return found


def _members(load: Load, store: TableStore) -> tuple[Load, ...]:
    return members_of(store.raw(load.content), load)


def _set_aside_whole(facts: Facts, member: Load, archive: Load) -> Facts:
    """The same refusal, but what can be set aside is the archive as it was delivered."""
    wrong, right = f"--set-aside {member.path}", f"--set-aside {archive.path}"
    told = tuple(replace(one, fix=one.fix.replace(wrong, right)) for one in facts.refused)
    return replace(facts, refused=told)


def _judge(
    table: SourceTable,
    used: Sequence[Delivery],
    loads: Sequence[Load],
    facts: dict[str, Facts],
) -> None:
    """Refuse the table where nothing can be read, or where it is whole or not at all."""
    key = reading(table)
    is_whole = not may_go_without(table)
    told = [decode(d.facts, key) for d in used if d.state == "refused"]
    told += [facts[load.id] for load in loads] if is_whole else []
    refused = [one for known in told if known is not None for one in known.refused]
    if refused and (is_whole or not loads):
        raise TaskFailed(
            *(
                Problem(code=r.code, what=r.what, why=r.why, fix=f"{r.fix}{heard(table, r.code)}")
                for r in refused
            )
        )
