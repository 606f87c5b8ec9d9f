"""The arguments that name assets, with completion of their names."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

F = TypeVar("F", bound=Callable[..., Any])


def complete_asset(
    ctx: click.Context, _parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Names of assets that begin with what was typed; graph signs in front are kept."""
    from click.shell_completion import CompletionItem

    from andon.cli.candidates import asset_names
    from andon.cli.session import Session

    bare = incomplete.lstrip("+0123456789")
    signs = incomplete[: len(incomplete) - len(bare)]
    session = ctx.find_object(Session)
    names = asset_names(session.project if session else ".")
    return [CompletionItem(signs + name) for name in names if name.startswith(bare)]


def select_argument(function: F) -> F:
    """SELECT...: any number of selectors."""
    return click.argument("select", nargs=-1, shell_complete=complete_asset)(function)


def exclude_option(function: F) -> F:
    """--exclude, usable more than once."""
    return click.option(
        "--exclude",
        multiple=True,
        metavar="SELECT",
        shell_complete=complete_asset,
        help="Leave these out; usable more than once.",
    )(function)


def interval_options(function: F) -> F:
    """--from, --to and --restate, for incremental assets."""
    for option in (
        click.option("--restate", is_flag=True, help="Run intervals even where nothing changed."),
        click.option(
            "--to", "last", metavar="MOMENT", help="Last interval of incremental assets to run."
        ),
        click.option(
            "--from",
            "first",
            metavar="MOMENT",
            help="First interval of incremental assets to run, such as 2026-02 or 2026-02-03.",
        ),
    ):
        function = option(function)
    return function


def joined(selectors: tuple[str, ...]) -> str | None:
    """Several selectors as one text, where a space means or; None if there are none."""
    return " ".join(selectors) or None
