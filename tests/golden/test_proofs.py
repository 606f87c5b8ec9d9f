"""The corpus of queries and what they prove, in ``proofs/``.

``make golden`` (or ``ANDON_GOLDEN=1``) rewrites the proofs; the difference is reviewed.
"""

from __future__ import annotations

import os
from pathlib import Path

from andon.sql.parse import parse
from andon.sql.proofs import proofs

CORPUS = Path(__file__).parent / "proofs" / "proofs.sql"


def told(query: str) -> str:
    """The proofs of a query, one a line."""
    (tree,) = parse(query)
    lines = (f"{one.kind}({', '.join(one.columns)}): {one.why}" for one in proofs(tree))
    return "\n".join(lines) or "nothing"


def test_each_query_of_the_corpus_proves_what_stands_below_it() -> None:
    text = CORPUS.read_text(encoding="utf-8")
    head, _, rest = text.partition("\n")
    queries = [pair.partition("\n===\n")[0] for pair in rest.split("\n---\n")]
    found = "\n---\n".join(f"{query}\n===\n{told(query)}" for query in queries)
    if os.environ.get("ANDON_GOLDEN"):
        CORPUS.write_text(f"{head}\n{found}\n", encoding="utf-8")
    assert f"{head}\n{found}\n" == CORPUS.read_text(encoding="utf-8")
    assert len(queries) >= 15
