"""Tables with schema policies, and files of every family of formats that are read into them."""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from typing import Any

from andon.acquisition.columns.facts import decode
from andon.acquisition.deliveries.choose import choose
from andon.acquisition.readings.fingerprint import reading
from andon.acquisition.readings.refused import problems_of
from andon.ports.source_reader import RawTable
from andon.spec.check import Tolerance
from andon.spec.policy import ColumnRule, SchemaPolicy, Word, accept
from andon.spec.source import SourceTable
from tests.sourcing import Project, table

Row = dict[str, Any]
GOOD: list[Row] = [{"id": 1, "amount": 1.5}, {"id": 2, "amount": 2.5}]
FAMILIES = ["csv", "jsonl", "json", "parquet"]


def written(shop: Project, form: str, rows: Sequence[Row]) -> bytes:
    """Rows as a file of some format; values keep their kind where the format knows kinds."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    if form == "jsonl":
        return "".join(json.dumps(row) + "\n" for row in rows).encode()
    if form == "json":
        return json.dumps(list(rows)).encode()
    if form == "parquet":
        source, target = (shop.store.stage("run", f"rows.{word}") for word in ("json", "parquet"))
        source.write_text(json.dumps(list(rows)))
        query = f"select {', '.join(names)} from read_json('{source}')"
        shop.engine.write(query, {}, shop.engine.describe(query, {}), target)
        return target.read_bytes()
    lines: list[list[Any]] = [names, *([row.get(name) for name in names] for row in rows)]
    texts = [",".join("" if v is None else str(v) for v in line) for line in lines]
    body = ("\n".join(texts) + "\n").encode()
    return gzip.compress(body, mtime=0) if form.endswith("gz") else body


def held(
    form: str, policy: SchemaPolicy | Word, *more: ColumnRule, contract: str = "", **other: Any
) -> SourceTable:
    rules = more or (
        ColumnRule(name="id", type="BIGINT"),
        ColumnRule(name="amount", type="DECIMAL(6,2)"),
    )
    if not isinstance(policy, SchemaPolicy):
        missing: Word = "freeze" if policy == "freeze" else "evolve"
        policy = SchemaPolicy(columns=policy, types=policy, missing=missing)
    accepted = accept(rules, ()) if contract else accept((), rules)
    return table(
        f"in/*.{form}",
        columns=accepted.columns,
        accepted=accepted,
        rules=rules,
        schema_policy=policy,
        contract=contract,
        owner="sales",
        **{"limit": Tolerance(share=1.0), **other},
    )


def load(shop: Project, declared: SourceTable, form: str, *files: Sequence[Row]) -> RawTable:
    for at, rows in enumerate(files):
        shop.put(f"in/{at}.{form}", written(shop, form, rows))
    shop.arrive(declared)
    return shop.build(declared)


def served(shop: Project, raw: RawTable) -> list[tuple[Any, ...]]:
    return [(*row[:-2], row[-2].split(".")[0][-1] + ":" + str(row[-1])) for row in shop.rows(raw)]


def plain(rows: Sequence[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    return [
        tuple(float(v) if v is not None and not isinstance(v, str) else v for v in r) for r in rows
    ]


def refused(declared: SourceTable, raw: RawTable) -> list[str]:
    return [problem.what for problem in problems_of(declared, raw.deliveries)]


def is_whole(shop: Project, declared: SourceTable, raw: RawTable) -> bool:
    """Whether rows in are rows out."""
    facts = [decode(one.facts, reading(declared)) for one in choose(raw.deliveries)]
    counted = sum(one.records for one in facts if one is not None)
    return counted == len(shop.rows(raw)) + len(shop.rows(raw, "aside")) == raw.rows + raw.set_aside
