"""How the datasets of the catalogue stand: published, checked, read, each as its kind mostly is."""

from __future__ import annotations

from datetime import UTC, datetime

from andon.catalog.commit import AddSnapshot, Commit, Publish, Update
from andon.catalog.records import Change
from andon.catalog.use import Read
from andon.execution.line import Tools
from andon.schema import Column, Schema
from tests.factories import publication_of, snapshot_of
from tests.searching.catalogue import datasets

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


def publish(tools: Tools, at: datetime = NOON) -> None:
    """Publish nine datasets of ten, and let people read what is cleaned or made of it."""
    updates: list[Update] = []
    moves: list[Change] = []
    noted: list[Read] = []
    for number, one in enumerate(datasets()):
        if number % 10 == 9 and "_staging" not in one.name:
            continue
        columns = tuple(Column(name=c, type="VARCHAR") for c in one.columns)
        snapshot = snapshot_of(f"s{number}", asset=one.name, schema=Schema(columns))
        updates.append(AddSnapshot(snapshot=snapshot))
        moves.append(Change(asset=one.name, before=None, after=snapshot.id))
        if not one.is_source:
            noted += [Read(asset=one.name, reader="ana", at=at)] * (number % 7)
    updates.append(Publish(publication=publication_of(0, *moves)))
    tools.catalog.commit(Commit(updates=tuple(updates)), at)
    with tools.catalog.pin(["s0"], "readers") as reads:
        reads.extend(noted)
