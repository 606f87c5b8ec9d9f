"""The demonstration runs to its end with the installed program."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_demonstration_ends_well_and_prints_the_published_figures(tmp_path: Path) -> None:
    program = shutil.copy(ROOT / "tools" / "demo.sh", _made(tmp_path / "tools") / "demo.sh")
    ignored = shutil.ignore_patterns(".andon", "prod.duckdb")
    shutil.copytree(
        ROOT / "examples" / "flights", tmp_path / "examples" / "flights", ignore=ignored
    )
    folder = Path(sys.executable).parent
    done = subprocess.run(
        [str(program)],
        env={**os.environ, "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}", "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )

    said = done.stdout.replace(",", "")
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-2000:]
    for figure in ("336776", "634", "1014", "1048"):
        assert figure in said
    assert "(exit code 1)" in said


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True)
    return folder
