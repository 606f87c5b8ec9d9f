"""The file ``glossary.yml``: words of the business, their synonyms and where they are used."""

from __future__ import annotations

from collections.abc import Collection

from andon.names import did_you_mean
from andon.project.fields import Fields, read_mapping
from andon.project.text import Findings, TextFile
from andon.project.yaml import MapNode, ScalarNode
from andon.spec.glossary import Term

FILE = "glossary.yml"
ROOT_KEYS = ("terms",)
TERM_KEYS = ("definition", "synonyms", "used_in", "owner")


def read_glossary(file: TextFile, findings: Findings) -> tuple[Term, ...] | None:
    """Its terms in order of name; None if something is wrong, which is noted."""
    before = len(findings.problems)
    node = read_mapping(file, findings, file.text)
    if node is None:
        return None
    fields = Fields(file, findings, node, ROOT_KEYS, "a glossary")
    terms = fields.mapping("terms", "{customer: {definition: Somebody who bought at least once.}}")
    found = [_term(fields, name, value) for name, _, value in terms] if terms else []
    if len(findings.problems) > before:
        return None
    return tuple(sorted((one for one in found if one), key=lambda term: term.name))


def _term(glossary: Fields, name: str, node: object) -> Term | None:
    if isinstance(node, ScalarNode) and isinstance(node.value, str | None):
        # `customer: Somebody who bought` is all that most terms need.
        return Term(name=name, definition=node.value or "")
    if not isinstance(node, MapNode):
        glossary.wrong(glossary.values["terms"], name, "a text or a mapping", "{definition: ...}")
        return None
    fields = Fields(glossary.file, glossary.findings, node, TERM_KEYS, f"the term `{name}`")
    return Term(
        name=name,
        definition=fields.text("definition"),
        synonyms=fields.names("synonyms", "[client, buyer]"),
        used_in=fields.names("used_in", "[marts.customers, staging.orders.customer_id]"),
        owner=fields.text("owner"),
    )


def refuse_unknown(
    terms: tuple[Term, ...], file: TextFile, findings: Findings, known: Collection[str]
) -> None:
    """Note uses of what nobody declares (PRJ050).

    Args:
        known: names of assets and sources.
    """
    for term in terms:
        for name in term.used_in:
            if name not in known and name.rpartition(".")[0] not in known:
                findings.add(
                    "PRJ050",
                    file.where_of(name),
                    what=f"the term `{term.name}` is used in `{name}`, which nobody declares",
                    why="`used_in` names assets, sources, and columns as `asset.column`",
                    fix=did_you_mean(name, known, "see all names with `andon ls`"),
                )
