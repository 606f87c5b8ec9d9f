"""The key `schema`: what is done with columns and values that were not declared."""

from __future__ import annotations

from typing import Final

from andon.project.fields import Fields
from andon.project.yaml import MapNode
from andon.spec.policy import OPEN, WHOLE_WORDS, WORDS, ColumnRule, SchemaPolicy, Word

POLICY_KEYS: Final = ("columns", "types", "missing")


def read_policy(
    source: Fields | None, table: Fields, rules: tuple[ColumnRule, ...]
) -> SchemaPolicy:
    """The policy of a table: its own, as far as that is silent that of its source."""
    policy = _read(table, _read(source, OPEN) if source else OPEN)
    wanted = not policy.is_open or any(rule.word not in ("", "evolve") for rule in rules)
    if wanted and not rules and not table.text("contract"):
        owner = table if source is None or "schema" in table.values else source
        table.findings.add(
            "PRJ048",
            owner.where("schema"),
            what=f"{table.of} has a `schema` policy, and no declared columns",
            why="what is accepted is what is declared, never what came first: else the order of "
            "deliveries would decide what a table holds",
            fix="draft the columns with `andon source contract`, and name the file with "
            "`contract: contracts/NAME.odcs.yaml`; or write `columns`",
        )
    return policy


def _read(fields: Fields, default: SchemaPolicy) -> SchemaPolicy:
    node = fields.values.get("schema")
    if node is None:
        return default
    if isinstance(node, MapNode):
        parts = Fields(fields.file, fields.findings, node, POLICY_KEYS, "`schema`")
        return SchemaPolicy(
            columns=_word(parts, "columns", WORDS, default.columns),
            types=_word(parts, "types", WORDS, default.types),
            missing=_word(parts, "missing", WHOLE_WORDS, default.missing),
        )
    word = _word(fields, "schema", WORDS, "evolve")
    missing: Word = "freeze" if word == "freeze" else "evolve"
    return SchemaPolicy(columns=word, types=word, missing=missing)


def _word(fields: Fields, name: str, known: tuple[Word, ...], default: Word) -> Word:
    found = fields.choice(name, known, default)
    return next((word for word in known if word == found), default)
