"""What a check means beyond its text: values of its parameters, bodies of its macros."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from andon.spec.check import Expect
from andon.spec.project import Scalar
from andon.sql.body import Macro


def expectation(
    check: Expect, values: Mapping[str, Scalar], macros: Sequence[Macro]
) -> tuple[Expect, tuple[str, ...]]:
    """A condition with its parameters filled in and the macros it reaches noted.

    Returns:
        The check, and the names of parameters that have no value, sorted.
    """
    if "$" not in check.condition and not macros:
        return check, ()
    from andon.sql.fill import fill
    from andon.sql.lex import lex
    from andon.sql.read import called

    tokens = lex(check.condition)
    names = {token.text[1:] for token in tokens if token.kind == "parameter"}
    bodies = reached(called(tokens), macros)
    missing = tuple(sorted(names - set(values)))
    if not names and not bodies:
        return check, missing
    return replace(check, condition=fill(check.condition, values), macros=bodies), missing


def reached(functions: Sequence[str], macros: Sequence[Macro]) -> tuple[str, ...]:
    """Canonical text of the macros that are called, directly or through others, by name."""
    known = {macro.name: macro for macro in macros}
    found: dict[str, str] = {}
    waiting = [name for name in functions if name in known]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = known[name].canonical
            waiting.extend(call for call in known[name].calls if call in known)
    return tuple(found[name] for name in sorted(found))
