"""Tables as others read them: three formats, batches, every type, and nothing half-written."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from genrelab import writing
from genrelab.errors import OutputError
from genrelab.writing import write

every_ending = pytest.mark.parametrize("ending", writing.WRITERS)


def songs(n: int = 20) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "title": [f'Séan "{i}",\n봄' for i in range(n)],
            "tempo": [i + 0.1 if i % 3 else None for i in range(n)],
            "year": range(n),
        },
        schema={"title": pl.String, "tempo": pl.Float64, "year": pl.Int64},
    )


def read(path: Path) -> pl.DataFrame:
    if path.suffix == ".json":
        return pl.DataFrame(json.loads(path.read_text("utf-8")), schema=songs(0).schema)
    return pl.read_csv(path) if path.suffix == ".csv" else pl.read_parquet(path)


@every_ending
def test_what_is_written_is_read_again(ending: str, tmp_path: Path) -> None:
    path = tmp_path / f"songs{ending}"
    assert write(songs(), str(path)) == path
    assert_frame_equal(read(path), songs())
    assert list(tmp_path.iterdir()) == [path]


@every_ending
@pytest.mark.parametrize("size", [1, 7, 20, 99])
def test_batches_are_written_as_one_table(ending: str, size: int, tmp_path: Path) -> None:
    whole = write(songs(), tmp_path / f"whole{ending}")
    parts = write(songs().iter_slices(size), tmp_path / f"parts{ending}")
    assert_frame_equal(read(parts), read(whole))
    if ending != ".parquet":
        assert parts.read_bytes() == whole.read_bytes()


@every_ending
def test_a_table_without_rows(ending: str, tmp_path: Path) -> None:
    path = write(songs(0), tmp_path / f"songs{ending}")
    assert (read(path).height, read(path).columns) == (0, songs().columns)


def test_batches_keep_their_order(tmp_path: Path) -> None:
    parts = (pl.DataFrame({"row": [i]}) for i in range(120))
    assert read(write(parts, tmp_path / "rows.parquet"))["row"].to_list() == list(range(120))


@settings(max_examples=20, deadline=None)
@given(names=st.lists(st.none() | st.text(st.characters(codec="utf-8")), min_size=1, max_size=6))
def test_any_text_survives_json_and_csv(
    names: list[str | None], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("any")
    table = pl.DataFrame(
        {"title": names, "row": range(len(names))}, schema={"title": pl.String, "row": pl.Int64}
    )
    records = json.loads(write(table, folder / "t.json").read_text("utf-8"))
    assert [record["title"] for record in records] == names
    with write(table, folder / "t.csv").open(encoding="utf-8", newline="") as file:
        assert [row["title"] for row in csv.DictReader(file)] == [name or "" for name in names]


CELLS = {
    "tags": (["pop", "k-pop"], '["pop", "k-pop"]', ["pop", "k-pop"]),
    "nested": ([{"a": 1}], '[{"a": 1}]', [{"a": 1}]),
    "struct": ({"a": 1}, '{"a": 1}', {"a": 1}),
    "day": (date(2020, 1, 31), "2020-01-31", "2020-01-31"),
    "days": ([date(2020, 1, 31)], '["2020-01-31"]', ["2020-01-31"]),
    "span": (timedelta(days=1), '"1 day, 0:00:00"', "1 day, 0:00:00"),
    "bytes": (b"ab", "\"b'ab'\"", "b'ab'"),
    "missing": (None, "", None),
}


@pytest.mark.parametrize("name", CELLS)
def test_a_cell_of_any_type_can_be_written(name: str, tmp_path: Path) -> None:
    value, in_csv, in_json = CELLS[name]
    table = pl.DataFrame({"x": [value], "y": [1]})
    with write(table, tmp_path / "t.csv").open(newline="") as file:
        assert list(csv.DictReader(file)) == [{"x": in_csv, "y": "1"}]
    assert json.loads(write(table, tmp_path / "t.json").read_text()) == [{"x": in_json, "y": 1}]
    assert_frame_equal(read(write(table, tmp_path / "t.parquet")), table)


def test_arrays_are_lists_elsewhere(tmp_path: Path) -> None:
    table = pl.DataFrame({"x": [[1.0, 2.0]]}, schema={"x": pl.Array(pl.Float64, 2)})
    assert write(table, tmp_path / "t.csv").read_text() == 'x\n"[1.0, 2.0]"\n'
    assert json.loads(write(table, tmp_path / "t.json").read_text()) == [{"x": [1.0, 2.0]}]


def test_json_knows_no_number_that_is_not_finite(tmp_path: Path) -> None:
    table = pl.DataFrame({"x": [float("nan"), float("inf"), 0.5]})
    written = write(table, tmp_path / "t.json").read_text()

    def refuse(constant: str) -> float:
        raise ValueError(constant)

    assert [record["x"] for record in json.loads(written, parse_constant=refuse)] == [None, None, 0.5]


@pytest.mark.parametrize(
    ("name", "found"),
    [("t.txt", "'.txt'"), ("t", "a file without ending"), ("t.csv.gz", "'.gz'"), ("t.CSV", "'.CSV'")],
)
def test_an_ending_that_is_not_known(name: str, found: str, tmp_path: Path) -> None:
    for refusal in (lambda: write(songs(), tmp_path / name), lambda: writing.check(tmp_path / name)):
        with pytest.raises(OutputError, match=f"{name}: cannot write {found}: choose .csv, .json, .parquet"):
            refusal()
    assert not list(tmp_path.iterdir())


def breaking() -> Iterator[pl.DataFrame]:
    yield songs()
    raise RuntimeError("broken in the middle")


@every_ending
def test_what_breaks_in_the_middle_leaves_the_old_file(ending: str, tmp_path: Path) -> None:
    path = tmp_path / f"songs{ending}"
    with pytest.raises(RuntimeError, match="in the middle"):
        write(breaking(), path)
    assert not list(tmp_path.iterdir())
    old = write(songs(3), path).read_bytes()
    with pytest.raises(RuntimeError, match="in the middle"):
        write(breaking(), path)
    assert path.read_bytes() == old
    assert list(tmp_path.iterdir()) == [path]


@every_ending
def test_a_place_that_cannot_be_written(ending: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(OutputError, match=r"cannot be written.*choose another place"):
        write(songs(), tmp_path / "file" / f"songs{ending}")
    with pytest.raises(OutputError):
        write(songs(), f"/proc/songs{ending}")


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "t.csv").mkdir()
    with pytest.raises(OutputError):
        write(songs(), tmp_path / "t.csv")
    assert list(tmp_path.iterdir()) == [tmp_path / "t.csv"]


def test_checking_beforehand(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    writing.check(path)
    assert not path.exists()
    write(songs(), path)
    with pytest.raises(OutputError, match="exists already"):
        writing.check(path)
    writing.check(path, overwrite=True)


def test_missing_folders_are_made(tmp_path: Path) -> None:
    assert write(songs(), tmp_path / "a" / "b" / "t.csv").is_file()
