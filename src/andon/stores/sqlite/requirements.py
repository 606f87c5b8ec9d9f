"""Testing requirements inside an open write transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection
from typing import assert_never

from andon.catalog.commit import (
    Requirement,
    RequireNotWithdrawn,
    RequirePointers,
    RequireUnpublished,
    RequireUnreferenced,
    RequireUsable,
)
from andon.errors import Problem
from andon.stores.sqlite import failures
from andon.stores.sqlite.encoding import encode
from andon.stores.sqlite.usable import unusable_snapshots

# A snapshot is needed if it, or a view above it, is pointed to now, was in effect at or after the
# oldest kept publication (its next change came later than that), or is pinned.
_REFERENCED = """
    with recursive needing (root, id) as (
        select value, value from json_each(:ids)
        union
        select needing.root, view_inputs.view_id
        from needing join view_inputs on view_inputs.input_id = needing.id
    )
    select distinct root from needing
    where exists (select 1 from pointers p where p.snapshot_id = needing.id)
       or needing.id in (select value from json_each(:pinned))
       or exists (
            select 1 from pointer_changes c
            where c.snapshot_id = needing.id and not exists (
                select 1 from pointer_changes d
                where d.environment = c.environment and d.asset = c.asset
                  and d.publication > c.publication and d.publication <= :kept_from
            )
       )
    order by root
"""


def broken(
    connection: sqlite3.Connection, requirement: Requirement, pinned: Collection[str]
) -> Problem | None:
    """What does not hold, or None. `pinned` are the snapshots of live pins."""
    match requirement:
        case RequirePointers(environment=environment, pointers=wanted):
            return _moved(connection, environment, wanted)
        case RequireUsable(snapshot_ids=ids):
            unusable = unusable_snapshots(connection, ids)
            return failures.unusable(unusable) if unusable else None
        case RequireNotWithdrawn(environment=environment, keys=keys):
            held = set(
                connection.execute(
                    "select asset, build_key, split from withdrawals where environment = ?",
                    (environment,),
                )
            )
            withdrawn = sorted({key[0] for key in keys if key in held})
            return failures.withdrawn(environment, withdrawn) if withdrawn else None
        case RequireUnpublished(publication_id=id):
            found = connection.execute("select number from publications where id = ?", (id,))
            row = found.fetchone()
            return failures.published(id, row[0]) if row else None
        case RequireUnreferenced(snapshot_ids=ids, keep_publications_from=kept_from):
            values = {
                "ids": encode(ids).decode(),
                "pinned": encode(list(pinned)).decode(),
                "kept_from": kept_from,
            }
            needed = [root for (root,) in connection.execute(_REFERENCED, values)]
            return failures.referenced(needed) if needed else None
        case _:
            assert_never(requirement)


def _moved(
    connection: sqlite3.Connection, environment: str, wanted: tuple[tuple[str, str | None], ...]
) -> Problem | None:
    held = dict(
        connection.execute(
            "select asset, snapshot_id from pointers where environment = ?", (environment,)
        )
    )
    moved = sorted(asset for asset, snapshot_id in wanted if held.get(asset) != snapshot_id)
    return failures.moved(environment, moved) if moved else None
