"""Words: how names and texts are parted, and when two words are nearly the same."""

from __future__ import annotations

import re
import unicodedata

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_WORD = re.compile(r"[^\W\d_]+|\d+")
_ENDINGS = "ations ation ments ment ings ing ers ions ion ed er es al ly e s".split()
_LEAST_ROOT = 4

STOP_WORDS = frozenset(
    "a all an and are as at by for from had has have how in is it its of on or our per than that the"
    " their them there this to was were what when where which who with".split()
)
"""Words that tell nothing of what is looked for."""


def words_of(text: str) -> list[str]:
    """Words of a name or a text in small letters without accents: of snake, camel and dotted names too.

    >>> words_of("marts.customerOrders_2024"), words_of("VATReturn"), words_of("Größe")
    (['marts', 'customer', 'orders', '2024'], ['vat', 'return'], ['grosse'])
    """
    if not text.isascii():
        parted = unicodedata.normalize("NFKD", text)
        text = "".join(c for c in parted if not unicodedata.combining(c))
    if not text.islower():
        text = _CAMEL.sub(" ", text).casefold()
    return _WORD.findall(text)


def singular(word: str) -> str:
    """A word without the ending of its plural, as English mostly forms it.

    >>> [singular(w) for w in ("orders", "policies", "address", "status", "batches", "days")]
    ['order', 'policy', 'address', 'status', 'batch', 'day']
    """
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 4 and word.endswith(("ches", "shes", "sses", "xes", "zes")):
        return word[:-2]
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


def root(word: str) -> str:
    """What is left of a word without its ending, to tell its relatives; at least four letters.

    >>> root("shipping") == root("shipped"), root("renovated") == root("renovation"), root("paid")
    (True, True, 'paid')
    """
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _LEAST_ROOT:
            word = word[: -len(ending)]
            break
    if len(word) > _LEAST_ROOT and word[-1] == word[-2]:
        word = word[:-1]
    return word[:-2] if word.endswith("at") and len(word) > _LEAST_ROOT + 1 else word


def most_slips(word: str) -> int:
    """How many slips of the keyboard a word of its length may hold."""
    return 0 if len(word) < 4 or word.isdigit() else 1 if len(word) < 8 else 2


def slips(one: str, other: str, most: int) -> int | None:
    """Letters added, left out, exchanged or swapped between two words; None if more than `most`.

    (Optimal string alignment.)

    >>> slips("custmer", "customer", 1), slips("invioce", "invoice", 1), slips("cart", "dark", 1)
    (1, 1, None)
    """
    if abs(len(one) - len(other)) > most or len(set(one) ^ set(other)) > 2 * most:
        return None
    before: list[int] = []
    row = list(range(len(other) + 1))
    for index, letter in enumerate(one, start=1):
        older, before, row = before, row, [index]
        for place, facing in enumerate(other, start=1):
            cost = min(before[place] + 1, row[-1] + 1, before[place - 1] + (letter != facing))
            if index > 1 and place > 1 and letter == other[place - 2] and one[index - 2] == facing:
                cost = min(cost, older[place - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return None
    return row[-1] if row[-1] <= most else None
