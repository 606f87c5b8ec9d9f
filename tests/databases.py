"""Real database servers on loopback: a throw-away folder, a free port, ended by their own pid."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ADMIN, PASSWORD = "andon_admin", "s3cr3t-admin-pass"
_PATIENCE_S = 60.0
Execute = Callable[[str], Any]
"""Runs one statement; rows as tuples where there are any."""


@dataclass
class Server:
    """A server process. It can be killed as a power cut would, and started again."""

    folder: Path
    port: int
    command: Sequence[str]
    user: str | None
    answers: Callable[[], bool]
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    def start(self) -> None:
        """Start and wait until it answers."""
        with (self.folder / "server.log").open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                stdout=log,
                stderr=log,
                start_new_session=True,
                **_as_user(self.user),
            )
        until = time.monotonic() + _PATIENCE_S
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() > until:
                self.stop()
                log_text = (self.folder / "server.log").read_text("utf-8", "replace")
                raise AssertionError(f"the server did not start:\n{log_text[-3000:]}")
            time.sleep(0.05)

    def kill(self) -> None:
        """Kill the server with all its children, at once; safe to repeat."""
        assert self.process is not None
        if self.process.poll() is not None:
            return
        pid = self.process.pid
        # Children of PostgreSQL have process groups of their own; they outlive it for a while, and
        # no other server starts as long as they do.
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        for one in (pid, *map(int, children)):
            with suppress(ProcessLookupError):
                os.kill(one, signal.SIGKILL)
        self.process.wait()
        until = time.monotonic() + _PATIENCE_S
        while any(_is_alive(int(child)) for child in children) and time.monotonic() < until:
            time.sleep(0.01)

    def stop(self) -> None:
        """End it, quickly but in order; safe to repeat."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(
            signal.SIGQUIT if "postgres" in self.command[0] else signal.SIGTERM
        )
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.kill()

    @property
    def pid(self) -> int:
        """Process id of the server."""
        assert self.process is not None
        return self.process.pid


def _is_alive(pid: int) -> bool:
    """Whether a process runs; one that is over and not waited for does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def _as_user(user: str | None) -> dict[str, Any]:
    if user is None:
        return {}
    entry = pwd.getpwnam(user)
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def _servant(name: str) -> str | None:
    """The user a server runs as: servers refuse to be root."""
    return name if os.geteuid() == 0 else None


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def _folder(prefix: str, user: str | None) -> Iterator[Path]:
    """A folder outside of pytest's own, which only the tests' user may enter."""
    folder = Path(tempfile.mkdtemp(prefix=f"andon-{prefix}-", dir="/tmp"))
    if user is not None:
        shutil.chown(folder, user)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def postgres_bin(name: str) -> str:
    """Path of a program of PostgreSQL, newest version first."""
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=str, reverse=True)
    where = str(found[0]) if found else shutil.which(name)
    assert where, f"{name} is missing: apt-get install postgresql (see tools/apt.txt)"
    return where


@contextmanager
def postgres() -> Iterator[Server]:
    """A PostgreSQL server with the superuser `ADMIN`; its databases are the caller's."""
    user = _servant("postgres")
    with _folder("postgres", user) as folder:
        secret = folder / "password"
        secret.write_text(PASSWORD)
        secret.chmod(0o644)
        made = subprocess.run(
            [
                postgres_bin("initdb"), "--pgdata", str(folder / "data"), "--username", ADMIN,
                "--auth", "scram-sha-256", "--pwfile", str(secret), "--no-sync",
                "--encoding", "UTF8", "--locale", "C.UTF-8", "--no-instructions",
            ],
            cwd=folder, capture_output=True, text=True, check=False, **_as_user(user),
        )  # fmt: skip
        assert made.returncode == 0, made.stderr
        port = free_port()
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(port),
            "unix_socket_directories": str(folder),
            "fsync": "off",
            "synchronous_commit": "off",
            "full_page_writes": "off",
            "max_connections": "40",
        }
        command = [postgres_bin("postgres"), "-D", str(folder / "data")]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        server = Server(folder, port, command, user, lambda: _postgres_answers(port))
        server.start()
        try:
            yield server
        finally:
            server.stop()


def postgres_uri(server: Server, database: str = "postgres") -> str:
    """Address of a database for the superuser."""
    return f"postgresql://{ADMIN}:{PASSWORD}@127.0.0.1:{server.port}/{database}"


def _postgres_answers(port: int) -> bool:
    ready = [postgres_bin("pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(port)]
    return subprocess.run(ready, check=False).returncode == 0


@contextmanager
def postgres_session(server: Server, database: str = "postgres") -> Iterator[Execute]:
    """Run statements, each in a transaction of its own; rows as tuples where there are any."""
    from adbc_driver_postgresql import dbapi

    with (
        dbapi.connect(postgres_uri(server, database), autocommit=True) as connection,
        connection.cursor() as cursor,
    ):

        def execute(statement: str) -> Any:
            cursor.execute(statement)
            return cursor.fetchall() if cursor.description else None

        yield execute


@contextmanager
def mariadb() -> Iterator[Server]:
    """A MariaDB server with the user `ADMIN`, who may do everything."""
    user = _servant("mysql")
    with _folder("mariadb", user) as folder:
        data = folder / "data"
        program = shutil.which("mariadbd", path=f"{os.environ['PATH']}:/usr/sbin")
        assert program, "mariadbd is missing: apt-get install mariadb-server (see tools/apt.txt)"
        install = shutil.which("mariadb-install-db")
        assert install, "mariadb-install-db is missing: apt-get install mariadb-server"
        # A server that starts takes temporary tables of others out of a folder that they share.
        made = subprocess.run(
            [
                install, "--no-defaults", f"--datadir={data}", f"--tmpdir={folder}",
                "--auth-root-authentication-method=normal", "--skip-test-db",
            ],
            cwd=folder, capture_output=True, text=True, check=False, **_as_user(user),
        )  # fmt: skip
        assert made.returncode == 0, made.stderr + made.stdout
        start = folder / "start.sql"
        start.write_text(
            f"create user if not exists {ADMIN}@'127.0.0.1' identified by '{PASSWORD}';\n"
            f"grant all privileges on *.* to {ADMIN}@'127.0.0.1' with grant option;\n"
        )
        start.chmod(0o644)
        port = free_port()
        command = [
            program, "--no-defaults", f"--datadir={data}", f"--tmpdir={folder}",
            f"--port={port}", "--bind-address=127.0.0.1", f"--socket={folder}/s.sock", f"--pid-file={folder}/pid",
            f"--init-file={start}", "--innodb-flush-log-at-trx-commit=0",
            "--innodb-buffer-pool-size=32M", "--skip-log-bin", "--skip-name-resolve",
            "--character-set-server=utf8mb4", "--innodb-flush-method=nosync",
            "--innodb-use-native-aio=0", "--default-time-zone=+00:00",
        ]  # fmt: skip
        server = Server(folder, port, command, user, lambda: _mariadb_answers(port))
        server.start()
        try:
            yield server
        finally:
            server.stop()


@contextmanager
def mariadb_session(server: Server, database: str | None = None) -> Iterator[Execute]:
    """Run statements, each in a transaction of its own."""
    import pymysql

    with (
        pymysql.connect(
            host="127.0.0.1", port=server.port, user=ADMIN, password=PASSWORD, database=database,
            autocommit=True,
        ) as connection,
        connection.cursor() as cursor,
    ):  # fmt: skip

        def execute(statement: str) -> Any:
            cursor.execute(statement)
            return cursor.fetchall()

        yield execute


def _mariadb_answers(port: int) -> bool:
    import pymysql

    try:
        pymysql.connect(host="127.0.0.1", port=port, user=ADMIN, password=PASSWORD).close()
    except pymysql.Error:
        return False
    return True
