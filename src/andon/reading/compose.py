"""Repaired records as a file like the one they come from, so that they are read just as it is."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

from andon.acquisition.columns.facts import Facts
from andon.acquisition.columns.types import least_common
from andon.errors import Problem, UsageError
from andon.names import did_you_mean
from andon.ports.engine import Engine
from andon.reading.delimited.block import marks_of
from andon.reading.delimited.records import is_comment, records
from andon.reading.documents import queries as json_queries
from andon.reading.documents.repaired import written
from andon.reading.documents.survey import MOST_DEPTH, depth_of
from andon.reading.fit_queries import has_more
from andon.reading.quoting import files, identifier, literal
from andon.spec.format import format_of
from andon.spec.source import SourceTable


class Composer:
    """Writes repaired records of one delivery.

    Args:
        origin: path of the delivery; facts: what was found in it.
        stage: gives a new path in the store, by name.
    """

    def __init__(
        self,
        table: SourceTable,
        origin: str,
        facts: Facts,
        engine: Engine,
        stage: Callable[[str], Path],
    ) -> None:
        self._table = table
        self._origin = origin
        self._facts = facts
        self._engine = engine
        self._stage = stage
        self._names = [name for name, _ in facts.columns]

    def compose(self, texts: Sequence[str]) -> BinaryIO:
        """The records, each as a line of the original or as JSON, as bytes of its format.

        Raises:
            UsageError: (APP012) a record cannot be written so, or the format knows no single records.
        """
        form = self._table.format or format_of(self._origin)
        match form:
            case "csv" | "tsv" | "fixed":
                lines = list(self._text_lines(texts))
                self._check_each_is_one(lines, len(texts))
                return BytesIO(self._encoded(lines))
            case "json" | "jsonl":
                return BytesIO("".join(self._documents(texts)).encode())
            case "parquet":
                return self._parquet(texts)
            case "xml" | "xlsx" | "avro":
                return BytesIO(self._apart(texts, is_text=form == "xml"))
            case _:
                raise refused(
                    f"records of `{self._origin}` cannot be repaired one by one",
                    "every file of it is one record",
                    f"repair the whole file: `andon replay {self._table.name} FILE --replaces "
                    f"{self._origin}`",
                )

    def _text_lines(self, texts: Sequence[str]) -> Iterable[str]:
        header = self._table.dialect.header
        if header is not False and not (self._table.widths and header is not True):
            yield self._line(dict(zip(self._names, self._names, strict=True)))
        for at, text in enumerate(texts, start=1):
            fields = _object(text)
            yield text.rstrip("\r\n") if fields is None else self._line(self._known(fields, at))

    def _check_each_is_one(self, lines: Sequence[str], count: int) -> None:
        """Refuse a text that would be read as several records, as none, or as a part of the next."""
        repaired = lines[len(lines) - count :]
        several = [at for at, line in enumerate(repaired, 1) if self._records_in([line]) != 1]
        if several or self._records_in(repaired) != count:
            which = f"repaired record {several[0]}" if several else "a repaired record"
            raise refused(
                f"{which} is not one line of `{self._origin}`",
                "each repaired row takes the place of one; more or fewer would be read",
                "write one record in `_text`, without a remark, and close its quotes",
            )

    def _records_in(self, lines: Sequence[str]) -> int:
        """Records of lines, as they are counted when they are read."""
        body = "".join(f"{line}\n" for line in lines).encode("utf-8", "surrogatepass")
        if self._table.widths:
            return sum(1 for line in body.splitlines() if line.strip())
        dialect = self._table.dialect
        marks = marks_of(self._facts.delimiter, dialect, dialect.quote or '"')
        return sum(not is_comment(one.raw, marks) for one in records(BytesIO(body), marks))

    def _line(self, fields: dict[str, Any]) -> str:
        """Fields by name as one line of the original."""
        texts = [self._plain(fields.get(name)) for name in self._names]
        if self._table.widths:
            line = ""
            for field, text in zip(self._table.widths, texts, strict=True):
                line = f"{line:<{field.start - 1}}{text[: field.width]:<{field.width}}"
            return line
        return self._facts.delimiter.join(self._quoted(text) for text in texts)

    def _plain(self, value: Any) -> str:
        """A value as the delimited file writes it."""
        text = _plain(value)
        is_other = isinstance(value, float) and self._table.dialect.decimal == ","
        return text.replace(".", ",") if is_other else text

    def _quoted(self, text: str) -> str:
        quote = self._table.dialect.quote or '"'
        if any(sign in text for sign in (self._facts.delimiter, quote, "\n", "\r")):
            return f"{quote}{text.replace(quote, quote * 2)}{quote}"
        return text

    def _encoded(self, lines: Iterable[str]) -> bytes:
        text = "".join(f"{line}\n" for line in lines)
        try:
            return text.encode(self._table.dialect.encoding or "utf-8")
        except UnicodeEncodeError as error:
            raise refused(
                f"a repaired record cannot be written in {self._table.dialect.encoding}",
                "that is the encoding declared for the table, and it has no such character",
                "use characters of that encoding",
            ) from error

    def _documents(self, texts: Sequence[str]) -> Iterable[str]:
        """JSON, a document per line; where records lie within documents, in one document."""
        found = [
            json.dumps(self._document(t, at), ensure_ascii=False) for at, t in _numbered(texts)
        ]
        if not self._table.records:
            yield from (f"{text}\n" for text in found)
            return
        steps = self._table.records.split(".")
        if any(step.lstrip("-").isdigit() for step in steps):
            raise refused(
                f"records of `{self._origin}` cannot be repaired one by one",
                f"they lie at `{self._table.records}`, a place in a list",
                "repair the whole file",
            )
        body = f"[{', '.join(found)}]"
        for step in reversed(steps):
            body = f"{{{json.dumps(step)}: {body}}}"
        yield f"{body}\n"

    def _document(self, text: str, at: int) -> dict[str, Any]:
        fields = _object(text)
        if fields is None:
            raise refused(
                f"repaired record {at} is no JSON object",
                f"records of `{self._origin}` are documents",
                'write an object such as {"id": 1} in `_text`',
            )
        return fields

    def _parquet(self, texts: Sequence[str]) -> BinaryIO:
        """A Parquet file in the types of the original."""
        kinds = self._kinds
        source = self._fitting(self._records(texts))
        outputs = ", ".join(
            f"{json_queries.cast(_at(name), kind)} as {identifier(name)}"
            for name, kind in kinds.items()
        )
        query = f"select {outputs} from {source}"
        target = self._stage("repaired.parquet")
        self._engine.write(query, {}, self._engine.describe(query, {}), target)
        return target.open("rb")

    def _apart(self, texts: Sequence[str], *, is_text: bool) -> bytes:
        """JSON lines in the types of the original, or with all values as text."""
        fields = self._records(texts)
        if is_text:
            fields = [{name: _as_text(value) for name, value in one.items()} for one in fields]
        self._fitting(fields)
        return written(None if is_text else self._facts.columns, fields)

    def _records(self, texts: Sequence[str]) -> list[dict[str, Any]]:
        return [self._known(self._document(text, at), at) for at, text in _numbered(texts)]

    @property
    def _kinds(self) -> dict[str, str]:
        """Types of the original by column."""
        return {
            name: least_common(evidence) if not isinstance(evidence, int) else "VARCHAR"
            for name, evidence in self._facts.columns
        }

    def _fitting(self, fields: Sequence[Mapping[str, Any]]) -> str:
        """Query of records as `j`, once every value of them is known to fit the original's types."""
        staged = self._stage("repaired.jsonl")
        staged.write_text("".join(f"{json.dumps(one)}\n" for one in fields), "utf-8")
        source = (
            f"(select json as j from read_json({files([staged])}, records = false, "
            "columns = {json: 'JSON'}, format = 'newline_delimited'))"
        )
        tests = []
        for name, kind in self._kinds.items():
            value = _at(name)
            is_there = f"coalesce(json_type({value}), 'NULL') <> 'NULL'"
            tests.append(f"({is_there} and {json_queries.cast(value, kind)} is null)")
            tests += filter(None, [has_more("json", value, "JSON", kind)])
        if self._engine.rows(f"select 1 from {source} where {' or '.join(tests)} limit 1"):
            raise refused(
                "a repaired record has a value that does not fit the type of its column",
                f"it is read as part of `{self._origin}`, whose columns have types",
                "write values of the types of the file, in objects no other fields than there",
            )
        return source

    def _known(self, fields: dict[str, Any], at: int) -> dict[str, Any]:
        """Fields by the names of the original."""
        own = {name.casefold(): name for name in self._names}
        for name in fields:
            if name.casefold() not in own:
                raise refused(
                    f"repaired record {at} has a field `{name}`, which `{self._origin}` has not",
                    "it is read as part of that file",
                    did_you_mean(name, self._names, "take it out"),
                )
        return {own[name.casefold()]: value for name, value in fields.items()}


def refused(what: str, why: str, fix: str) -> UsageError:
    """A repair that cannot be taken (APP012)."""
    return UsageError(Problem(code="APP012", what=what, why=why, fix=fix))


def _object(text: str) -> dict[str, Any] | None:
    """The JSON object that a text is, or None."""
    body = text.encode("utf-8", "surrogatepass")
    if not text.lstrip().startswith("{") or depth_of(body) > MOST_DEPTH:
        return None
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _plain(value: Any) -> str:
    """A value as a delimited file writes it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _as_text(value: Any) -> Any:
    """A value with text for every number and truth value in it."""
    match value:
        case None:
            return None
        case dict():
            return {name: _as_text(inner) for name, inner in value.items()}
        case list():
            return [_as_text(inner) for inner in value]
        case _:
            return _plain(value)


def _at(name: str) -> str:
    return f"(j -> {literal(json_queries.pointer(name))})"


def _numbered(texts: Sequence[str]) -> Iterable[tuple[int, str]]:
    return enumerate(texts, start=1)
