"""The latest row of each key among landed files, as SQL of the embedded engine."""

from __future__ import annotations

from collections.abc import Sequence

from andon.reading.quoting import files, identifier

_SHIFT = 1 << 40
"""More rows than one landed file has: number of the file and of the row make one place."""

Numbered = tuple[int, str]
"""Number of a delivery in its sequence, and the path of its bytes."""


def latest(
    rows: Sequence[Numbered], keys: Numbered | None, key: Sequence[str], names: Sequence[str]
) -> str:
    """Query of the rows in force, in the columns named.

    Args:
        rows: landed rows, at least one file.
        keys: all keys the origin had then; older rows whose key is not among them are gone.
    """
    numbers = ", ".join(str(number) for number, _ in rows)
    source = f"read_parquet({files(path for _, path in rows)}, union_by_name = true,"
    source += " hive_partitioning = false)"
    place = f"[{numbers}][cast(file_index as bigint) + 1] * {_SHIFT} + file_row_number"
    of_key = ", ".join(identifier(name) for name in key)
    query = (
        f"select {', '.join(f'r.{identifier(name)}' for name in names)}"
        f" from (select *, {place} as andon_place from {source}) r where r.andon_place in"
        f" (select max(andon_place) from (select {of_key}, {place} as andon_place from {source})"
        f" group by {of_key})"
    )
    if keys is None:
        return query
    number, path = keys
    same = " and ".join(f"k.{identifier(name)} = r.{identifier(name)}" for name in key)
    there = f"read_parquet({files([path])}, hive_partitioning = false)"
    return (
        f"{query} and (r.andon_place >= {(number + 1) * _SHIFT}"
        f" or exists (select 1 from {there} k where {same}))"
    )
