"""Columns of Arrow from values one by one, for drivers that give rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from andon.acquisition.cursors.cursor import CursorKind
from andon.ports.door import DoorClosed

if TYPE_CHECKING:
    import pyarrow as pa

BATCH_ROWS = 20_000


class Output(Struct, frozen=True, kw_only=True):
    """One column as it is selected and kept.

    Attributes:
        expression: what is selected.
        kind: Arrow type that is kept.
        make: the column from the values of a batch; may raise `ValueError` for a value that does
            not fit, with the reason in words.
        cursor: what it is compared as where it is a cursor.
    """

    name: str
    type: str
    expression: str
    kind: Any
    make: Callable[[Sequence[Any]], Any]
    cursor: CursorKind | None = None
    nullable: bool | None = None


def batches_of(
    rows: Iterable[Sequence[Any]], outputs: Sequence[Output]
) -> Iterator[pa.RecordBatch]:
    """Rows as batches; at least one.

    Raises:
        DoorClosed: (value) one does not fit the type of its column.
    """
    import pyarrow as pa

    schema = pa.schema([pa.field(one.name, one.kind) for one in outputs])
    source, is_first = iter(rows), True
    while True:
        taken = list(islice(source, BATCH_ROWS))
        if not taken and not is_first:
            return
        is_first = False
        columns: Sequence[Sequence[Any]] = list(zip(*taken, strict=True)) or [()] * len(outputs)
        arrays = [_column(one, values) for one, values in zip(outputs, columns, strict=True)]
        yield pa.RecordBatch.from_arrays(arrays, schema=schema)


def _column(output: Output, values: Sequence[Any]) -> pa.Array:
    import pyarrow as pa

    try:
        made = output.make(values)
        return made if made.type == output.kind else made.cast(output.kind)
    except pa.ArrowInvalid:
        said = f"it is not of type {output.type}"
    except (ValueError, TypeError, OverflowError) as error:
        said = str(error) if type(error) is Misfit else f"it is not of type {output.type}"
    raise DoorClosed("value", said, column=output.name)


class Misfit(ValueError):
    """A value does not fit; the text says why, without the value."""
