"""The latest row of each key among landed files, as SQL of the embedded engine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from andon.reading.quoting import files, identifier

_SHIFT = 1 << 40
"""More rows than one landed file has: number of the file and of the row make one place."""

Numbered = tuple[int, str]
"""Number of a delivery in its sequence, and the path of its bytes."""


def latest(
    alike: Sequence[Sequence[Numbered]],
    keys: Numbered | None,
    key: Sequence[str],
    types: Mapping[str, str],
) -> str:
    """Query of the rows in force, in some columns, each in one type.

    Args:
        alike: landed rows, at least one file; files of one group have the same columns.
        keys: all keys the origin had then; older rows whose key is not among them are gone.
    """
    source = " union all ".join(_placed(rows, types) for rows in alike)
    of_key = ", ".join(identifier(name) for name in key)
    query = (
        f"select {', '.join(f'r.{identifier(name)}' for name in types)} from ({source}) r"
        f" where r.andon_place in (select max(andon_place) from ({source}) group by {of_key})"
    )
    if keys is None:
        return query
    number, path = keys
    same = " and ".join(
        f"cast(k.{identifier(name)} as {types[name]}) = r.{identifier(name)}" for name in key
    )
    there = f"read_parquet({files([path])}, hive_partitioning = false)"
    return (
        f"{query} and (r.andon_place >= {(number + 1) * _SHIFT}"
        f" or exists (select 1 from {there} k where {same}))"
    )


def cast(name: str, kind: str, alias: str = "") -> str:
    """A column in a type, under its own name."""
    quoted = identifier(name)
    return f"cast({alias}{quoted} as {kind}) as {quoted}"


def _placed(rows: Sequence[Numbered], types: Mapping[str, str]) -> str:
    numbers = ", ".join(str(number) for number, _ in rows)
    place = f"[{numbers}][cast(file_index as bigint) + 1] * {_SHIFT} + file_row_number"
    outputs = ", ".join(cast(name, kind) for name, kind in types.items())
    source = f"read_parquet({files(path for _, path in rows)}, hive_partitioning = false)"
    return f"select {outputs}, {place} as andon_place from {source}"
