"""Identity of what is to be built: fingerprint of a definition, key of a build."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from andon.catalog.records import InputRef
from andon.hashing import Value, value_hash
from andon.spec.asset import AssetSpec, SqlBody
from andon.spec.project import Macro, Scalar
from andon.spec.slicing import Keying
from andon.sql.version import CANONICAL_VERSION

_FORM_VERSION = 1
_PARTS_VERSION = 2
"""Of how an asset is kept in part; what another one kept is built anew."""


def fingerprint(
    asset: AssetSpec,
    macros: Mapping[str, Macro],
    parameters: Mapping[str, Scalar],
    seed: float | None = None,
) -> str:
    """Hash of an asset's own definition and nothing above it.

    Canonical code, the project macros it reaches, declared types, materialisation and the
    parameters it reads. Comments, layout, description, owner and checks are never part of it.
    """
    body: dict[str, Value] = {
        "form": _FORM_VERSION,
        "materialize": asset.materialize,
        "columns": [list(pair) for pair in asset.columns],
    }
    sliced = asset.slicing
    if isinstance(sliced, Keying):
        body["keying"] = [_PARTS_VERSION, sliced.strategy, list(sliced.key)]
    elif sliced is not None:
        body["slicing"] = [_PARTS_VERSION, sliced.column, sliced.every, sliced.lookback]
        body["sliced"] = [list(pair) for pair in sliced.inputs]
    if isinstance(asset.body, SqlBody):
        body["canonical"] = [CANONICAL_VERSION, asset.body.canonical]
        body["macros"] = _reached(asset.body.functions, macros)
        body["seed"] = (
            seed if {"random", "uuid", "gen_random_uuid"} & set(asset.body.functions) else None
        )
    else:
        body["code"] = asset.body.code_hash
        body["function"] = asset.body.function
        body["inputs"] = [[i.argument, i.asset, i.form] for i in asset.body.inputs]
        body["distributions"] = [list(pair) for pair in asset.body.distributions]
        body["files"] = [list(pair) for pair in asset.body.files]
    known = {**parameters, **dict(asset.variant)}
    body["parameters"] = {name: known.get(name) for name in asset.body.parameters}
    return value_hash(body)


def _reached(functions: Sequence[str], macros: Mapping[str, Macro]) -> list[Value]:
    """Canonical text of the macros that a query reaches, directly or through other macros."""
    found: dict[str, str] = {}
    waiting = [name for name in functions if name in macros]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = macros[name].canonical
            waiting.extend(call for call in macros[name].calls if call in macros)
    return [[name, found[name]] for name in sorted(found)]


def build_key(
    fingerprint: str,
    inputs: Sequence[InputRef],
    engine_version: str,
    logical_time: datetime | None,
    every_s: float | None,
) -> str:
    """Identity of one build: definition, content of its inputs, engine, and the clock if it is read.

    Args:
        inputs: in the order they are read.
        engine_version: only its minor version counts (``2.0`` of ``2.0.1``).
        logical_time: None if the asset reads no clock.
        every_s: how often a reading of the clock makes the asset due again; None means never.
    """
    tick: Value = None
    if logical_time is not None:
        tick = int(logical_time.timestamp() // every_s) if every_s else "once"
    return value_hash(
        [
            fingerprint,
            [[item.asset, item.digest] for item in inputs],
            minor(engine_version),
            tick,
        ]
    )


def minor(version: str) -> str:
    """Major and minor part of a version.

    >>> minor("2.0.1")
    '2.0'
    """
    return ".".join(version.split(".")[:2])


def view_digest(fingerprint: str, inputs: Sequence[InputRef]) -> str:
    """Digest of a view: of its definition and the digests of what it reads."""
    return value_hash(["view", fingerprint, [[item.asset, item.digest] for item in inputs]])
