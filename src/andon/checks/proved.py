"""Which checks the query of an asset proves, so that no statement has to ask the rows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from andon.schema import Schema
from andon.spec.check import Check, NotNull, Unique, identity_of
from andon.sql.fold import folded
from andon.sql.proofs import Proof

_EXACT: Final = re.compile(
    r"(U?(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)|VARCHAR|BOOLEAN|UUID|BLOB|DECIMAL\(\d+,\d+\)"
    r"|FLOAT|DOUBLE|DATE|TIME|TIMESTAMP(_NS|_MS|_S)?|TIMESTAMP WITH TIME ZONE)\Z"
)
"""Types of which a query and a check of what was written take the same values for equal."""


def proved(
    checks: Sequence[Check],
    proofs: Sequence[Proof],
    *,
    columns: Sequence[tuple[str, str]],
    schema: Schema,
) -> Mapping[str, str]:
    """Identities of the checks that hold for every result of the query, each with the reason.

    Args:
        proofs: what the query proves.
        columns: declared types; the query's result is cast to them afterwards, and a cast may make
            two values equal or a value null.
        schema: columns of the result.
    """
    cast = {folded(name) for name, _ in columns}
    exact = {folded(c.name) for c in schema.columns if _EXACT.match(c.type)} - cast
    usable = [proof for proof in proofs if exact.issuperset(proof.columns)]
    found = {identity_of(check): _why(check, usable) for check in checks}
    return {identity: why for identity, why in found.items() if why}


def _why(check: Check, proofs: Iterable[Proof]) -> str:
    match check:
        case NotNull(column=column):
            kind, columns = "not_null", {folded(column)}
        case Unique():
            # Rows with a null in the key are not compared, so fewer are than the proof speaks of.
            kind, columns = "unique", {folded(column) for column in check.columns}
        case _:
            return ""
    return next(
        (one.why for one in proofs if one.kind == kind and columns.issuperset(one.columns)), ""
    )
