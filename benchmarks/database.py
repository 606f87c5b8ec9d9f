"""A table of PostgreSQL loaded whole, against what the server needs to give it away.

The limit is ``COPY ... TO STDOUT (FORMAT binary)`` by psql to nowhere: nothing is decoded and nothing
kept. All count the processor time of the client and of the server's processes; Andon's is that of a
whole `andon run`, less that of a run that reads no rows. Beside it stands the floor: the same select
read by the driver alone, whose rows are thrown away. With ``POSTGRES_DRIVER=/path/to/library`` both
use another build of the driver.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.measure import Cost, Row, andon, forget, in_turn, run
from tests.databases import (
    ADMIN,
    PASSWORD,
    Server,
    postgres,
    postgres_bin,
    postgres_session,
    postgres_uri,
)

ROWS = {"small": 200_000, "full": 10_000_000}
REPEATS = {"small": 3, "full": 3}
_TABLE = """
    create table orders as select
        n::bigint as order_id, (n::bigint * 7919 % 100003)::int as customer_id,
        ((n::bigint * 31 % 100000)::numeric / 100)::numeric(12, 2) as amount,
        timestamptz '2026-01-01 00:00+00' + n * interval '3 seconds' as ordered_at,
        date '2026-01-01' + (n % 365)::int as due, n % 7 = 0 as is_gift,
        'customer ' || (n::bigint * 7919 % 100003) as customer, (array['new','paid','sent'])[1 + n % 3] as state
    from generate_series(1, {rows}) n
"""
_DRIVER = os.environ.get("POSTGRES_DRIVER", "")
_TICKS = os.sysconf("SC_CLK_TCK")
_ALONE = """
import sys
from adbc_driver_manager import dbapi as manager
from adbc_driver_postgresql import dbapi
uri, query, driver = sys.argv[1:]
open_it = dbapi.connect if not driver else lambda uri, **how: manager.connect(driver, uri, **how)
with open_it(uri, autocommit=True) as connection, connection.cursor() as cursor:
    cursor.execute(query)
    for batch in cursor.fetch_record_batch():
        pass
"""
_AS_ANDON_ASKS = """
    select order_id, customer_id, amount::text as amount, ordered_at, due, is_gift, customer, state
    from orders
"""


def measure(size: str, folder: Path) -> list[Row]:
    """Ratio of processor time, and of elapsed time, to those of the limit."""
    with postgres() as server, postgres_session(server) as execute:
        execute(_TABLE.format(rows=ROWS[size]))
        execute("create table nothing as select * from orders limit 0")
        execute("vacuum analyze orders")
        loaded, limit = in_turn(
            lambda: _with_server(server, lambda: _load(folder, server, "orders")),
            lambda: _with_server(server, lambda: _copy(server)),
            REPEATS[size],
        )
        empty, alone = in_turn(
            lambda: _with_server(server, lambda: _load(folder, server, "nothing")),
            lambda: _with_server(server, lambda: _drive(server)),
            REPEATS[size],
        )
    what = f"PostgreSQL table of {ROWS[size]:,} rows, to COPY"
    cpu_s, wall_s = loaded.cpu_s - empty.cpu_s, loaded.wall_s - empty.wall_s
    return [
        Row(
            what=what,
            bar=1.5,
            measured=cpu_s,
            limit=limit.cpu_s,
            unit="x limit",
            wall_s=loaded.wall_s,
            peak_mb=loaded.peak_mb,
        ),
        Row(what=f"{what}, elapsed", bar=1.5, measured=wall_s, limit=limit.wall_s, unit="x limit"),
        Row(
            what="the driver alone, to COPY",
            bar=1.5,
            measured=alone.cpu_s,
            limit=limit.cpu_s,
            unit="x limit",
            wall_s=alone.wall_s,
            peak_mb=alone.peak_mb,
        ),
    ]


def _load(folder: Path, server: Server, relation: str) -> Cost:
    project = folder / relation
    (project / "sources").mkdir(parents=True, exist_ok=True)
    (project / "andon.toml").write_text('[project]\nname = "shop"\n')
    (project / "secret").write_text(PASSWORD)
    (project / "sources" / "shop.yml").write_text(
        f"connection: {{kind: postgres, host: 127.0.0.1, port: {server.port}, database: postgres,"
        f" user: {ADMIN}, password: {{file: secret}}{f', driver: {_DRIVER}' if _DRIVER else ''}}}\n"
        f"tables:\n  orders: {{relation: {relation}}}\n"
    )
    forget(project)
    return andon("run", cwd=project)


def _copy(server: Server) -> Cost:
    return run(
        [
            postgres_bin("psql"), "--no-psqlrc", "--quiet", "--output=/dev/null", postgres_uri(server),
            "--command=copy orders to stdout (format binary)",
        ],
        Path.cwd(),
    )  # fmt: skip


def _drive(server: Server) -> Cost:
    return run(
        [sys.executable, "-c", _ALONE, postgres_uri(server), _AS_ANDON_ASKS, _DRIVER], Path.cwd()
    )


def _with_server(server: Server, job: Callable[[], Cost]) -> Cost:
    """The cost of a job together with what it cost the server, whose processes are its children."""
    before = _server_s(server.pid)
    cost = job()
    until = time.monotonic() + 5
    while _children(server.pid) > 8 and time.monotonic() < until:
        time.sleep(0.01)
    return Cost(
        cpu_s=cost.cpu_s + _server_s(server.pid) - before,
        wall_s=cost.wall_s,
        peak_mb=cost.peak_mb,
    )


def _server_s(pid: int) -> float:
    """Seconds of a server and its children, those that are over included."""
    own = _stat(pid)
    alive = sum(sum(_stat(child)[:2]) for child in _pids(pid))
    return (sum(own) + alive) / _TICKS


def _stat(pid: int) -> tuple[int, int, int, int]:
    """Ticks in user and system mode, of the process and of the children it waited for."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except FileNotFoundError:
        return 0, 0, 0, 0
    user, system, waited_user, waited_system = (int(field) for field in fields[11:15])
    return user, system, waited_user, waited_system


def _pids(pid: int) -> list[int]:
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(word) for word in text.split()]


def _children(pid: int) -> int:
    return len(_pids(pid))


if __name__ == "__main__":
    sys.exit("run `python -m benchmarks database`")
