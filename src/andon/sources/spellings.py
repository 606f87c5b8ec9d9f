"""How a text may be spelled by whoever repeats it: as it is, or escaped for an address, JSON or XML."""

from __future__ import annotations

import re

_XML = {"&": "amp", "<": "lt", ">": "gt", '"': "quot", "'": "apos"}


def spellings(text: str) -> str:
    r"""A pattern for a text in all its spellings; digits of escapes may be of either case.

    >>> found = re.compile(spellings("a/b=c d"))
    >>> [bool(found.fullmatch(t)) for t in ("a/b=c d", "a%2fb%3Dc+d", r"a\/b\u003dc\u0020d", "A/b")]
    [True, True, True, False]
    """
    return "".join(map(_spelled, text))


def parameter(name: str, value: str) -> re.Pattern[bytes]:
    """A pattern for a query parameter in a body; what stands before the value is its first group.

    What no escape is needed for is not escaped in a name, so that a search begins with plain letters.
    """
    named = "".join(c if c.isascii() and (c.isalnum() or c in "-_") else _spelled(c) for c in name)
    return re.compile(f"({named}{_spelled('=')}){spellings(value)}".encode())


def _spelled(letter: str) -> str:
    octets = letter.encode("utf-8", "surrogatepass")
    units = letter.encode("utf-16-be", "surrogatepass").hex()
    forms = [
        re.escape(letter),
        # An address within an address is escaped twice.
        "".join(rf"(?:%|\\+u0025)(?:25)*(?i:{octet:02x})" for octet in octets),
        "".join(rf"\\+u(?i:{units[at : at + 4]})" for at in range(0, len(units), 4)),
    ]
    if letter in '/"\\':
        forms.append(rf"\\+{re.escape(letter)}")
    if letter == " ":
        forms.append(r"\+")
    if letter in _XML:
        forms.append(f"&{_XML[letter]};")
    return f"(?:{'|'.join(forms)})"
