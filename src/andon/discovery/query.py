"""Query: what somebody typed, as slots that a dataset fills with the same or a related word."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from msgspec import Struct

from andon.discovery.words import STOP_WORDS, most_slips, root, singular, slips, words_of
from andon.spec.glossary import Term

FIELDS = ("name", "folder", "term", "column", "owner", "tag", "text")
"""Where a word may stand: last part of the name; what stands before it; terms of the glossary that are used in it; names of columns; owner;
tags and classifications; descriptions."""

_SAME, _PLURAL, _PREFIX, _ROOT = 1.0, 0.95, 0.75, 0.7
_SLIPS = {1: 0.6, 2: 0.4}
_SYNONYM = 0.8
_LEAST_PREFIX = 3


class Way(Struct, frozen=True):
    """One way to fill a slot: all of these words, each in any of its forms, at this much of the worth of
    the word typed."""

    words: tuple[tuple[str, ...], ...]
    worth: float


class Slot(Struct, frozen=True, kw_only=True):
    """One word that was typed.

    Attributes:
        field: where it has to stand; empty if anywhere.
        ways: what fills it.
    """

    typed: str
    field: str
    ways: tuple[Way, ...]


def slots_of(typed: str, vocabulary: Collection[str], terms: Iterable[Term]) -> tuple[Slot, ...]:
    """The slots of what was typed.

    A word with one of the fields before it and a colon, as ``owner:sales``, has to stand there.

    Args:
        vocabulary: all words that datasets have.
        terms: of the glossary; a word that means one is filled by its other names as well.
    """
    parted = [(field, word) for part in typed.split() for field, word in _parts(part)]
    telling = [pair for pair in parted if pair[0] or pair[1] not in STOP_WORDS] or parted
    names = [[words_of(name) for name in (t.name, *t.synonyms)] for t in terms]
    known = {*vocabulary, *(word for forms in names for form in forms for word in form)}
    near = {word: _near(word, known) for _, word in telling}
    forms_of = _by_singular(vocabulary)
    ways: list[list[Way]] = [
        [Way(((other,),), worth) for other, worth in near[word].items() if other in vocabulary]
        for _, word in telling
    ]
    for forms in names:
        for form in forms:
            others = [
                Way(tuple(forms_of.get(singular(word), ()) for word in other), _SYNONYM)
                for other in forms
                if other != form
            ]
            for start in _places(form, [near[word] for _, word in telling]):
                for found in ways[start : start + len(form)]:
                    found += [way for way in others if all(way.words)]
    return tuple(
        Slot(typed=word, field=field, ways=tuple(found))
        for (field, word), found in zip(telling, ways, strict=True)
    )


def _by_singular(vocabulary: Iterable[str]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for word in vocabulary:
        one = singular(word)
        found[one] = (*found.get(one, ()), word)
    return found


def _parts(part: str) -> list[tuple[str, str]]:
    field, colon, rest = part.partition(":")
    if not colon or field not in FIELDS:
        field, rest = "", part
    return [(field, word) for word in words_of(rest)]


def _near(word: str, known: Collection[str]) -> dict[str, float]:
    """Known words that may be meant by one, each with its worth; slips only where there is no other."""
    one, stem, found = singular(word), root(word), dict[str, float]()
    for other in known:
        if other == word:
            found[other] = _SAME
        elif singular(other) == one:
            found[other] = _PLURAL
        elif len(word) >= _LEAST_PREFIX and other.startswith(word):
            found[other] = _PREFIX
        elif len(stem) >= _LEAST_PREFIX and root(other) == stem:
            found[other] = _ROOT
    if max(found.values(), default=0.0) >= _PREFIX:
        return found
    slipped: dict[str, float] = {}
    most = most_slips(word)
    for other in known if most else ():
        counts = (slips(word, other, most), slips(one, singular(other), most))
        known_counts = [count for count in counts if count is not None]
        if known_counts:
            slipped[other] = _SLIPS[max(min(known_counts), 1)]
    nearest = max(slipped.values(), default=0.0)
    return {**{o: w for o, w in slipped.items() if w == nearest}, **found}


def _places(form: Sequence[str], near: Sequence[dict[str, float]]) -> list[int]:
    """Where a name of a term begins among the words typed."""
    return [
        start
        for start in range(len(near) - len(form) + 1)
        if form and all(_means(near[start + index], word) for index, word in enumerate(form))
    ]


def _means(near: dict[str, float], word: str) -> bool:
    one = singular(word)
    return any(
        worth not in (_PREFIX, _ROOT) and singular(other) == one for other, worth in near.items()
    )
