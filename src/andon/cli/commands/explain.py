"""`andon explain`: the page of an error code."""

from __future__ import annotations

from importlib.resources import files

import click

from andon.cli.session import Session, global_options
from andon.errors import Problem, UsageError
from andon.names import did_you_mean


def _pages() -> dict[str, str]:
    """Every page by its code."""
    folder = files("andon").joinpath("pages")
    return {
        page.name.removesuffix(".md"): page.read_text("utf-8")
        for page in sorted(folder.iterdir(), key=lambda page: page.name)
        if page.name.endswith(".md")
    }


def _complete(_ctx: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    return [code for code in _pages() if code.startswith(incomplete.upper())]


def _title(page: str) -> str:
    return page.partition("\n")[0].removeprefix("# ").partition(": ")[2]


@click.command()
@click.argument("code", required=False, shell_complete=_complete)
@global_options
@click.pass_obj
def command(session: Session, code: str | None) -> int:
    """Explain an error code; without CODE list all codes. Needs no project."""
    pages = _pages()
    if code is None:
        _list(session, pages)
        return 0
    page = pages.get(code.upper())
    if page is None:
        raise UsageError(
            Problem(
                code="CLI004",
                what=f"there is no error code `{code}`",
                why="codes are three letters and three digits, as in `error[PLN003]`",
                fix=did_you_mean(code.upper(), pages, "list all codes with `andon explain`"),
            )
        )
    if session.is_machine:
        session.document("explain", {"code": code.upper(), "title": _title(page), "text": page})
    else:
        session.data(page.rstrip("\n").splitlines())
    return 0


def _list(session: Session, pages: dict[str, str]) -> None:
    titles = {code: _title(page) for code, page in pages.items()}
    if session.is_machine:
        listed = [{"code": code, "title": title} for code, title in titles.items()]
        session.document("explain", {"codes": listed})
        return
    session.data(f"{code}  {title}" for code, title in titles.items())
    session.next_step("andon explain CODE")
