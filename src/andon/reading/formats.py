"""Which family reads the files of a table, by their format."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from andon.acquisition.columns.policy import is_held_to
from andon.acquisition.deliveries.choose import Load
from andon.errors import TaskFailed
from andon.ports.engine import Engine
from andon.ports.table_store import TableStore
from andon.reading import complaints
from andon.reading.documents.clean import Convert
from andon.reading.family import Files
from andon.reading.fit_queries import Form
from andon.reading.stored.readable import ReadableFiles
from andon.spec.format import format_of
from andon.spec.source import Format, SourceTable

_FAMILIES: dict[Format, str] = {
    "csv": "text",
    "tsv": "text",
    "fixed": "text",
    "json": "json",
    "jsonl": "json",
    "xml": "xml",
    "xlsx": "xlsx",
    "avro": "avro",
    "files": "files",
    "parquet": "parquet",
}


_REPAIRED_APART = ("xml", "xlsx", "avro")
"""Formats whose repaired records are written as JSON lines."""

_FORMS: dict[str, Form] = {"text": "text", "parquet": "typed"}


def name_of_family(table: SourceTable, loads: Sequence[Load]) -> str:
    """The one family of all files.

    Raises:
        TaskFailed: (SRC002) there are several.
    """
    families: dict[str, str] = {}
    for load in loads:
        form = table.format or format_of(load.path)
        if form is not None:
            families.setdefault(_FAMILIES[form], load.path)
    if len(families) > 1:
        raise TaskFailed(complaints.mixed_formats(table, tuple(families.values())))
    return next(iter(families), "text")


def family_of(
    table: SourceTable,
    loads: Sequence[Load],
    reading: str,
    engine: Engine,
    store: TableStore,
    stage: Callable[[str], Path],
) -> Files:
    """How the files are read; what a format needs is imported here, when it is met.

    Raises:
        TaskFailed: (SRC002) the files are of several families.
    """
    name = name_of_family(table, loads)
    if not _is_fitted(table, name):
        return _plain(name, table, reading, engine, store, stage)
    from andon.reading.fit import FittedFiles, loosened

    family = _plain(name, loosened(table), reading, engine, store, stage)
    return FittedFiles(table, reading, engine, family, _FORMS.get(name, "json"))


def _is_fitted(table: SourceTable, name: str) -> bool:
    """Whether rows are held to declared types one by one; text without a policy is while it is parted."""
    return is_held_to(table) or (bool(table.columns) and name != "text")


def _plain(
    name: str,
    table: SourceTable,
    reading: str,
    engine: Engine,
    store: TableStore,
    stage: Callable[[str], Path],
) -> Files:
    readable = ReadableFiles(store, stage, table)
    if name == "parquet":
        from andon.reading.parquet.files import ColumnarFiles

        return ColumnarFiles(reading, engine, store, readable)
    if name == "text":
        from andon.reading.delimited.files import DelimitedFiles

        return DelimitedFiles(table, reading, engine, stage, readable)
    from andon.reading.documents.files import DocumentFiles

    convert = _converter(name, table, readable)
    if convert is not None and name in _REPAIRED_APART:
        from andon.reading.documents.repaired import RepairedOrNot

        convert = RepairedOrNot(convert, readable)
    is_untyped = name == "xml"
    return DocumentFiles(table, reading, engine, stage, readable, convert, is_untyped=is_untyped)


def _converter(name: str, table: SourceTable, readable: ReadableFiles) -> Convert | None:
    """What writes the records of a format as documents; None for documents themselves."""
    match name:
        case "xml":
            from andon.reading.documents.elements import Elements

            return Elements(table, readable)
        case "xlsx":
            from andon.reading.documents.sheets import Sheets

            return Sheets(table, readable)
        case "avro":
            from andon.reading.documents.avro import AvroFiles

            return AvroFiles(table, readable)
        case "files":
            from andon.reading.file_sets.files import FileSet

            return FileSet(table, readable)
        case _ if table.records:
            from andon.reading.documents.items import Items

            return Items(table, readable)
        case _:
            return None
