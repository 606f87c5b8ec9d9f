"""Sessions: tables of one connection that are read in one run see one state of the database."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from andon.ports.door import Door, DoorClosed, Sight
from andon.sources.databases import complaints
from andon.sources.databases.address import parts_of
from andon.sources.secrets import Secrets
from andon.spec.origin import DatabaseKind, Settings
from andon.spec.source import SourceTable

_SECRET = frozenset({"password", "url"})

Doors = Mapping[DatabaseKind, Callable[[], Door]]


class Sessions:
    """What a run holds open. For one thread.

    Args:
        root: folder of the project; paths and files of secrets are relative to it.
        doors: makes the door of each kind of database.
    """

    def __init__(self, root: Path, doors: Doors) -> None:
        self._root = root
        self._doors = doors
        self._open: dict[tuple[str, Settings, str], Sight] = {}

    @contextmanager
    def sight(self, table: SourceTable, run_id: str) -> Iterator[Sight]:
        """The state that this run sees; failures inside are told in the words of errors.

        A sight that was lost is ended, so that the next call sees a new one; after any other failure
        it stays, so that the other tables still see the same state.
        """
        origin = complaints.origin_of(table)
        key = (origin.kind, origin.settings, run_id)
        secrets = Secrets(self._root)
        settings = {
            name: secrets.value(setting) if name in _SECRET else secrets.shown(setting)
            for name, setting in origin.settings
        }
        for secret in _secrets_in(settings):
            secrets.hide(secret)
        if "path" in settings:
            settings["path"] = str(self._root / settings["path"])
        door = self._doors[origin.kind]()
        try:
            if find_spec("pyarrow") is None:
                raise DoorClosed("no_driver", "not installed")
            if key not in self._open:
                self._open[key] = door.open(settings)
            yield self._open[key]
        except DoorClosed as failure:
            if failure.reason == "lost":
                self._end(key)
            clean = DoorClosed(
                failure.reason,
                secrets.scrub(failure.said),
                column=failure.column,
                near=failure.near,
            )
            raise complaints.told(clean, table, secrets.scrub(door.place(settings))) from None

    def close(self) -> None:
        """End all of them. Safe to repeat."""
        for key in list(self._open):
            self._end(key)

    def _end(self, key: tuple[str, Settings, str]) -> None:
        sight = self._open.pop(key, None)
        if sight is not None:
            sight.close()


def _secrets_in(settings: Mapping[str, str]) -> list[str]:
    """A password that stands inside of an address."""
    password = parts_of(settings).get("password")
    return [password] if password else []
