"""Reference pages that are made from the code: ``python tools/docs.py`` writes them all.

Commands and exit codes come from the commands (`andon.cli.reference`), the others from docstrings
and from the pages of errors. ``tests/docs`` fails if a page is not up to date.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import andon
from andon import events
from andon.app.rejects import quarantine, replay
from andon.app.showing import search, search_values, views
from andon.app.showing.table import Table
from andon.app.sourcing import contract, push
from andon.app.sourcing import trial as source_test
from andon.app.sourcing.sources import Sources
from andon.catalog import records
from andon.cli import reference
from andon.discovery import rank
from andon.errors import Problem, Where
from andon.execution import outcome
from andon.observe import cost, usage, use
from andon.planning import action
from andon.schema import ChangeKind, Column, FieldChange, Schema

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "docs" / "reference"
_GENERATED = "<!-- Made by `make docs` from the code; changes here are lost. -->"
_SECTION = re.compile(r"(Args|Returns|Raises|Attributes|Yields):\Z")

CHECKS = (
    "not_null unique accepted in_range pattern expect relationship reconcile row_count freshness sql_file"
).split()
ERRORS = ("AndonError", "ProjectInvalid", "Conflict", "Denied", "UsageError")
RECORDS: tuple[type, ...] = (
    source_test.Trial,
    push.Kept,
    action.Plan,
    action.Action,
    outcome.RunReport,
    outcome.Outcome,
    records.Audit,
    records.CheckResult,
    records.Publication,
    records.Change,
    records.Held,
    records.Snapshot,
    records.Evolution,
    records.InputRef,
    records.DataFile,
    records.Digest,
    records.Delivery,
    usage.SourceReport,
    usage.SourceUsage,
    usage.Usage,
    cost.Bytes,
    cost.Work,
    use.Use,
    search.Answer,
    search.Found,
    rank.Match,
    search_values.ValueAnswer,
    search_values.Holds,
    search_values.LeftOut,
    views.Result,
    views.AssetView,
    views.AssetLine,
    views.FailingRows,
    views.Collection,
    views.Finding,
    contract.Contract,
    quarantine.Rejection,
    quarantine.RejectedRows,
    replay.Replayed,
    replay.Landing,
    Problem,
    Where,
    Schema,
    Column,
    FieldChange,
)
WORDS: dict[str, object] = {
    "Kind": action.Kind,
    "Verb": action.Verb,
    "Word": outcome.Word,
    "Verdict": records.Verdict,
    "SnapshotStatus": records.SnapshotStatus,
    "FileRole": records.FileRole,
    "ChangeKind": ChangeKind,
}


def pages() -> dict[str, str]:
    """Text by file name below ``docs/reference``."""
    made = {
        "python-api.md": python_api(),
        "events.md": event_page(),
        "errors/index.md": error_index(),
    }
    return {**reference.pages(), **{name: "\n".join(lines) + "\n" for name, lines in made.items()}}


def python_api() -> Iterator[str]:
    """The public names of the package, the methods of its objects, the records they answer with."""
    yield from ("# Python API", "", _GENERATED, "")
    yield from (
        "`import andon` costs next to nothing: each name is loaded when it is first used.",
        "",
    )
    yield from ("## Open a project", "")
    yield from _callable("andon.open", andon.open, 3)
    yield from ("## Project", "", *_prose(andon.Project))
    yield from _members(andon.Project)
    yield from ("## Sources", "", "What `project.sources` is.", "", *_prose(Sources))
    yield from _members(Sources)
    yield from ("## Table", "", *_prose(Table))
    yield from _members(Table)
    yield from ("## Declare an asset", "")
    yield from _callable("andon.asset", andon.asset, 3)
    yield from ("## Open landed files", "")
    yield from _callable("andon.open_file", andon.open_file, 3)
    yield from ("## Declare a source", "")
    yield from _callable("andon.source", andon.source, 3)
    yield from _callable("andon.open_file", andon.open_file, 3)
    yield from _callable("andon.secret", andon.secret, 3)
    yield from ("## Checks", "", "What each means: [checks](checks.md).", "")
    for name in CHECKS:
        yield from _callable(f"andon.{name}", getattr(andon, name), 3)
    yield from ("## Errors", "", "All codes: [errors](errors/index.md).", "")
    for name in ERRORS:
        yield from (f"### andon.{name}", "", *_prose(getattr(andon, name)))
    yield from ("## Records", "", "What the methods answer with. All are frozen.", "")
    for record in RECORDS:
        yield from _record(record)
    yield from ("### Words", "", "| type | one of |", "| --- | --- |")
    for name, kind in WORDS.items():
        yield f"| `{name}` | {', '.join(f'`{word}`' for word in get_args(kind))} |"


def event_page() -> Iterator[str]:
    """Every event with its fields."""
    yield from ("# Events", "", _GENERATED, "")
    yield "What can happen. Events are appended to the log of the catalog in the transaction of what"
    yield from ("they tell, so nothing is told that did not happen.", "")
    for event in get_args(events.Event):
        yield from (f"## {event.__name__}", "", *_prose(event))
        yield from _fields(event)


def error_index() -> Iterator[str]:
    """Every error code with its title and a link to its page."""
    yield from ("# Errors", "", _GENERATED, "")
    yield from (
        "`andon explain CODE` prints the same pages.",
        "",
        "| code | what it is |",
        "| --- | --- |",
    )
    for page in sorted((ROOT / "src/andon/pages").glob("*.md")):
        title = page.read_text("utf-8").splitlines()[0].partition(": ")[2].replace("|", "\\|")
        yield f"| [{page.stem}](../../../src/andon/pages/{page.name}) | {title} |"


def _members(kind: type) -> Iterator[str]:
    for name, member in vars(kind).items():
        if name.startswith("_"):
            continue
        if isinstance(member, property):
            assert member.fget is not None
            result = inspect.signature(member.fget).return_annotation
            yield from (f"### {kind.__name__}.{name}", "", f"`{result}`", "")
            yield from _prose(member)
        elif inspect.isfunction(member):
            yield from _callable(f"{kind.__name__}.{name}", member, 3)


def _callable(title: str, function: object, level: int) -> Iterator[str]:
    assert callable(function)
    signature = inspect.signature(function)
    given = [p for n, p in signature.parameters.items() if n != "self"]
    result = signature.return_annotation
    arguments = list(_arguments(given))
    name = title.rpartition(".")[2]
    text = f"{name}({', '.join(arguments)}) -> {result}"
    if len(text) > 100:
        inside = ",\n    ".join(arguments)
        text = f"{name}(\n    {inside},\n) -> {result}"
    yield from (f"{'#' * level} {title}", "", "```python", text, "```", "", *_prose(function))


def _arguments(given: list[inspect.Parameter]) -> Iterator[str]:
    is_named = False
    for one in given:
        if one.kind is inspect.Parameter.VAR_POSITIONAL:
            is_named = True
        if one.kind is inspect.Parameter.KEYWORD_ONLY and not is_named:
            is_named = True
            yield "*"
        star = "*" if one.kind is inspect.Parameter.VAR_POSITIONAL else ""
        default = "" if one.default is one.empty else f" = {_shown(one.default)}"
        yield f"{star}{one.name}: {one.annotation}{default}"


def _shown(value: object) -> str:
    return f'"{value}"' if isinstance(value, str) else repr(value)


def _prose(thing: object) -> Iterator[str]:
    """A docstring as Markdown, with its sections as lists; without those on fields."""
    is_record = isinstance(thing, type) and hasattr(thing, "__match_args__")
    section, items = "", list[str]()
    for line in [*inspect.cleandoc(getattr(thing, "__doc__", "") or "").splitlines(), ""]:
        found = _SECTION.match(line)
        if found:
            section, items = found[1], []
        elif not section:
            yield line.replace("``", "`")
        elif not line.strip():
            if section != "Attributes" or not is_record:
                yield from (f"**{section}**", "", *(f"- {item}" for item in items), "")
            section = ""
        elif line.startswith("        ") and items:
            items[-1] += f" {line.strip()}"
        else:
            items.append(line.strip().replace("``", "`"))
    if section and (section != "Attributes" or not is_record):
        yield from (f"**{section}**", "", *(f"- {item}" for item in items), "")


def _record(record: type) -> Iterator[str]:
    yield from (f"### {record.__name__}", "", *_prose(record))
    yield from _fields(record)


def _fields(record: type) -> Iterator[str]:
    notes = _notes(record)
    yield from ("| field | type | meaning |", "| --- | --- | --- |")
    for name, annotation in inspect.get_annotations(record).items():
        kind = str(annotation).replace("|", "\\|")
        yield f"| `{name}` | `{kind}` | {notes.get(name, '')} |"
    yield ""


def _notes(record: type) -> dict[str, str]:
    """What the docstring's section on attributes says of each field."""
    text = inspect.cleandoc(record.__doc__ or "").partition("Attributes:\n")[2]
    found: dict[str, str] = {}
    last: list[str] = []
    for entry in re.split(r"\n(?=    \S)|; (?=[a-z_]+: )", f"\n{text}"):
        names, colon, note = entry.strip().partition(":")
        words = [name.strip() for name in names.split(",")]
        if colon and all(re.fullmatch(r"[a-z_0-9]+", word) for word in words):
            last = words
            told = " ".join(note.split()).replace("``", "`").replace("|", "\\|")
            found.update(dict.fromkeys(last, told))
    return found


def write(folder: Path = FOLDER) -> None:
    """Write all pages; safe to repeat."""
    for name, text in pages().items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")


if __name__ == "__main__":
    write()
