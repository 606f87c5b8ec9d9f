"""What goes wrong on the way to a bucket or an SSH server is told by name, and loses nothing."""

from __future__ import annotations

import builtins
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import which
from types import SimpleNamespace

import pytest
from msgspec.structs import replace

import andon
from andon.errors import TaskFailed, Unavailable
from andon.sources.remote.azure import AzurePlace
from andon.spec.origin import Setting
from tests.factories import write_project
from tests.remotes import S3, Remote, Sftp, free_port, s3_server, secret
from tests.sourcing import Project, land, land_and_tell, project, table

LATER = datetime.now(UTC) + timedelta(hours=1)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Project]:
    with project(tmp_path) as made:
        yield made


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("andon.sources.remote.retries.FIRST_WAIT_S", 0.005)


def with_(remote: Remote, **changed: Setting) -> tuple[tuple[str, Setting], ...]:
    """The settings of a place with some of them changed."""
    return tuple(sorted({**dict(remote.settings), **changed}.items()))


@pytest.mark.parametrize("kind", ["s3", "gcs", "azure"])
def test_a_container_that_is_not_there_is_named(
    shop: Project, kind: str, request: pytest.FixtureRequest
) -> None:
    remote: Remote = request.getfixturevalue(kind)
    bucket = remote.address("").split("/")[2]
    missing = remote.address("in/*.csv").replace(bucket, "nowhere")
    with pytest.raises(TaskFailed, match="there is no .* `nowhere`") as caught:
        shop.arrive(table(missing, settings=remote.settings))
    assert caught.value.code == "SRC023"


def test_a_server_that_is_not_there_is_told_soon(shop: Project, remote: Remote) -> None:
    nobody = free_port()
    settings, address = remote.settings, remote.address("in/*.csv")
    if isinstance(remote, Sftp):
        address = address.replace(str(remote.server.port), str(nobody))
    else:
        port = str(dict(settings)["endpoint_url"]).split("/")[2].split(":")[1]
        settings = with_(
            remote, endpoint_url=str(dict(settings)["endpoint_url"]).replace(port, str(nobody))
        )
    began = datetime.now(UTC)
    with pytest.raises(Unavailable, match="cannot be reached") as caught:
        shop.arrive(table(address, settings=settings))
    assert caught.value.code == "SRC024"
    assert datetime.now(UTC) - began < timedelta(seconds=5)


def test_no_credentials_at_all_are_told(
    shop: Project, s3: S3, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(shop.root))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    settings = (("endpoint_url", s3.url), ("region", "us-east-1"))
    with pytest.raises(TaskFailed, match="no credentials were found") as caught:
        shop.arrive(table(s3.address("in/*.csv"), settings=settings))
    assert caught.value.code == "SRC022"


def test_wrong_credentials_are_told_without_the_secret(shop: Project, tmp_path: Path) -> None:
    with s3_server(tmp_path, "INITIAL_NO_AUTH_ACTION_COUNT=1") as url:
        bucket = S3(url)
        wrong = with_(bucket, secret=secret("ANDON_TEST_WRONG", "not-the-secret"))
        with pytest.raises(TaskFailed, match="bucket `shop-.*` refuses it") as caught:
            shop.arrive(table(bucket.address("in/*.csv"), settings=wrong))
    assert caught.value.code == "SRC022"
    assert "not-the-secret" not in str(caught.value)


def test_a_wrong_key_of_azure_is_told_without_it(shop: Project, azure: Remote) -> None:
    key = "d3Jvbmcta2V5LW9mLXRoZS1zaG9w"
    wrong = with_(azure, key=secret("ANDON_TEST_WRONG", key))
    with pytest.raises(TaskFailed, match="refuses it") as caught:
        shop.arrive(table(azure.address("in/*.csv"), settings=wrong))
    assert caught.value.code == "SRC022"
    assert key not in str(caught.value)


def test_a_key_that_ssh_does_not_let_in_is_told(shop: Project, sftp: Sftp) -> None:
    key = shop.root / "other"
    subprocess.run(
        [which("ssh-keygen") or "", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True
    )
    with pytest.raises(TaskFailed, match="refuses user, password or key") as caught:
        shop.arrive(table(sftp.address("in/*.csv"), settings=with_(sftp, key_file="other")))
    assert caught.value.code == "SRC022"


def test_a_host_whose_key_is_not_known_is_not_trusted(shop: Project, sftp: Sftp) -> None:
    (shop.root / "hosts").write_text("")
    with pytest.raises(TaskFailed, match="not among the known hosts") as caught:
        shop.arrive(table(sftp.address("in/*.csv"), settings=with_(sftp, known_hosts="hosts")))
    assert caught.value.code == "SRC022"


def test_a_key_file_that_is_not_there_is_told(shop: Project, sftp: Sftp) -> None:
    with pytest.raises(TaskFailed, match="key file `nowhere` is not there"):
        shop.arrive(table(sftp.address("in/*.csv"), settings=with_(sftp, key_file="nowhere")))


def test_a_file_that_may_not_be_read_is_left_out_alone(shop: Project, sftp: Sftp) -> None:
    sftp.put("in/a.csv", b"id\n1\n")
    (sftp.folder / "in" / "b.csv").symlink_to("/proc/1/mem")
    sftp.put("in/c.csv", b"id\n3\n")
    declared = table(sftp.address("in/*.csv"), settings=sftp.settings)
    origin = shop.origin_of(declared)
    landed, (told,), error = land_and_tell(origin, declared, origin.look(declared, (), None))
    assert [Path(d.path).name for d in landed] == ["a.csv", "c.csv"]
    assert "b.csv` cannot be read" in told.what
    assert error is None


def test_a_link_that_leads_back_up_traps_nobody(shop: Project, sftp: Sftp) -> None:
    sftp.put("in/a.csv", b"id\n1\n")
    (sftp.folder / "in" / "up").symlink_to(sftp.folder / "in")
    (sftp.folder / "in" / "gone.csv").symlink_to("nowhere")
    declared = table(sftp.address("in/**/*.csv"), settings=sftp.settings)
    assert [Path(d.path).name for d in shop.arrive(declared)] == ["a.csv"]


def test_an_object_that_vanished_since_it_was_listed_is_told(shop: Project, remote: Remote) -> None:
    remote.put("in/a.csv", b"id\n1\n")
    remote.put("in/b.csv", b"id\n2\n")
    declared = table(remote.address("in/*.csv"), settings=remote.settings)
    origin = shop.origin_of(declared)
    found = origin.look(declared, (), None)
    remote.remove("in/a.csv")
    landed, (told,), error = land_and_tell(origin, declared, found)
    assert [Path(d.path).name for d in landed] == ["b.csv"]
    assert (told.code, told.severity, error) == ("SRC025", "warning", None)


def test_an_object_that_changed_since_it_was_listed_is_recorded_as_it_was_read(
    shop: Project, remote: Remote
) -> None:
    remote.put("in/a.csv", b"id\n1\n")
    declared = table(remote.address("in/*.csv"), settings=remote.settings)
    origin = shop.origin_of(declared)
    found = origin.look(declared, (), None)
    remote.put("in/a.csv", b"id\n1\n2\n")
    (landed,), _ = land(origin, declared, found)
    assert shop.store.raw(landed.content).read_bytes() == b"id\n1\n2\n"
    assert not origin.look(declared, [landed], LATER).is_open


def test_the_same_bytes_written_again_are_fetched_once_more_and_then_known(
    shop: Project, gcs: Remote
) -> None:
    gcs.put("in/a.csv", b"id\n1\n")
    declared = table(gcs.address("in/*.csv"), settings=gcs.settings)
    (first,) = shop.arrive(declared)
    first = replace(first, facts="{}")
    gcs.put("in/a.csv", b"id\n1\n")
    origin = shop.origin_of(declared)
    found = origin.look(declared, [first], LATER)
    assert found.is_open
    (again,), _ = land(origin, declared, found, [first])
    assert (again.id, again.facts, again.arrived_at) == (first.id, "{}", first.arrived_at)
    assert not origin.look(declared, [again], LATER).is_open


def test_what_another_run_landed_meanwhile_is_not_fetched_again(shop: Project, s3: S3) -> None:
    s3.put("in/a.csv", b"id\n1\n")
    declared = table(s3.address("in/*.csv"), settings=s3.settings)
    origin = shop.origin_of(declared)
    found = origin.look(declared, (), None)
    landed = shop.arrive(declared)
    assert land(origin, declared, found, landed) == ([], None)


def test_many_objects_are_listed_page_by_page_and_landed_in_batches(
    shop: Project, remote: Remote, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("andon.sources.remote.place.PAGE", 7)
    monkeypatch.setattr("andon.sources.remote.fetch.BATCH_FILES", 10)
    names = [f"in/{number:03}.csv" for number in range(45)]
    for name in names:
        remote.put(name, b"id\n%s\n" % name[3:6].encode())
    declared = table(remote.address("in/*.csv"), settings=remote.settings)
    origin = shop.origin_of(declared)
    batches = list(origin.land(declared, origin.look(declared, (), None), (), "run", LATER))
    found = [d.path for batch in batches for d in batch.deliveries]
    assert found == [remote.address(name) for name in names]
    assert len(batches) >= 5


@pytest.mark.parametrize(
    ("library", "address", "extra"),
    [
        ("s3fs", "s3://shop/a.csv", "s3"),
        ("gcsfs", "gs://shop/a.csv", "gcs"),
        ("adlfs", "az://shop/a.csv", "azure"),
        ("aiohttp", "https://shop.example/a.csv", "remote-http"),
        ("sshfs", "sftp://shop.example/a.csv", "sftp"),
    ],
)
def test_a_missing_library_is_named_with_its_extra(
    shop: Project, monkeypatch: pytest.MonkeyPatch, library: str, address: str, extra: str
) -> None:
    real = builtins.__import__

    def without(
        name: str,
        globals: Mapping[str, object] | None = None,  # noqa: A002
        locals: Mapping[str, object] | None = None,  # noqa: A002
        fromlist: Sequence[str] | None = (),
        level: int = 0,
    ) -> object:
        if name.partition(".")[0] == library:
            raise ImportError(name)
        return real(name, globals, locals, fromlist or (), level)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(TaskFailed, match=rf"andon\[{extra}\]") as caught:
        shop.arrive(table(address))
    assert caught.value.code == "SRC021"


def test_local_files_import_nothing_of_all_this(tmp_path: Path) -> None:
    write_project(
        tmp_path, {"sources/raw.yml": "tables:\n  t: {path: a.csv}\n", "a.csv": "id\n1\n"}
    )
    script = (
        "import sys, andon\n"
        f"with andon.open({str(tmp_path)!r}) as project:\n"
        "    assert project.run().status == 'done'\n"
        "loaded = [m for m in ('fsspec', 's3fs', 'aiohttp', 'asyncssh', 'yarl') if m in sys.modules]\n"
        "loaded += [m for m in sys.modules if m.startswith('andon.sources.remote')]\n"
        "assert not loaded, loaded\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_secrets_are_nowhere_in_the_project_folder(tmp_path: Path, s3: S3) -> None:
    s3.put("in/a.csv", b"id\n1\n")
    write_project(
        tmp_path,
        {
            "sources/raw.yml": f"connection:\n  kind: files\n  endpoint_url: {s3.url}\n"
            "  region: us-east-1\n  key: {env: ANDON_TEST_S3_KEY}\n"
            "  secret: {env: ANDON_TEST_S3_SECRET}\n"
            f"tables:\n  t: {{path: '{s3.address('in/*.csv')}'}}\n"
        },
    )
    assert s3.settings
    with andon.open(tmp_path) as made:
        assert made.run().status == "done"
    for path in tmp_path.rglob("*"):
        if path.is_file():
            assert b"test-secret" not in path.read_bytes(), path


def test_azure_is_read_without_its_private_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    bare = SimpleNamespace(service_client=SimpleNamespace())
    monkeypatch.setattr("andon.sources.remote.azure.open_file_system", lambda *_: bare)
    assert AzurePlace({}).is_exact


def test_a_fault_of_andon_is_not_told_as_a_wrong_key(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> object:
        raise AttributeError("no_such_thing")

    monkeypatch.setattr("andon.sources.remote.azure.open_file_system", broken)
    with pytest.raises(AttributeError, match="no_such_thing"):
        AzurePlace({})
