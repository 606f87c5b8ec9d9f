"""Records to JSON bytes and back, and times to whole microseconds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, get_args

import msgspec

from andon.catalog.records import Audit, Delivery, Publication, RunRecord, Snapshot

if TYPE_CHECKING:
    from andon.catalog.slices import Figure, Piece, Slice
    from andon.events import Event

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

encode = msgspec.json.Encoder().encode


def to_us(moment: datetime) -> int:
    """Microseconds since 1970, exactly; the moment must carry a time zone."""
    return (moment - _EPOCH) // _MICROSECOND


def from_us(us: int) -> datetime:
    """The moment in UTC."""
    return _EPOCH + timedelta(microseconds=us)


@cache
def _decoder(kind: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(kind)


@lru_cache(maxsize=64)
def _status_patch(status: str, status_us: int | None) -> bytes:
    """End of a snapshot's JSON; one publication gives all its snapshots the same."""
    at = "null" if status_us is None else f'"{from_us(status_us).isoformat()}"'
    return f',"status":"{status}","status_at":{at}}}'.encode()


def decode_snapshot(body: bytes, status: str, status_us: int | None) -> Snapshot:
    """A snapshot with the status that the catalog's row gives it, whatever its body says.

    The later key wins in decoding, which is several times cheaper than copying the record.
    """
    snapshot: Snapshot = _decoder(Snapshot).decode(body[:-1] + _status_patch(status, status_us))
    return snapshot


def decode_delivery(body: bytes, state: str) -> Delivery:
    """A delivery with the state that the catalog's row gives it."""
    delivery: Delivery = _decoder(Delivery).decode(body[:-1] + f',"state":"{state}"}}'.encode())
    return delivery


def decode_audit(body: bytes) -> Audit:
    """An audit as it was recorded."""
    audit: Audit = _decoder(Audit).decode(body)
    return audit


def decode_publication(body: bytes) -> Publication:
    """A publication as it was recorded."""
    publication: Publication = _decoder(Publication).decode(body)
    return publication


def decode_slices(body: bytes) -> tuple[Slice, ...]:
    """Intervals of a snapshot."""
    from andon.catalog.slices import Slice

    found: tuple[Slice, ...] = _decoder(tuple[Slice, ...]).decode(body)
    return found


def decode_figures(body: bytes) -> tuple[Figure, ...]:
    """What a file holds of each interval."""
    from andon.catalog.slices import Figure

    found: tuple[Figure, ...] = _decoder(tuple[Figure, ...]).decode(body)
    return found


def decode_piece(body: bytes) -> Piece:
    """A finished part of a snapshot."""
    from andon.catalog.slices import Piece

    found: Piece = _decoder(Piece).decode(body)
    return found


def decode_run(body: bytes) -> RunRecord:
    """A run as it was last recorded."""
    run: RunRecord = _decoder(RunRecord).decode(body)
    return run


@cache
def _event_types() -> dict[str, Any]:
    from andon.events import Event

    return {kind.__name__: kind for kind in get_args(Event)}


def decode_event(kind: str, body: bytes) -> Event:
    """An event by the name of its class."""
    event: Event = _decoder(_event_types()[kind]).decode(body)
    return event
