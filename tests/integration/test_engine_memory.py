"""Work larger than memory streams and spills."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

SCRIPT = """
import sys
from pathlib import Path
from andon.engines.duckdb.engine import DuckDBEngine


def peak_mb():
    # getrusage would count the memory of the parent as well, from before this program was started.
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) // 1024
    import resource
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 20

root = Path(sys.argv[1])
engine = DuckDBEngine(root, threads=1, memory_bytes=96 << 20, spill_dir=root / "spill")
make = '''select range as id, hash(range) % 900000 as key, hash(range)::VARCHAR || 'abcdefghijklmnop' as note
from range(2500000)'''
schema = engine.describe(make, {})
engine.write(make, {}, schema, root / "big.parquet")
big = engine.scan(schema, [root / "big.parquet"])
work = f'''select a.key, count(*) as n, max(a.note) as note, min(length(a.note || b.note)) as length
from {big} a join {big} b on a.id = b.id group by a.key order by note'''
schema = engine.describe(work, {})
written = engine.write(work, {}, schema, root / "out.parquet")
total = engine.rows(f"select sum(n) from {engine.scan(schema, [root / 'out.parquet'])}")[0][0]
engine.close()
print(written.rows > 800000, total, peak_mb())
"""


def test_a_join_aggregate_and_sort_beyond_memory_finish_within_bounds(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    has_rows, total, peak_mb = done.stdout.split()
    assert (has_rows, total) == ("True", "2500000")
    assert int(peak_mb) < 260
