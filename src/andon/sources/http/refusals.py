"""What the HTTP origin says when it cannot go on. Never a value of a row, a query or a secret."""

from __future__ import annotations

from urllib.parse import urlsplit, urlunsplit

from andon.errors import Problem
from andon.spec.source import SourceTable


def shown(url: str) -> str:
    """An address without user, query and fragment, where secrets may stand.

    >>> shown("https://me:pw@api.example.com/v2/issues?key=1")
    'https://api.example.com/v2/issues'
    """
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def not_admitted(table: SourceTable, url: str, status: int | str, asked_with: str) -> Problem:
    """The server does not let who asks in."""
    return Problem(
        code="SRC050",
        what=f"`{shown(url)}` answers {status} to {asked_with}",
        why="the server does not know who asks, or does not allow it to read this",
        fix="look at `auth` and at the secret that it names, and at the rights of its owner",
        where=table.where,
    )


def not_served(table: SourceTable, url: str, status: int) -> Problem:
    """The server answers with an error that asking again does not mend."""
    return Problem(
        code="SRC051",
        what=f"`{shown(url)}` answers {status}",
        why="there is no such page, or it is asked for in a way that the server does not take; "
        "asking again would not change that",
        fix="look at `url`, `path`, `params` and `pages`",
        where=table.where,
    )


def no_answer(
    table: SourceTable, url: str, attempts: int, reason: str, wait_s: float | None = None
) -> Problem:
    """No whole answer came."""
    times = "once" if attempts == 1 else f"{attempts} times"
    later = f"in {wait_s:,.0f} s" if wait_s else "later"
    return Problem(
        code="SRC052",
        what=f"`{shown(url)}` was asked {times} in vain: {reason}",
        why="the server is down, busy or not to be reached; what arrived before is kept",
        fix=f"run again {later}: reading goes on from what was kept. If it is always so, look at "
        "`url`, `timeout`, `page_timeout`, `attempts` and `rate`",
        where=table.where,
    )


def no_records(table: SourceTable, url: str, reason: str) -> Problem:
    """An answer is not what was declared."""
    return Problem(
        code="SRC053",
        what=f"the answer of `{shown(url)}` cannot be read: {reason}",
        why="a page that is not understood whole would lose its rows, and with them the pages "
        "behind it",
        fix="look at what the server answers there, and at `records`, `pages`, `format` and `path`",
        where=table.where,
    )


def circle(table: SourceTable, url: str, reason: str) -> Problem:
    """Pages that never end."""
    return Problem(
        code="SRC054",
        what=f"the pages of `{shown(url)}` go in a circle: {reason}",
        why="reading would never end and double the rows; nothing of the repeated page was taken",
        fix="look at `pages`: the server may not know the parameter, or tell the next page another "
        "way",
        where=table.where,
    )


def too_large(table: SourceTable, url: str, most: int) -> Problem:
    """A page is larger than declared."""
    return Problem(
        code="SRC055",
        what=f"the answer of `{shown(url)}` has more than {most:,} bytes when it is unpacked",
        why="a page is held in memory, and a few bytes may unpack to any amount",
        fix="ask for smaller pages with `size`, or raise `page_limit` of the connection",
        where=table.where,
    )


def not_trusted(table: SourceTable, url: str, reason: str) -> Problem:
    """The other side is not who it says."""
    return Problem(
        code="SRC056",
        what=f"`{shown(url)}` is not trusted: {reason}",
        why="without a certificate that holds anybody could answer, and read the secrets that are "
        "sent; there is no way to switch this off",
        fix="correct `url`; for a certificate of your own authority let `SSL_CERT_FILE` name its file",
        where=table.where,
    )


def no_cursor(table: SourceTable, reason: str) -> Problem:
    """A record does not tell where reading has to go on."""
    return Problem(
        code="SRC057",
        what=f"`{table.name}` cannot go on from its cursor: {reason}",
        why="a record without a place in the order of the others would be lost at the next reading",
        fix="name a `field` of `cursor` that every record has and that only grows, or read in "
        "`mode: full`",
        where=table.where,
    )


def sent_away(table: SourceTable, url: str, reason: str) -> Problem:
    """A redirect or next address that is not followed."""
    return Problem(
        code="SRC058",
        what=f"`{shown(url)}` is not followed: {reason}",
        why="secrets of a connection are for its own server, and a way without an end is no way",
        fix="write the address that answers into `url`, or find pages by their number",
        where=table.where,
    )


def other_total(table: SourceTable, url: str, promised: int, came: int) -> Problem:
    """The server promised another number of records than came."""
    return Problem(
        code="SRC059",
        what=f"`{shown(url)}` promises {promised:,} records, and {came:,} came",
        why="records came or went while the pages were read, or pages are lost; nothing of this "
        "reading was taken",
        fix="run again; if it is always so, look at `pages` and `total`",
        where=table.where,
    )


def telling(table: SourceTable, url: str, number: int, secret: str) -> Problem:
    """A page repeats a secret.

    Args:
        number: of the page in this reading; secret: what it is called.
    """
    return Problem(
        code="SRC073",
        what=f"page {number:,} of `{table.name}` from `{shown(url)}` repeats a secret that it was "
        f"asked with: {secret}",
        why="bytes are landed as they came and secrets are kept nowhere, so this page is not landed; "
        "what arrived before is kept",
        fix="ask so that the server does not repeat it (`path`, `params`), or have the server mended; "
        "what is no secret is written out, not referred to",
        where=table.where,
    )
