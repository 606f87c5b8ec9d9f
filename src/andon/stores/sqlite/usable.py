"""Which snapshots may still be used: by readers, plans and publications alike."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from andon.stores.sqlite.encoding import encode


def unusable_snapshots(connection: sqlite3.Connection, ids: Iterable[str]) -> list[str]:
    """Those of the ids that are marked by gc or not in the catalog, sorted.

    A view is as usable as what it reads, through views of views.
    """
    found = connection.execute(
        "with recursive needed (root, id) as ("
        "  select value, value from json_each(?)"
        "  union select needed.root, view_inputs.input_id"
        "  from needed join view_inputs on view_inputs.view_id = needed.id)"
        " select distinct needed.root from needed left join snapshots s on s.id = needed.id"
        " where s.id is null or s.status = 'marked' order by 1",
        (encode(list(ids)).decode(),),
    )
    return [key for (key,) in found]
