"""What nobody expected, as the failure of one table or asset: the others go on."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from andon.errors import AndonError, Problem, TaskFailed


@contextmanager
def failing_alone(name: str) -> Iterator[None]:
    """Errors that no part of the work told in its own words, told of the table or asset at hand.

    Raises:
        TaskFailed: (RUN008) the system refused something; (CLI900) a fault of Andon itself, whose
            report is saved.
    """
    try:
        yield
    except AndonError:
        raise
    except OSError as error:
        raise TaskFailed(_refused(name, error)) from error
    except Exception as error:
        raise TaskFailed(unexpected(error, f" in `{name}`")) from error


def unexpected(error: BaseException, place: str = "") -> Problem:
    """A fault of Andon itself; its report goes to a file, which is named."""
    return Problem(
        code="CLI900",
        what=f"unexpected {type(error).__name__}{place}",
        why=f"this is a fault of Andon itself; the report is in {_saved(error)}",
        fix="report it with that file; `andon doctor` tells whether the project is sound",
    )


def _refused(name: str, error: OSError) -> Problem:
    return Problem(
        code="RUN008",
        what=f"the system refused what `{name}` needs: {error.strerror or type(error).__name__}",
        why=f"it concerns `{Path(os.fsdecode(error.filename)).name}`"
        if isinstance(error.filename, str | bytes)
        else "it did not say which file it concerns",
        fix="look at disk space, rights and `andon doctor`, then run again",
    )


def _saved(error: BaseException) -> str:
    """Write the traceback to a file of its own and return its path."""
    import platform
    import tempfile
    import traceback

    from andon.version import VERSION

    head = f"andon {VERSION}, Python {platform.python_version()}, {platform.platform()}\n"
    try:
        with tempfile.NamedTemporaryFile(
            "w",
            prefix="andon-fault-",
            suffix=".txt",
            delete=False,
            encoding="utf-8",
            errors="backslashreplace",
        ) as file:
            file.write(head)
            file.writelines(traceback.format_exception(error))
    except OSError as refused:
        return f"no file ({refused.strerror or refused}); --debug shows it"
    return file.name
