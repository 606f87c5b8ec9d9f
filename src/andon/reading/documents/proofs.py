"""Facts of JSON lines by proof: the first lines tell a structure, and no later one adds to it."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from andon.acquisition.columns.facts import Facts
from andon.acquisition.deliveries.choose import Load
from andon.errors import TaskFailed
from andon.ports.engine import Engine
from andon.reading.delimited.dialect import check_names
from andon.reading.documents.conform import arranged, count_conforming, head_of, objects
from andon.reading.documents.digits import keep_digits
from andon.reading.documents.names import kept_as_json
from andon.reading.documents.queries import type_of
from andon.reading.quoting import files
from andon.reading.stored.readable import ReadableFiles


def prove(
    loads: Sequence[Load],
    reading: str,
    engine: Engine,
    stage: Callable[[str], Path],
    readable: ReadableFiles,
) -> dict[str, Facts]:
    """Facts by id of those files whose every document is proved to be of one structure.

    What cannot be proved is left out: the engine looks at it, and tells what is wrong.

    Args:
        loads: files of lines, without declared types.
    """
    found: dict[str, Facts] = {}
    for load, text in _guesses(loads, engine, stage, readable):
        structure = keep_digits(json.loads(text), frozenset())
        if not isinstance(structure, dict) or any(kept_as_json(structure)):
            continue
        # Whatever is wrong with a file is told by those who look at all of it.
        with suppress(TaskFailed):
            check_names(tuple(structure), load.path)
            with readable.open(load) as stream:
                count = count_conforming(stream, text)
            if count is not None:
                columns = tuple((name, (type_of(kind),)) for name, kind in structure.items())
                found[load.id] = Facts(
                    reading=reading, records=count, shape="lines", columns=columns
                )
    return found


def _guesses(
    loads: Sequence[Load],
    engine: Engine,
    stage: Callable[[str], Path],
    readable: ReadableFiles,
) -> list[tuple[Load, str]]:
    """Structure of the first lines of each file, where they are sound."""
    place = stage("heads.jsonl")
    heads: dict[int, list[dict[str, Any]]] = {}
    with place.open("wb") as out:
        for at, load in enumerate(loads):
            with suppress(TaskFailed), readable.open(load) as stream:
                lines = head_of(stream)
                heads[at] = objects(lines) or []
                if heads[at]:
                    out.writelines(b'{"n":%d,"j":%b}\n' % (at, line) for line in lines)
    if not any(heads.values()):
        return []
    source = (
        f"read_json({files([place])}, format = 'newline_delimited', compression = 'none', "
        "columns = {n: 'BIGINT', j: 'JSON'})"
    )
    query = f"select n, json_group_structure(j) from {source} group by n order by n"
    try:
        rows = engine.rows(query)
    except TaskFailed as error:
        if error.code != "ENG009":
            raise
        return []  # a name twice in one document, which is told by file
    return [(loads[at], json.dumps(arranged(json.loads(text), heads[at]))) for at, text in rows]
