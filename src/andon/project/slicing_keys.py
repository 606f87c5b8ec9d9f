"""The keys of an incremental asset: `interval` or `strategy`, beside `materialize: incremental`."""

from __future__ import annotations

from typing import Final, cast, get_args

from andon.intervals import EVERY, Every
from andon.project.fields import Fields, where_of
from andon.project.yaml import MapNode, ScalarNode
from andon.spec.slicing import Keying, Slicing, Strategy

INTERVAL_KEYS: Final = ("column", "every", "lookback", "inputs")
_EXAMPLE: Final = "{column: day, every: day}"


def read_slicing(fields: Fields, kind: str, key: tuple[str, ...]) -> Slicing | Keying | None:
    """How an incremental asset is parted; None for others. Problems are noted.

    Args:
        kind: what `materialize` says; key: what `key` says.
    """
    if kind != "incremental":
        for name in ("interval", "strategy"):
            if name in fields.values:
                _wrong(
                    fields,
                    name,
                    f"`{name}` is written, but the asset is no incremental one",
                    f"write `materialize: incremental` too, or take `{name}` out",
                )
        return None
    if "interval" not in fields.values:
        return _read_keying(fields, key)
    if "strategy" in fields.values:
        _wrong(
            fields,
            "strategy",
            "`strategy` is written beside `interval`",
            "take one of them out: intervals are always replaced whole",
        )
    node = fields.mapping("interval", _EXAMPLE)
    return _read(fields, node) if node is not None else None


def _read_keying(fields: Fields, key: tuple[str, ...]) -> Keying | None:
    strategy = cast("Strategy", fields.choice("strategy", get_args(Strategy), "merge"))
    if strategy == "append":
        return Keying(strategy=strategy)
    if not key:
        _wrong(
            fields,
            "materialize",
            "an incremental asset has neither `interval` nor `key`",
            f"write `interval: {_EXAMPLE}`, a column of the result and the length, or `key`, or "
            "`strategy: append`",
        )
        return None
    return Keying(strategy=strategy, key=key)


def _read(fields: Fields, node: MapNode) -> Slicing | None:
    before = len(fields.findings.problems)
    inner = Fields(fields.file, fields.findings, node, INTERVAL_KEYS, "`interval`")
    column, every = inner.text("column"), inner.choice("every", EVERY, "")
    for word in ("column", "every"):
        if word not in inner.values:
            inner.wrong(node, word, "written", "day", "it is not there")
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
        why="what is run again, and what stays, is told by the interval or the key of a row",
        fix=fix,
    )
