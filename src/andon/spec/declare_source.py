"""What a Python file below ``sources/`` writes: the decorator ``source``, and secrets by reference."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Literal, TypeVar, overload

from andon.spec.declare import AMOUNT, Checks, Declaration
from andon.spec.origin import Secret

G = TypeVar("G")
SOURCE_ATTRIBUTE = "__andon_source__"


@overload
def source(function: G, /) -> G: ...


@overload
def source(
    *,
    mode: str = ...,
    cursor: str = ...,
    ordered: bool = ...,
    key: str | Sequence[str] = ...,
    checks: Sequence[Checks] = ...,
    columns: Mapping[str, object] | None = ...,
    contract: str = ...,
    schema: str | Mapping[str, str] = ...,
    settings: Mapping[str, str | Secret] | None = ...,
    resources: Sequence[str] = ...,
    system: str = ...,
    description: str = ...,
    owner: str = ...,
    tags: Sequence[str] = ...,
    limit: AMOUNT | None = ...,
    quarantine_limit: AMOUNT | None = ...,
    together: str | Sequence[str] = ...,
    timeout: str | None = ...,
    memory: str | None = ...,
) -> Callable[[G], G]: ...


def source(
    function: G | None = None,
    /,
    *,
    mode: str = "full",
    cursor: str = "",
    ordered: bool = False,
    key: str | Sequence[str] = (),
    checks: Sequence[Checks] = (),
    columns: Mapping[str, object] | None = None,
    contract: str = "",
    schema: str | Mapping[str, str] = "evolve",
    settings: Mapping[str, str | Secret] | None = None,
    resources: Sequence[str] = (),
    system: str = "",
    description: str = "",
    owner: str = "",
    tags: Sequence[str] = (),
    limit: AMOUNT | None = None,
    quarantine_limit: AMOUNT | None = None,
    together: str | Sequence[str] = (),
    timeout: str | None = None,
    memory: str | None = None,
) -> G | Callable[[G], G]:
    """Declare the function below as a source: what it yields are the rows of a raw table.

    It yields dicts, lists of dicts, Arrow tables or batches, or data frames of polars or pandas; or it
    returns a dlt resource or source. Andon reads the declaration from the file's text, as of ``asset``.

    Args:
        mode: ``full`` all rows are read each time; ``append`` rows are added; ``merge`` rows replace
            those of the same `key`.
        cursor: where in a row the value stands that grows; the argument ``cursor`` of the function
            receives the largest one, None the first time.
        ordered: whether rows come in order of the cursor, so that what was interrupted goes on.
        contract: path of a data contract that promises the columns; schema: what is done with rows that
            are not as declared (``evolve``, ``freeze``, ``discard-row``, ``discard-value``).
        settings: argument of the function -> text, or a secret.
        resources: of a dlt source those that are read, each into a table of its name.
        timeout: longest wait for the next rows (``10 min``); memory: of its worker (``2GB``).
    """
    given = {
        "mode": mode,
        "cursor": cursor,
        "ordered": ordered,
        "key": key,
        "checks": checks,
        "columns": columns,
        "contract": contract,
        "schema": schema,
        "settings": settings,
        "resources": resources,
        "system": system,
        "description": description,
        "owner": owner,
        "tags": tags,
        "limit": limit,
        "quarantine_limit": quarantine_limit,
        "together": together,
        "timeout": timeout,
        "memory": memory,
    }

    def declare(declared: G) -> G:
        with suppress(AttributeError):  # a dlt resource may take no attributes
            setattr(declared, SOURCE_ATTRIBUTE, Declaration(options=tuple(given.items())))
        return declared

    return declare if function is None else declare(function)


def secret(*, env: str = "", file: str = "", keyring: str = "") -> Secret:
    """A secret by reference: an environment variable, a file, or an entry ``service/user``."""
    named: list[tuple[Literal["env", "file", "keyring"], str]] = [
        ("env", env),
        ("file", file),
        ("keyring", keyring),
    ]
    given = [(via, name) for via, name in named if name]
    if len(given) != 1:
        raise ValueError("a secret is named by one of env, file and keyring")
    return Secret(via=given[0][0], name=given[0][1])
