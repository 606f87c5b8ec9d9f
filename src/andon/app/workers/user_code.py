"""The boundary to user code in a worker: load the module, call the function, tell what it raised."""

from __future__ import annotations

import importlib
import linecache
import random
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import CodeType, FrameType, TracebackType
from typing import Any

from andon.errors import AndonError, Problem, TaskFailed, Where

_TRACE_LINES = 40
_EXTRAS = {"dlt": "dlt", "pandas": "pandas", "polars": "polars", "pyarrow": "arrow"}


class _FreshLoader(SourceFileLoader):
    """Compiles the source as it is now: a cached byte code may be of an edit in the same second."""

    def get_code(self, fullname: str) -> CodeType:
        path = self.get_filename(fullname)
        return compile(self.get_data(path), path, "exec", dont_inherit=True)


def forget_project(root: Path) -> None:
    """Unload every module of the project, so that the next task runs the code as it is now and
    sees no state that an earlier task left in it."""
    below = str(root) + "/"
    for name, module in list(sys.modules.items()):
        origin = getattr(module, "__file__", None) or next(
            iter(getattr(module, "__path__", None) or ()), ""
        )
        if str(origin).startswith(below) and "site-packages" not in str(origin):
            del sys.modules[name]
    importlib.invalidate_caches()
    linecache.checkcache()


def call(
    root: Path, path: str, function: str, arguments: Mapping[str, Any], *, asset: str
) -> object:
    """Load the function and call it.

    Raises:
        TaskFailed: (PYA001) the code raised, with its own traceback from the user's first line;
            (PYA006) the file has no such function.
    """
    try:
        loaded = _load(root, path, function)
        random.seed(asset)
        return loaded(**arguments)
    except AndonError:
        raise
    except BaseException as error:  # user code: sys.exit and panics of native code as well
        raise _raised(error, root, path, function) from error


def items(
    root: Path,
    path: str,
    function: str,
    arguments: Mapping[str, Any],
    open_items: Callable[[Any, Mapping[str, Any]], Iterator[object]],
    *,
    asset: str,
) -> Iterator[object]:
    """Load a source's function and give what it yields, one by one.

    Args:
        open_items: calls what was loaded, and iterates over what that returns.

    Raises:
        TaskFailed: as `call`.
    """
    found: Iterator[object] | None = None
    try:
        while True:
            try:
                if found is None:
                    loaded = _load(root, path, function)
                    random.seed(asset)
                    found = open_items(loaded, arguments)
                item = next(found)
            except StopIteration:
                return
            except AndonError:
                raise
            except BaseException as error:  # user code, as in `call`
                raise _raised(error, root, path, function) from error
            yield item
    finally:
        close = getattr(found, "close", None)
        if close is not None:
            close()


def _load(root: Path, path: str, function: str) -> Callable[..., object]:
    name = path.removesuffix(".py").replace("/", ".")
    file = str(root / path)
    loader = _FreshLoader(name, file)
    spec = spec_from_file_location(name, file, loader=loader)  # it sets `__file__`
    if spec is None:
        raise ImportError(f"cannot load {path}")
    module = module_from_spec(spec)
    sys.modules[name] = module
    loader.exec_module(module)
    found: Callable[..., object] | None = getattr(module, function, None)
    if found is None:
        raise TaskFailed(
            Problem(
                code="PYA006",
                what=f"`{path}` has no function `{function}`",
                why="the file changed since the project was loaded, or defines it conditionally",
                fix="run again; define the function at the top level of the file",
                where=Where(path=path),
            )
        )
    return found


def _raised(error: BaseException, root: Path, path: str, function: str) -> TaskFailed:
    below = str(root) + "/"
    first, last = _user_frames(error.__traceback__, below)
    while first is None and error.__cause__ is not None:  # wrapped by a library, as dlt does
        error = error.__cause__
        first, last = _user_frames(error.__traceback__, below)
    where = Where(path=path)
    if isinstance(error, SyntaxError) and (error.filename or "").startswith(below):
        where = Where(
            path=str(error.filename).removeprefix(below),
            line=error.lineno,
            column=error.offset or 1,
        )
    elif last is not None:
        file, line = last
        text = linecache.getline(file, line).rstrip("\n")
        where = Where(path=file.removeprefix(below), line=line, text=text)
    told = "".join(traceback.format_exception(type(error), error, first)).rstrip().split("\n")
    if len(told) > _TRACE_LINES:
        half = _TRACE_LINES // 2
        told = [*told[:half], f"  ... {len(told) - 2 * half} lines ...", *told[-half:]]
    kind = type(error).__qualname__
    return TaskFailed(
        Problem(
            code="PYA001",
            what=f"`{function}` raised {kind} at {where}",
            why="\n".join(told).replace(below, ""),
            fix=_fix(error),
            where=where,
        )
    )


def _fix(error: BaseException) -> str:
    name = error.name if isinstance(error, ModuleNotFoundError) else None
    if name in _EXTRAS:
        return f"pip install 'andon[{_EXTRAS[name]}]'"
    return "correct the function; call it with a small table in a test to see the same error"


def _user_frames(
    trace: TracebackType | None, below: str
) -> tuple[TracebackType | None, tuple[str, int] | None]:
    """Traceback from the user's first line on, and the file and line of the user's last."""
    first: TracebackType | None = None
    last: tuple[str, int] | None = None
    while trace is not None:
        frame: FrameType = trace.tb_frame
        file = frame.f_code.co_filename
        if file.startswith(below):
            first = first or trace
            last = (file, trace.tb_lineno)
        trace = trace.tb_next
    return first, last
