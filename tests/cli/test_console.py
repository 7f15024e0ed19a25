"""Streams that are closed, full, narrow of mind or read by somebody who leaves; programs that are stopped."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import warnings
from pathlib import Path

import pytest

from genrelab.cli._console import printable, warnings_told

GENRELAB = (sys.executable, "-m", "genrelab")
LIST = (*GENRELAB, "list", "taxonomies")


def environment(**more: str) -> dict[str, str]:
    return {k: v for k, v in os.environ.items() if k not in {"FORCE_COLOR", "COLUMNS"}} | more


def shell(command: str, cwd: Path, **more: str) -> subprocess.CompletedProcess[str]:
    """Run a line of bash in which ``genrelab`` is the command."""
    line = f'set -o pipefail; genrelab() {{ {" ".join(GENRELAB)} "$@"; }}; {command}'
    return subprocess.run(
        ["bash", "-c", line], cwd=cwd, env=environment(**more), capture_output=True, text=True, check=False
    )


def test_a_reader_who_leaves_is_no_error(tmp_path: Path, songs: Path) -> None:
    for command in ("list rules", "list rules --json", "--help", f"audit {songs} --label playlist_genre"):
        ran = shell(f"genrelab {command} | (exec <&-; sleep 2)", tmp_path)
        assert ran.stderr == ""


def test_closed_streams(tmp_path: Path, songs: Path) -> None:
    train = f"genrelab train {songs} --label playlist_genre --model lightgbm --columns energy,tempo -o model"
    ran = shell(f"{train} <&- >&- 2>&-", tmp_path)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")
    assert shell("genrelab list models --json <&-", tmp_path).stdout.startswith("{")
    # What went nowhere must not have gone into a file.
    assert shell(f"genrelab predict model {songs} -o labels.csv >&-", tmp_path).returncode == 0
    assert (tmp_path / "labels.csv").read_text().startswith("track_id,title,artist,album,genre,confidence\n")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="/dev/full is not there")
def test_a_full_disk_is_one_line(tmp_path: Path, songs: Path, model: Path) -> None:
    ran = shell("genrelab list models > /dev/full", tmp_path)
    assert (ran.returncode, ran.stderr.count("\n")) == (2, 1)
    assert ran.stderr.startswith("error: disk: No space left on device")
    # A limit on the size of files is told by the same errors as a full disk.
    for out in ("labels.csv", "labels.parquet"):
        ran = shell(f"ulimit -f 8; genrelab predict {model} {songs} -o {out} --probabilities", tmp_path)
        assert (ran.returncode, ran.stderr.count("\n")) == (2, 1), ran.stderr
        assert ran.stderr.startswith(f"error: {out}: cannot be written (File too large")
    ran = shell(
        f"ulimit -f 1; genrelab train {songs} --label playlist_genre --model logistic -o model", tmp_path
    )
    assert ran.returncode == 2
    assert ran.stderr.startswith("error: model: cannot be written (File too large")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_any_encoding(tmp_path: Path, encoding: str) -> None:
    rows = "".join(f"0.{n},{90 + n},sång {n},röck ♫\n0.{n},{80 + n},canción {n},pop\n" for n in range(9))
    (tmp_path / "t.csv").write_text("energy,tempo,title,genré\n" + rows, "utf-8")
    more = {"PYTHONIOENCODING": encoding, "LANG": "C"}
    shown = subprocess.run(
        [*GENRELAB, "audit", "t.csv", "--label", "genré"],
        cwd=tmp_path, env=environment(**more), capture_output=True, check=True,
    )  # fmt: skip
    assert (shown.stderr, b"pop 9" in shown.stdout) == (b"", True)
    ran = subprocess.run(
        [*GENRELAB, "audit", "t.csv", "--label", "genré", "--json"],
        cwd=tmp_path, env=environment(**more), capture_output=True, check=True,
    )  # fmt: skip
    assert json.loads(ran.stdout.decode(encoding))["audit"]["genres"] == {"pop": 9, "röck ♫": 9}
    failed = subprocess.run(
        [*GENRELAB, "audit", "t.csv", "--label", "genre"],
        cwd=tmp_path, env=environment(**more), capture_output=True, check=False,
    )  # fmt: skip
    assert failed.returncode == 2
    assert failed.stderr.startswith(b"error: column 'genre': not in the table")


@pytest.mark.parametrize(("sign", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_command_that_is_stopped_leaves_nothing(
    tmp_path: Path, songs: Path, sign: signal.Signals, code: int
) -> None:
    command = [*GENRELAB, "demo", "--synthetic", "-o", "demo", "--model", "best", "--rows", "20000"]
    with subprocess.Popen(
        command, cwd=tmp_path, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as started:
        assert started.stdout is not None
        assert started.stderr is not None
        for line in started.stdout:  # wait until it trains
            if "learn from" in line:
                break
        time.sleep(0.5)
        assert len(list(tmp_path.iterdir())) == 1
        started.send_signal(sign)
        started.stdout.read()
        err = started.stderr.read()
        assert started.wait(timeout=60) == code
    assert err == ("interrupted: nothing was left half-written\n" if sign == signal.SIGINT else "")
    assert list(tmp_path.iterdir()) == []


def test_progress_is_shown_to_terminals_only(tmp_path: Path, songs: Path, model: Path) -> None:
    pty = pytest.importorskip("pty")
    predict = [*GENRELAB, "predict", str(model), str(songs), "-o"]
    forced = environment(FORCE_COLOR="1")
    piped = subprocess.run([*predict, "a.csv"], cwd=tmp_path, env=forced, capture_output=True, check=True)
    assert piped.stderr == b""
    leader, follower = pty.openpty()
    shown = subprocess.run(
        [*predict, "b.csv"],
        cwd=tmp_path,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=follower,
        check=True,
    )
    os.close(follower)
    assert b"tracks labelled" in os.read(leader, 1 << 16)
    os.close(leader)
    assert shown.stdout.startswith(b"500 tracks labelled\n")


def test_a_warning_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with warnings_told():
        warnings.warn("two\nlines", UserWarning, stacklevel=1)
    assert capsys.readouterr().err == "warning: two lines\n"


def test_control_characters_are_replaced() -> None:
    assert printable("a\x1b[31mb\x07\nc") == "a\N{REPLACEMENT CHARACTER}[31mb\N{REPLACEMENT CHARACTER}\nc"
