"""Saved answers: files, folders and archives, none of which writes anything or stops the others."""

from __future__ import annotations

import bz2
import gzip
import importlib
import io
import lzma
import random
import tarfile
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from genrelab.errors import MissingExtra, MissingFile, ReadError
from genrelab.progress import silent
from genrelab.sources import _saved
from genrelab.sources._saved import Saved, parsed

MEMBERS = {
    "low/a.json": b'{"a": 1}',
    "../../b.json": b'{"b": 2}',
    "/etc/c.json": b"{}",
    "notes.md": b"no answer",
}
WRITERS: Mapping[str, Callable[[bytes], bytes]] = {
    ".tar": bytes,
    ".tar.gz": gzip.compress,
    ".tgz": gzip.compress,
    ".tar.bz2": bz2.compress,
    ".tar.xz": lzma.compress,
}


def tar(members: Mapping[str, bytes]) -> bytes:
    """Make an archive, with a link and a device beside the files."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
        for kind, name in ((tarfile.SYMTYPE, "link.json"), (tarfile.CHRTYPE, "device.json")):
            odd = tarfile.TarInfo(name)
            odd.type, odd.linkname = kind, "/etc/passwd"
            archive.addfile(odd)
    return made.getvalue()


def zipped(path: Path, members: Mapping[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def opened(path: Any, **settings: Any) -> Saved:
    return Saved(path, (".json",), **{"strict": False, "progress": silent, **settings})


@pytest.mark.parametrize("ending", [*WRITERS, ".zip"])
def test_archives_are_read_and_nothing_is_written(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"dump{ending}"
    if ending == ".zip":
        zipped(path, MEMBERS)
    else:
        path.write_bytes(WRITERS[ending](tar(MEMBERS)))
    saved = opened(path)
    found = {document.name: document.content for document in saved}
    assert found == {f"dump{ending}/{name}": MEMBERS[name] for name in list(MEMBERS)[:3]}
    assert (list(tmp_path.iterdir()), saved.faults) == ([path], [])


@pytest.mark.parametrize("ending", [*WRITERS, ".zip"])
def test_what_came_before_a_break_stays(tmp_path: Path, ending: str) -> None:
    members = {f"{n}.json": random.Random(n).randbytes(10_000) for n in range(20)}
    path = tmp_path / f"dump{ending}"
    if ending == ".zip":
        content = bytearray(zipped(path, members).read_bytes())
        content[100:110] = b"\xff" * 10  # inside the first member
    else:
        content = bytearray(WRITERS[ending](tar(members)))
        del content[len(content) * 2 // 3 :]
    path.write_bytes(content)
    saved = opened(path)
    names = [document.name for document in saved]
    assert len(names) in (
        {19} if ending == ".zip" else range(1 if ending in (".tar", ".tar.gz", ".tgz") else 0, 20)
    )
    assert [
        fault.reason.startswith(("damaged or cut short", "it is cut short")) for _, fault in saved.faults
    ] == [True]
    with pytest.raises(ReadError, match=r"cut short.*: leave it out, or save it anew"):
        list(opened(path, strict=True))


def test_a_tar_that_ends_between_two_members_is_cut_short(tmp_path: Path) -> None:
    whole = tar({"a.json": b"1" * 512, "b.json": b"2"})
    (tmp_path / "dump.tar").write_bytes(whole[:1024])
    saved = opened(tmp_path)
    assert [document.name for document in saved] == ["dump.tar/a.json"]
    assert [(name, fault.reason) for name, fault in saved.faults] == [("dump.tar", "it is cut short")]


def test_what_is_no_archive(tmp_path: Path) -> None:
    for name in ("a.tar", "b.tar.gz", "c.zip", "d.tar.xz", "e.tar.bz2"):
        (tmp_path / name).write_bytes(b"<html>" * 200)
    saved = opened(tmp_path)
    assert list(saved) == []
    assert [name for name, _ in saved.faults] == ["a.tar", "b.tar.gz", "c.zip", "d.tar.xz", "e.tar.bz2"]
    with pytest.raises(
        ReadError, match=r"^a\.tar: damaged or cut short .*, and no other document says more: give x$"
    ):
        raise saved.nothing("x")


def test_documents_that_are_too_large_or_locked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_saved, "LARGEST", 1000)
    zipped(tmp_path / "a.zip", {"1.json": b" " * 10**6, "2.json": b"2"})
    (tmp_path / "b.tar").write_bytes(tar({"1.json": b" " * 1001, "2.json": b"2"}))
    (tmp_path / "c.json").write_bytes(gzip.compress(b" " * 10**6))
    (tmp_path / "d.json").write_bytes(gzip.compress(b"{}"))
    saved = opened(tmp_path)
    assert [document.name for document in saved] == ["a.zip/2.json", "b.tar/2.json", "d.json"]
    assert [name for name, _ in saved.faults] == ["a.zip/1.json", "b.tar/1.json", "c.json"]
    locked = bytearray(zipped(tmp_path / "locked.zip", {"1.json": b"{}"}).read_bytes())
    locked[6] |= 1
    locked[locked.index(b"PK\x01\x02") + 8] |= 1
    (tmp_path / "locked.zip").write_bytes(locked)
    saved = opened(tmp_path / "locked.zip")
    assert list(saved) == []
    assert "password" in saved.faults[0][1].reason


def test_folders_are_read_in_order(tmp_path: Path) -> None:
    for name in ("b/2.json", "a/3.JSON", "1.json", ".hidden.json", "table.csv"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("{}")
    (tmp_path / "4.json").symlink_to(tmp_path / "gone.json")
    steps: list[float] = []
    saved = opened([tmp_path], progress=lambda _, share: steps.append(share))
    assert [document.name for document in saved] == ["1.json", "a/3.JSON", "b/2.json"]
    assert saved.notes == [f"{tmp_path.name}: 2 other files skipped"]
    assert saved.rejected().row(0) == ("4.json", 1, "damaged or cut short (No such file or directory)")
    assert steps[-1] == 1.0
    with pytest.raises(MissingFile, match="no such file or folder"):
        opened(tmp_path / "gone")
    with pytest.raises(ReadError, match=r"no document in this folder .* give files ending in \.json, \.zip"):
        opened((tmp_path / "b/2.json").rename(tmp_path / "2.json").parent / "b")
    with pytest.raises(ReadError, match="no files were given"):
        opened([])


def test_zstandard(tmp_path: Path) -> None:
    path = tmp_path / "dump.tar.zst"
    path.write_bytes(b"not really")
    try:
        module = importlib.import_module("zstandard")
    except ImportError:
        with pytest.raises(
            MissingExtra, match=r"zstandard is not installed: pip install 'genrelab\[collect\]'"
        ):
            opened(path)
        return
    saved = opened(path)
    assert list(saved) == []
    assert saved.faults[0][0] == "dump.tar.zst"
    path.write_bytes(module.compress(tar(MEMBERS)))
    assert len(list(opened(path))) == 3


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b" ", "it is empty"),
        (b"{", "it is no JSON (Exp"),
        (b"[" * 10**5, "nested too deep"),
        (b"\xff\xfe\xfd", "it is no JSON"),
    ],
)
def test_what_is_no_json_is_said(content: bytes, reason: str) -> None:
    with pytest.raises(ValueError, match=reason.replace("(", r"\(")):
        parsed(content)


def test_json_in_other_dress() -> None:
    assert parsed(b"\xef\xbb\xbf{}") == parsed("{}".encode("utf-16")) == {}
