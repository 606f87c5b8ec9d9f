"""Repairs: deliveries that take the place of records that were set aside, or of whole deliveries.

The originals stay landed. A repair counts as long as what it repairs is in force and nobody set the
repair aside, so that taking it back, or a newer version of the original, leaves nothing behind.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec
from msgspec import Struct

from andon.acquisition.deliveries.repeats import numbers_text, spans_of
from andon.catalog.records import Delivery


class Repair(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a delivery repairs.

    Attributes:
        of: identity of the delivery that it repairs; member: of an archive, the name in it.
        lines: places, as ``_line`` tells them, of the malformed records it replaces, such as ``3-5,9``.
        rows: numbers, as ``_row`` tells them, of the other records it replaces.
        is_whole: whether it takes the place of all that was delivered.
        by: who repaired it.
    """

    of: str
    member: str = ""
    lines: str = ""
    rows: str = ""
    is_whole: bool = False
    by: str = ""


_DECODER = msgspec.json.Decoder(Repair)


def encode(repair: Repair) -> str:
    """JSON text, as a delivery keeps it."""
    return msgspec.json.encode(repair).decode()


def repair_of(delivery: Delivery) -> Repair | None:
    """What a delivery repairs; None of one that arrived by itself."""
    return _DECODER.decode(delivery.repairs) if delivery.repairs else None


def without_repairs(deliveries: Iterable[Delivery]) -> tuple[Delivery, ...]:
    """Deliveries as they came from their origin: it knows nothing of repairs."""
    return tuple(delivery for delivery in deliveries if not delivery.repairs)


def standing(deliveries: Sequence[Delivery]) -> Mapping[str, Repair]:
    """The repairs that count, by identity: what they repair is there, be it a repair itself.

    Whole deliveries may be replaced whether or not they can be read.
    """
    repairs = {d.id: _DECODER.decode(d.repairs) for d in deliveries if d.repairs}
    if not repairs:
        return {}
    readable = {d.id for d in deliveries if d.state in ("landed", "stand_in")}
    there = {d.id for d in deliveries if not d.repairs and d.id in readable}
    beside = {d.id for d in deliveries if d.state in ("refused", "set_aside")}
    found: dict[str, Repair] = {}
    while True:
        new = {
            identity: repair
            for identity, repair in repairs.items()
            if identity not in found
            and identity in readable
            and (repair.of in there or (repair.is_whole and repair.of in beside))
        }
        if not new:
            return found
        found.update(new)
        there |= new.keys()


def replaced_whole(repairs: Mapping[str, Repair]) -> frozenset[str]:
    """Deliveries of which nothing is read, since another one took their place."""
    return frozenset(repair.of for repair in repairs.values() if repair.is_whole)


def together(*texts: str) -> str:
    """Spans of numbers that stand in any of some texts.

    >>> together("1-3,9", "", "4")
    '1-4,9'
    """
    written = [text for text in texts if text]
    if len(written) < 2:
        return written[0] if written else ""
    return numbers_text(
        number
        for text in written
        for low, high in spans_of(text)
        for number in range(low, high + 1)
    )
