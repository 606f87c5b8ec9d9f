"""Rank: datasets by what was typed, by trust and by use.

    score = text x (0.7 + 0.3 trust) x (1 + 0.25 use)

`text` is BM25F: the words of a dataset weigh by the field they stand in, rare ones more than common
ones; a dataset that has only a part of what was typed, by the rarity of its words, loses by the square
of that part. Trust and use together make less than twice of it: they decide between datasets that are
about the same, and do not lift one that names what was looked for in passing above one of that name.

The weighting of fields follows Robertson, Zaragoza and Taylor, "Simple BM25 extension to multiple
weighted fields" (2004).
"""

from __future__ import annotations

from collections.abc import Sequence
from math import log, log1p

from msgspec import Struct

from andon.discovery.query import FIELDS, Slot

_WEIGHT = {
    "name": 5.0,
    "folder": 2.0,
    "term": 4.0,
    "column": 2.0,
    "owner": 2.0,
    "tag": 2.0,
    "text": 1.5,
}
_LENGTH = {
    "name": 0.5,
    "folder": 0.0,
    "term": 0.0,
    "column": 0.4,
    "owner": 0.0,
    "tag": 0.0,
    "text": 0.4,
}
_SATURATION = 3.0
_MANY_READS = 100
_MANY_READERS = 5


class Standing(Struct, frozen=True, kw_only=True):
    """What speaks for a dataset, whatever is looked for.

    Attributes:
        is_served: whether it is published; is_current: and not held back in the newest publication.
        passing: 1 if all its checks pass, 0.5 if some warn or it has none, 0 if one fails.
        has_owner, is_described: whether somebody answers for it and said what it is.
        reads: of its rows, in the period that is looked at; built_on: tables that read it directly.
    """

    is_served: bool = False
    is_current: bool = False
    passing: float = 0.0
    has_owner: bool = False
    is_described: bool = False
    reads: int = 0
    built_on: int = 0

    @property
    def trust(self) -> float:
        """From 0 to 1.

        >>> Standing(is_served=True, is_current=True, passing=1.0).trust
        0.7
        """
        parts = (
            0.4 * self.is_served,
            0.2 * self.passing,
            0.1 * self.is_current,
            0.1 * self.has_owner,
            0.2 * self.is_described,
        )
        return round(sum(parts), 6)

    @property
    def use(self) -> float:
        """From 0 to 1: a hundred reads are many, and so are five tables that are built on it.

        >>> Standing(reads=100, built_on=5).use, Standing(reads=9).use
        (1.0, 0.349245)
        """
        read = min(1.0, log1p(self.reads) / log1p(_MANY_READS))
        return round(0.7 * read + 0.3 * min(1.0, self.built_on / _MANY_READERS), 6)


class Document(Struct, frozen=True, kw_only=True):
    """A dataset as words.

    Attributes:
        fields: its words, in the order of `FIELDS`.
    """

    name: str
    fields: tuple[Sequence[str], ...]
    standing: Standing = Standing()


class Match(Struct, frozen=True, kw_only=True):
    """Why a dataset was found: a word that was typed, and the words in a field that filled its place."""

    typed: str
    field: str
    words: tuple[str, ...]


class Ranked(Struct, frozen=True, kw_only=True):
    """A dataset that was found.

    Attributes:
        score: what it is ranked by; text: the part of it that the words make.
    """

    name: str
    score: float
    text: float
    matches: tuple[Match, ...]


def vocabulary_of(documents: Sequence[Document]) -> frozenset[str]:
    """All words that datasets have."""
    return frozenset().union(*(words for one in documents for words in one.fields))


def rank(documents: Sequence[Document], slots: Sequence[Slot]) -> tuple[Ranked, ...]:
    """Datasets that fill at least one slot, and all that name a field; best first, then by name."""
    lengths = _mean_lengths(documents)
    filled = [[_fill(one, slot, lengths) for one in documents] for slot in slots]
    rarity = [_rarity(len(documents), sum(w > 0 for w, _ in column)) for column in filled]
    whole = sum(rarity)
    found = []
    for index, document in enumerate(documents):
        row = [column[index] for column in filled]
        if any(slot.field and not weight for slot, (weight, _) in zip(slots, row, strict=True)):
            continue
        share = sum(r for r, (weight, _) in zip(rarity, row, strict=True) if weight) / (whole or 1)
        if not share:
            continue
        text = share**2 * sum(
            r * weight * (_SATURATION + 1) / (_SATURATION + weight)
            for r, (weight, _) in zip(rarity, row, strict=True)
        )
        standing = document.standing
        found.append(
            Ranked(
                name=document.name,
                score=text * (0.7 + 0.3 * standing.trust) * (1 + 0.25 * standing.use),
                text=text,
                matches=tuple(match for _, match in row if match is not None),
            )
        )
    return tuple(sorted(found, key=lambda one: (-one.score, one.name)))


def _rarity(all_of: int, having: int) -> float:
    return log(1 + (all_of - having + 0.5) / (having + 0.5))


def _mean_lengths(documents: Sequence[Document]) -> list[float]:
    count = len(documents) or 1
    return [
        sum(len(one.fields[place]) for one in documents) / count or 1.0
        for place in range(len(FIELDS))
    ]


def _fill(document: Document, slot: Slot, lengths: Sequence[float]) -> tuple[float, Match | None]:
    """How well a dataset fills a slot, and by what."""
    best, match = 0.0, None
    places = [place for place, name in enumerate(FIELDS) if slot.field in ("", name)]
    having = [(place, document.fields[place]) for place in places if document.fields[place]]
    for way in slot.ways:
        weighed = [_weight(having, forms, lengths) for forms in way.words]
        worth = way.worth * min(weight for weight, _, _ in weighed)
        if worth > best:
            best = worth
            words = tuple(word for _, _, word in weighed)
            match = Match(typed=slot.typed, field=FIELDS[weighed[0][1]], words=words)
    return best, match


def _weight(
    having: Sequence[tuple[int, Sequence[str]]], forms: Sequence[str], lengths: Sequence[float]
) -> tuple[float, int, str]:
    """Weight of a word in some fields together; the field that it weighs most in, and its form there."""
    whole, most, at, as_ = 0.0, 0.0, 0, ""
    for place, words in having:
        for form in forms:
            if form in words:
                name = FIELDS[place]
                share = _LENGTH[name]
                length = 1 - share + share * len(words) / lengths[place]
                weight = _WEIGHT[name] * words.count(form) / length
                whole += weight
                if weight > most:
                    most, at, as_ = weight, place, form
    return whole, at, as_
