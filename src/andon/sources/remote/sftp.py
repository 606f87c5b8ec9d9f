"""Folders of an SSH server, over the connection that sshfs makes."""

from __future__ import annotations

import posixpath
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from andon.acquisition.patterns import Search, enters
from andon.sources.remote.failures import Failure, not_installed, unless_gone
from andon.sources.remote.loop import hush, wait_for
from andon.sources.remote.place import Body, Entry

_PORT = 22


class SftpPlace:
    """Implements `Place` for SFTP, which tells length and time in seconds, and nothing more.

    Args:
        options: of sshfs; the key of a host is always checked.
    """

    is_exact = False

    def __init__(self, options: dict[str, Any]) -> None:
        try:
            import sshfs  # noqa: F401
        except ImportError:
            raise not_installed("sshfs", "sftp") from None
        hush()
        self._options = options
        self._connected: dict[str, tuple[Any, Any]] = {}
        self._guard = threading.Lock()

    def find(self, host: str, search: Search) -> Iterator[Entry]:
        """Files below the search's folder, one request per folder that can hold one."""
        waiting: list[tuple[str, ...]] = [()]
        while waiting:
            below = waiting.pop()
            for name, attributes, is_link in self._folder(host, f"/{search.folder}", below):
                inner = (*below, name)
                if stat.S_ISREG(attributes.permissions or 0):
                    yield _entry(search.folder + "/".join(inner), attributes)
                elif stat.S_ISDIR(attributes.permissions or 0) and enters(search.parts, inner):
                    # A link may lead back up; it is followed where the pattern's depth is bounded.
                    is_endless = is_link and "**" in search.parts
                    waiting.extend([] if is_endless else [inner])

    def look(self, host: str, key: str) -> Entry | None:
        """One file by its attributes."""
        return unless_gone(lambda: _entry(key, self._ask(host, "stat", f"/{key}")))

    @contextmanager
    def open(self, host: str, key: str) -> Iterator[Body]:
        """The bytes of a file; it is looked at again at their end."""
        file = self._ask(host, "open", f"/{key}", "rb", encoding=None)
        try:
            yield _SftpBody(self, host, key, file)
        finally:
            self.wait(host, file.close)

    def wait(self, host: str, step: Any, *arguments: Any, **named: Any) -> Any:
        """What a step over the connection gives; a broken connection is made anew next time."""
        fs, _ = self._client(host)
        try:
            return wait_for(fs.loop, step, *arguments, **named)
        except _errors() as error:
            failure = _told(error, host)
            if failure.kind == "busy":
                with self._guard:
                    self._connected.pop(host, None)
            raise failure from error

    def _ask(self, host: str, method: str, *arguments: Any, **named: Any) -> Any:
        return self.wait(host, getattr(self._client(host)[1], method), *arguments, **named)

    def _folder(
        self, host: str, top: str, below: tuple[str, ...]
    ) -> Iterator[tuple[str, Any, bool]]:
        """Names in a folder with the attributes of what they lead to; nothing if it is none."""
        folder = posixpath.join(top, *below)
        try:
            names = self._ask(host, "readdir", folder)
        except Failure as failure:
            if failure.kind == "gone":
                return
            raise
        for item in sorted(names, key=lambda item: str(item.filename)):
            name, attributes = _text(item.filename), item.attrs
            if name in (".", ".."):
                continue
            is_link = stat.S_ISLNK(attributes.permissions or 0)
            if is_link:
                try:
                    attributes = self._ask(host, "stat", posixpath.join(folder, name))
                except Failure as failure:
                    if failure.kind == "gone":
                        continue
                    raise
            yield name, attributes, is_link

    def _client(self, host: str) -> tuple[Any, Any]:
        with self._guard:
            if host not in self._connected:
                try:
                    self._connected[host] = self._connect(host)
                except _errors() as error:
                    if isinstance(error, PermissionError):  # as sshfs tells a refused login
                        text = f"`{host}` refuses user, password or key"
                        raise Failure("denied", text) from error
                    raise _told(error, host) from error
            return self._connected[host]

    def _connect(self, host: str) -> tuple[Any, Any]:
        from sshfs import SSHFileSystem

        name, _, port = host.partition(":")
        where = {"host": name, "port": int(port or _PORT)}
        fs = SSHFileSystem(**where, **self._options, skip_instance_cache=True)
        return fs, wait_for(fs.loop, fs.client.start_sftp_client)


class _SftpBody:
    def __init__(self, place: SftpPlace, host: str, key: str, file: Any) -> None:
        self._place, self._host, self._key, self._file = place, host, key, file
        self.entry = _entry(key, place.wait(host, file.stat))

    def read(self, most: int) -> bytes:
        chunk: bytes = self._place.wait(self._host, self._file.read, most)
        return chunk

    def after(self) -> Entry | None:
        found = self._place.look(self._host, self._key)
        if found is None:
            raise Failure("changed", "it was taken away while it was read")
        return found


def _entry(key: str, attributes: Any) -> Entry:
    seconds = attributes.mtime or 0
    return Entry(key=key, bytes=attributes.size, modified_ns=int(seconds) * 1_000_000_000)


def _text(name: str | bytes) -> str:
    return name.decode("utf-8", "surrogateescape") if isinstance(name, bytes) else name


def _errors() -> tuple[type[Exception], ...]:
    """What the library raises, of keys too; anything else is a fault of Andon."""
    import asyncssh

    return (Failure, asyncssh.Error, OSError, ValueError)


def _told(error: BaseException, host: str) -> Failure:
    import asyncssh

    seen: BaseException | None = error
    while seen is not None:
        match seen:
            case Failure():
                return seen
            case asyncssh.HostKeyNotVerifiable():
                return Failure("denied", f"the key of `{host}` is not among the known hosts")
            case asyncssh.PermissionDenied():
                return Failure("denied", f"`{host}` refuses user, password or key")
            case asyncssh.KeyImportError() | asyncssh.KeyEncryptionError():
                return Failure("denied", "`key_file` or `passphrase` is wrong")
            case asyncssh.SFTPPermissionDenied() | PermissionError():
                return Failure("denied", f"`{host}` does not allow it")
            case asyncssh.SFTPNoSuchFile() | asyncssh.SFTPNoSuchPath():
                return Failure("gone", "it is not there any more")
            case asyncssh.SFTPConnectionLost() | asyncssh.SFTPNoConnection():
                return Failure("busy", f"the connection to `{host}` broke")
            case asyncssh.DisconnectError() | asyncssh.ChannelOpenError():
                return Failure("busy", f"the connection to `{host}` broke")
            case asyncssh.SFTPError():
                return Failure("odd", f"`{host}` answers {type(seen).__name__}")
            case FileNotFoundError():
                return Failure("gone", "it is not there any more")
            case TimeoutError():
                return Failure("away", f"`{host}` does not answer in time")
            case OSError():
                return Failure("away", f"`{host}` cannot be reached")
            case _:
                seen = seen.__cause__ or seen.__context__
    return Failure("odd", f"`{host}`: {type(error).__name__}")
