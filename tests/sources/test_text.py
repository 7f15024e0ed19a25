"""Delimited text: found sound, or mended with every lost row named."""

from __future__ import annotations

import csv
import io
import os
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genrelab.errors import ReadError
from genrelab.sources import _text
from genrelab.sources._reading import Fault


def opened(folder: Path, content: bytes | str, name: str = "songs.csv") -> _text.Text:
    file = folder / name
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    scratch = folder / "scratch"
    scratch.mkdir(exist_ok=True)
    return _text.open_text(file, file, scratch)


def rows(text: _text.Text) -> list[tuple[object, ...]]:
    return pl.read_csv(text.path, separator=text.separator, infer_schema=False).rows()


@pytest.mark.parametrize(
    "content",
    ["a,b\n1,2\n", "a,b\n1,2", "a,b\r\n1,2\r\n", 'a,b\n"x, y","say ""hi"""\n', 'a,b\n"two\nlines",2\n3,4\n',
     'a,b\n,\n"",""\n', "\ufeffa,b\n1,2\n"],
)  # fmt: skip
def test_a_sound_file_is_used_as_it_is(tmp_path: Path, content: str) -> None:
    text = opened(tmp_path, content)
    assert text.path == tmp_path / "songs.csv"
    assert (text.header, text.rejected, text.notes) == (("a", "b"), (), ())


@pytest.mark.parametrize("chunk", [1, 7, 1 << 20])
@given(table=st.lists(st.tuples(st.text("ab,\"\n;'"), st.text("ab,\"\n;'")), min_size=1))
def test_whatever_csv_writes_is_sound_in_chunks_of_any_size(
    tmp_path_factory: pytest.TempPathFactory, chunk: int, table: list[tuple[str, str]]
) -> None:
    buffer = io.StringIO()
    csv.writer(buffer).writerows([("a", "b"), *table])
    file = tmp_path_factory.mktemp("csv") / "t.csv"
    file.write_bytes(buffer.getvalue().encode())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_text, "CHUNK", chunk)
        assert _text.is_sound(file, ",", 2)
        assert not _text.is_sound(file, ",", 3)


def test_rows_of_another_width_are_named_by_line(tmp_path: Path) -> None:
    text = opened(tmp_path, 'a,b,c\n1,2,3\n"two\nlines",5,6\n4,5\n\n7,8,9\n1,2,3,4\n1,1,1\n')
    assert text.rejected == (Fault(5, "2 fields, not 3"), Fault(8, "4 fields, not 3"))
    assert rows(text) == [("1", "2", "3"), ("two\nlines", "5", "6"), ("7", "8", "9"), ("1", "1", "1")]
    assert text.lines([0, 1, 2, 3]) == [2, 3, 7, 9]


def test_a_quote_that_is_never_closed_costs_one_row_not_the_rest(tmp_path: Path) -> None:
    text = opened(tmp_path, 'a,b\n1,2\n"open,3\n4,5\n"x, y",6\n7,8\n')
    assert text.rejected == (Fault(3, "a quote is not closed"),)
    assert rows(text) == [("1", "2"), ("4", "5"), ("x, y", "6"), ("7", "8")]


def test_a_quote_that_is_open_at_the_end_costs_one_row(tmp_path: Path) -> None:
    text = opened(tmp_path, 'a,b\n1,2\n3,4\n5,"six\n7,8\n')
    assert text.rejected == (Fault(4, "a quote is not closed"),)
    assert rows(text) == [("1", "2"), ("3", "4"), ("7", "8")]


def test_quotes_inside_text_are_kept_and_noted(tmp_path: Path) -> None:
    text = opened(tmp_path, 'a,b\n12" mix,1\nnone,2\n"En "Algo" Nuevo",3\n')
    assert [row[1] for row in rows(text)] == ["1", "2", "3"]
    assert rows(text)[0][0] == '12" mix'
    assert text.notes == ("songs.csv: rows with quotes inside quotes, read as best they can be: 1",)


def test_lines_are_right_past_fields_with_newlines(tmp_path: Path) -> None:
    text = opened(tmp_path, 'a,b\n"1\n1\n1",2\n3,4\n5,6\n')
    assert text.lines([0, 1, 2]) == [2, 5, 6]
    assert text.lines([]) == []


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_encodings(tmp_path: Path, encoding: str) -> None:
    text = opened(tmp_path, "a,b\nBeyoncé,Sigur Rós\n".encode(encoding))
    assert rows(text) == [("Beyoncé", "Sigur Rós")]
    assert text.header == ("a", "b")
    assert [note for note in text.notes if "Windows-1252" in note or "UTF-16" in note] == list(text.notes)
    assert bool(text.notes) == (encoding != "utf-8-sig")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"a,b\n\x81\x8d,1\n", "encoding cannot be told"),
        (b"\xff\xfea\x00,\x00b\x00\n\x00\x00\xd8", "encoding cannot be told"),
        (b"a,b\n1,\x00\n", "not text"),
        (b"a,a\n1,2\n", "column 'a' stands twice"),
        (b"\n \n", "empty"),
        (b"a,b\n1,2,3\n4,5,6\n7,8\n", "line 2: 3 fields, not 2, and most rows are broken"),
    ],
)
def test_what_cannot_be_mended_is_said_on_one_line(tmp_path: Path, content: bytes, reason: str) -> None:
    with pytest.raises(ReadError) as caught:
        opened(tmp_path, content)
    assert reason in str(caught.value)
    assert str(caught.value).startswith(str(tmp_path / "songs.csv"))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "content", "header"),
    [("s.csv", "a;b\n1;2\n", ("a", "b")), ("s.tsv", "a,b\tc\n1\t2\n", ("a,b", "c")),
     ("s.tsv.gz", "a\tb\n1\t2\n", ("a", "b")), ("s.csv", "a\n1\n", ("a",)),
     ("s.csv", "a|b\n1|2\n", ("a", "b"))],
)  # fmt: skip
def test_separators(tmp_path: Path, name: str, content: str, header: tuple[str, ...]) -> None:
    assert opened(tmp_path, content, name).header == header


def test_newlines_of_old_macintoshes(tmp_path: Path) -> None:
    assert rows(opened(tmp_path, b"a,b\r1,2\r3,4\r")) == [("1", "2"), ("3", "4")]


MEND = """
import sys
from genrelab.sources import table
print(ascii(table.read(sys.argv[1]).tracks["title"].to_list()))
"""


def test_a_mended_copy_is_utf8_whatever_the_locale(tmp_path: Path) -> None:
    file = tmp_path / "songs.csv"
    file.write_text('title,tempo\nCafé "blue" é,90\nRéd,120,7\nÉtoile,80\n', encoding="utf-8")
    plain = os.environ | {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    command = [sys.executable, "-c", MEND, str(file)]
    said = subprocess.run(command, check=True, capture_output=True, text=True, env=plain).stdout
    assert said.strip() == ascii(['Café "blue" é', "Étoile"])
