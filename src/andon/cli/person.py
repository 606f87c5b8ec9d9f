"""Who does it: recorded with every step a person decides."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])


def by_option(function: F) -> F:
    """--by NAME, otherwise ANDON_USER, otherwise the user signed in."""
    return click.option(
        "--by",
        metavar="NAME",
        envvar="ANDON_USER",
        help="Who decides this; recorded [ANDON_USER, or you].",
    )(function)
