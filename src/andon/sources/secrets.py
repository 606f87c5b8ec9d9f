"""Secrets: looked up where they are used, and kept out of every text."""

from __future__ import annotations

import os
import re
from pathlib import Path

from andon.errors import Problem, TaskFailed
from andon.sources.spellings import spellings
from andon.spec.origin import Secret, Setting, Settings
from andon.spec.server import address_fault

_SHORTEST = 4
"""A shorter secret is not taken out of texts: it would take letters out of every word."""


class Secrets:
    """Values behind the references of one origin, for as long as it is read.

    Args:
        root: folder of the project; files of secrets are relative to it.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._seen: set[str] = set()

    def plain(self, settings: Settings) -> dict[str, str]:
        """Settings with their values.

        Raises:
            TaskFailed: (SRC020) a secret is not there.
        """
        return {name: self.value(setting) for name, setting in settings}

    def value(self, setting: Setting) -> str:
        """One value; see `plain`."""
        if isinstance(setting, str):
            return setting
        value = self._look_up(setting)
        self.hide(value)
        return value

    def server(self, reference: Secret) -> str:
        """The address of a server; no part of it that tells which is in a text from now on.

        Raises:
            TaskFailed: (SRC020) there is none, or it is no address.
        """
        from urllib.parse import urlsplit

        found = self.value(reference)
        fault = address_fault(found)
        if fault:
            raise _missing(reference, fault, "address of a server")
        parts = urlsplit(found)
        for part in (found.rstrip("/"), parts.netloc, parts.hostname or "", parts.path.rstrip("/")):
            self.hide(part)
        return found.rstrip("/")

    def shown(self, setting: Setting) -> str:
        """One value that is no secret, though it may be named like one: a host, a user."""
        return setting if isinstance(setting, str) else self._look_up(setting)

    def hide(self, value: str) -> None:
        """Keep a further value out of texts: one that is a part of what was looked up."""
        if len(value) >= _SHORTEST:
            self._seen.add(value)

    def scrub(self, text: str) -> str:
        """A text without any value that was looked up, in whatever case and however it is escaped:
        a server may repeat it in its own way."""
        for value in sorted(self._seen, key=len, reverse=True):
            text = re.sub(spellings(value), "***", text, flags=re.IGNORECASE)
        return text

    def _look_up(self, secret: Secret) -> str:
        match secret.via:
            case "env":
                found = os.environ.get(secret.name)
                if found is None:
                    raise _missing(secret, "no such variable is set")
                return found
            case "file":
                try:
                    return (self._root / secret.name).read_text(encoding="utf-8").rstrip("\r\n")
                except (OSError, UnicodeDecodeError) as error:
                    reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
                    raise _missing(secret, reason) from None
            case "keyring":
                return self._from_keyring(secret)

    def _from_keyring(self, secret: Secret) -> str:
        service, _, user = secret.name.rpartition("/")
        try:
            import keyring
            import keyring.errors
        except ImportError:
            raise _missing(
                secret, "keyring is not installed: `pip install andon[keyring]`"
            ) from None
        try:
            found = keyring.get_password(service, user)
        except keyring.errors.KeyringError as error:
            raise _missing(secret, type(error).__name__) from None
        if found is None:
            raise _missing(secret, "the keyring has no such entry")
        return found


def _missing(secret: Secret, reason: str, what: str = "secret") -> TaskFailed:
    words = {
        "env": "the environment variable",
        "file": "the file",
        "keyring": "the entry of the keyring",
    }
    return TaskFailed(
        Problem(
            code="SRC020",
            what=f"{words[secret.via]} `{secret.name}` holds no {what}: {reason}",
            why="secrets are kept outside of the project and looked up when a source is read",
            fix="set it where this runs, or correct the reference in the source's file",
        )
    )
