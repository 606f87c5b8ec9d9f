"""The keys of an incremental asset: `interval`, beside `materialize: incremental`."""

from __future__ import annotations

from typing import Final, cast

from andon.intervals import EVERY, Every
from andon.project.fields import Fields, where_of
from andon.project.yaml import MapNode, ScalarNode
from andon.spec.slicing import Slicing

INTERVAL_KEYS: Final = ("column", "every", "lookback", "inputs")
_EXAMPLE: Final = "{column: day, every: day}"


def read_slicing(fields: Fields, kind: str) -> Slicing | None:
    """How an incremental asset is parted; None for others. Problems are noted."""
    if kind != "incremental":
        if "interval" in fields.values:
            _wrong(
                fields,
                "interval",
                "`interval` is written, but the asset is no incremental one",
                "write `materialize: incremental` too, or take `interval` out",
            )
        return None
    node = fields.mapping("interval", _EXAMPLE)
    if node is None:
        if "interval" not in fields.values:
            _wrong(
                fields,
                "materialize",
                "an incremental asset has no `interval`",
                f"write `interval: {_EXAMPLE}`: a column of the result, and the length",
            )
        return None
    return _read(fields, node)


def _read(fields: Fields, node: MapNode) -> Slicing | None:
    before = len(fields.findings.problems)
    inner = Fields(fields.file, fields.findings, node, INTERVAL_KEYS, "`interval`")
    column, every = inner.text("column"), inner.choice("every", EVERY, "")
    for word in ("column", "every"):
        if word not in inner.values:
            inner.wrong(node, word, "written", "day")
    inputs = []
    for name, _, value in inner.mapping("inputs", "{staging.orders: ordered_at}") or ():
        text = value.value if isinstance(value, ScalarNode) else None
        if not isinstance(text, str):
            inner.wrong(value, name, "the name of a column", "ordered_at")
        else:
            inputs.append((name, text))
    lookback = inner.count("lookback") or 0
    if lookback and "inputs" not in inner.values:
        inner.wrong(
            inner.values["lookback"],
            "lookback",
            "beside `inputs`, which say by which columns the inputs are parted",
            "7, inputs: {staging.orders: ordered_at}",
        )
    if len(fields.findings.problems) > before:
        return None
    return Slicing(
        column=column,
        every=cast("Every", every),
        lookback=lookback,
        inputs=tuple(sorted(inputs)),
    )


def _wrong(fields: Fields, name: str, what: str, fix: str) -> None:
    fields.findings.add(
        "PRJ046",
        where_of(fields.file, fields.values[name]),
        what=what,
        why="what is run again, and what stays, is told by the interval a row belongs to",
        fix=fix,
    )
