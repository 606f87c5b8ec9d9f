"""Decide the next request of a read from an answer; sends nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

from msgspec import Struct

from andon.sources.http.document import Malformed, Text, dig, kind, scalar
from andon.spec.origin import Paging

# Possessive, so that a header of any length is gone through once: a server may send megabytes.
_LINK = re.compile(r"""<([^<>]*+)>((?:[^<"]++|"[^"]*+"|")*+)""")
_PARAMETER = re.compile(r""";\s*+([^\s=;,"]*+)\s*+(?:=\s*+("[^"]*+"|[^\s;,"]*+))?""")


class Step(Struct, frozen=True, kw_only=True):
    """One page as it is asked for; equal steps ask for the same page.

    Attributes:
        at: number of the page or offset; cursor: token of the page; url: its whole address, or
            path and query where it was stored. The first page has neither cursor nor address.
    """

    at: int | None = None
    cursor: str = ""
    url: str = ""


class Seen(Struct, frozen=True, kw_only=True):
    """What an answer shows of the pages behind it.

    Attributes:
        url: address that answered; link: its ``Link`` header.
        records: number of records in it.
        document: its body if it is JSON.
    """

    url: str
    link: str = ""
    records: int = 0
    document: Text | None = None


def first_step(paging: Paging) -> Step:
    """The first page."""
    match paging.by:
        case "page":
            return Step(at=paging.first)
        case "offset":
            return Step(at=0)
        case _:
            return Step()


def address(url: str, paging: Paging, step: Step, parameters: Mapping[str, str]) -> str:
    """Address of a page.

    An address that the server gave is asked for as it is: it holds the parameters already.

    >>> address("http://a/b", Paging(by="page", parameter="p"), Step(at=2), {"s": "x y"})
    'http://a/b?s=x+y&p=2'
    """
    if step.url:
        return urljoin(url, step.url)
    added = dict(parameters)
    if paging.size_parameter and paging.size is not None:
        added[paging.size_parameter] = str(paging.size)
    if step.cursor:
        added[paging.parameter] = step.cursor
    elif step.at is not None:
        added[paging.parameter] = str(step.at)
    return with_parameters(url, added)


def next_step(paging: Paging, step: Step, seen: Seen) -> Step | None:
    """The page behind an answer, or None at the end.

    Pages with a number end with an empty one and never with a short one: a server that gives fewer
    records than were asked for, because it has a limit of its own, would look like the end. The
    next offset counts the records that came.

    Raises:
        Malformed: the body is no JSON and has to be looked into.
    """
    if paging.more and not _is_more(seen.document, paging.more):
        return None
    match paging.by:
        case "one":
            return None
        case "link":
            target = next_link(seen.link)
            return Step(url=joined(seen.url, target)) if target else None
        case "cursor":
            token = _word(seen.document, paging.where)
            return Step(cursor=token) if token else None
        case "next":
            target = _word(seen.document, paging.where)
            return Step(url=joined(seen.url, target)) if target else None
        case "page":
            return Step(at=(step.at or 0) + 1) if seen.records else None
        case "offset":
            return Step(at=(step.at or 0) + seen.records) if seen.records else None


def joined(url: str, target: str) -> str:
    """An address that may be relative to another one.

    Raises:
        Malformed: it is no address.
    """
    try:
        found = urljoin(url, target)
        parts = urlsplit(found)
        _ = parts.port  # is refused if it is no number
        if not found.isascii():
            found.encode()
        (parts.hostname or "").encode("idna")  # as it will be looked up: empty and long labels
    except ValueError:
        raise Malformed("it names an address that cannot be understood") from None
    return found


def next_link(header: str) -> str:
    """Target of the link with the relation ``next``, empty if there is none.

    >>> next_link('<http://a/?p=1>; rel="prev", <http://a/?p=3>; title="x"; rel="next"')
    'http://a/?p=3'
    """
    for target, attributes in _LINK.findall(header):
        for name, value in _PARAMETER.findall(attributes):
            if name.lower() == "rel" and "next" in value.strip('"').lower().split():
                return str(target).strip()
    return ""


def without_parameter(url: str, name: str) -> str:
    """An address without one query parameter; the rest stays as it is.

    >>> without_parameter("http://a/b?key=1&page=2&q=x%20y", "key")
    'http://a/b?page=2&q=x%20y'
    """
    parts = urlsplit(url)
    kept = [
        item
        for item in parts.query.split("&")
        if item and not any(found == name for found, _ in parse_qsl(item, keep_blank_values=True))
    ]
    return urlunsplit(parts._replace(query="&".join(kept)))


def with_parameters(url: str, added: Mapping[str, str]) -> str:
    """An address with more query parameters.

    >>> with_parameters("http://a/b?c=1", {"d": "2"})
    'http://a/b?c=1&d=2'
    """
    parts = urlsplit(url)
    query = "&".join(part for part in (parts.query, urlencode(added)) if part)
    return urlunsplit(parts._replace(query=query))


def _word(document: Text | None, path: str) -> str:
    """A text or number as text; empty where there is none."""
    found = scalar(None if document is None else dig(document, path))
    return "" if found is None or isinstance(found, bool) else str(found)


def _is_more(document: Text | None, path: str) -> bool:
    found = None if document is None else dig(document, path)
    is_nested = found is not None and kind(found) in ("object", "list")
    return is_nested or bool(scalar(found))
