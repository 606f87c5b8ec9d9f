"""Where every error ends: told on stderr or as JSON, with the exit code it decides."""

from __future__ import annotations

import sys

import click

from andon.cli.session import Session, colour
from andon.errors import AndonError, Problem, render_problem
from andon.names import did_you_mean

EXIT_CODES: dict[int, str] = {
    0: "done",
    1: "a check or a task failed",
    2: "the call is wrong: unknown command, option, asset or selector",
    3: "the declarations of the project are wrong",
    4: "somebody else published first, three times in a row; run again",
    5: "a rule refuses this",
    10: "`plan --check`: there is work to do",
    70: "a fault of Andon itself; the report is saved and its path printed",
    75: "temporarily unavailable (busy, locked, disk full); safe to repeat",
    76: "a commit may or may not have landed; `andon history` tells",
    130: "cancelled by Ctrl-C (SIGINT)",
    143: "cancelled by SIGTERM",
}

_NEXT = {4: "andon run", 76: "andon history"}


def failed(error: BaseException, session: Session) -> int:
    """Tell an error and return the exit code."""
    from andon.cli.signals import Terminated

    match error:
        case AndonError():
            _tell(error.problems, error.exit_code, session)
            _show_traceback(error, session)
            return error.exit_code
        case click.exceptions.NoArgsIsHelpError():
            session.say(error.format_message())
            return 2
        case click.ClickException():
            _tell((usage_problem(error),), 2, session)
            return 2
        case click.exceptions.Exit():
            return error.exit_code
        case KeyboardInterrupt() | click.Abort():
            # click turns an interrupt into Abort and keeps it as the cause
            ended = isinstance(error, Terminated) or isinstance(error.__cause__, Terminated)
            code = 143 if ended else 130
            _cancelled(session, code)
            return code
        case _:
            return _internal(error, session)


def usage_problem(error: click.ClickException) -> Problem:
    """A click error in the words of this project, with the closest known option."""
    if isinstance(error, click.NoSuchOption):
        known = _option_names(error.ctx)
        command = error.ctx.command_path if error.ctx else "andon"
        return Problem(
            code="CLI002",
            what=f"`{command}` has no option `{error.option_name}`",
            why="options are taken exactly as the help lists them",
            fix=did_you_mean(error.option_name, known, f"see `{command} --help`"),
        )
    context = getattr(error, "ctx", None)
    command = context.command_path if context else "andon"
    message = error.format_message().rstrip(".")
    return Problem(
        code="CLI003",
        what=message[:1].lower() + message[1:],
        why=f"`{command}` cannot be called like this",
        fix=f"see `{command} --help`",
    )


def _option_names(context: click.Context | None) -> list[str]:
    if context is None:
        return []
    return [
        name
        for parameter in context.command.get_params(context)
        for name in (*parameter.opts, *parameter.secondary_opts)
        if name.startswith("-")
    ]


def _tell(problems: tuple[Problem, ...], exit_code: int, session: Session) -> None:
    if session.is_machine:
        _document(problems, exit_code, session)
        return
    session.tell("".join(painted(problem) + "\n" for problem in problems))
    if exit_code in _NEXT:
        session.next_step(_NEXT[exit_code])


def _document(problems: tuple[Problem, ...], exit_code: int, session: Session) -> None:
    from andon.cli.json import VERSION, problem_record, text_of

    body = {"problems": [problem_record(p) for p in problems], "exit_code": exit_code}
    session.data(text_of({"andon": VERSION, "error": body}, indent=not session.jsonl))


def painted(problem: Problem) -> str:
    """A problem as text, its first words in colour on a terminal."""
    text = render_problem(problem)
    head = f"{problem.severity}[{problem.code}]"
    shade = "1;31" if problem.severity == "error" else "1;33"
    return colour(head, shade, sys.stderr) + text.removeprefix(head)


def _cancelled(session: Session, exit_code: int) -> None:
    problem = Problem(
        code="CLI008",
        what="cancelled",
        why="the process was told to stop" if exit_code == 143 else "Ctrl-C was pressed",
        fix="nothing is half done; run the same command again",
    )
    _tell((problem,), exit_code, session)


def _show_traceback(error: BaseException, session: Session) -> None:
    if session.debug:
        import traceback

        traceback.print_exception(error)


def _internal(error: BaseException, session: Session) -> int:
    """An exception nobody expected: the report goes to a file, one line goes to the user."""
    from andon.execution.fault import unexpected

    _tell((unexpected(error),), 70, session)
    _show_traceback(error, session)
    return 70
