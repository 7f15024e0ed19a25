"""Tables of tracks: every format, every trap, and nothing lost on the way."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from genrelab import schema
from genrelab.errors import GenrelabError, MissingFile, ReadError, SchemaError
from genrelab.sources import table


def written(folder: Path, text: str, name: str = "songs.csv") -> Path:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def tracks() -> pl.DataFrame:
    return schema.sample(250, seed=3)


FORMATS = ["csv", "tsv", "csv.gz", "json", "columns.json", "jsonl", "jsonl.gz", "parquet"]


def as_file(tracks: pl.DataFrame, folder: Path, ending: str) -> Path:
    file = folder / f"songs.{ending}"
    as_text = tracks.with_columns(tags=pl.Series([str(items) for items in tracks["tags"].to_list()]))
    if ending.startswith(("csv", "tsv")):
        data = as_text.write_csv(separator="\t" if "tsv" in ending else ",").encode()
    elif ending == "json":
        data = json.dumps(tracks.to_dicts()).encode()
    elif ending == "columns.json":
        data = tracks.to_pandas().to_json().encode()
    elif ending.startswith("jsonl"):
        data = tracks.write_ndjson().encode()
    else:
        tracks.write_parquet(file)
        return file
    file.write_bytes(gzip.compress(data) if ending.endswith("gz") else data)
    return file


@pytest.mark.parametrize("ending", FORMATS)
def test_every_format_gives_the_same_table(tmp_path: Path, tracks: pl.DataFrame, ending: str) -> None:
    reading = table.read(as_file(tracks, tmp_path, ending))
    assert_frame_equal(reading.tracks, tracks, rel_tol=1e-9)
    assert reading.mapped == {name: name for name in tracks.columns}
    assert (reading.kept, reading.left_out, reading.rejected.height, reading.notes) == ((), {}, 0, ())


@pytest.mark.parametrize("ending", FORMATS)
def test_batches_give_what_read_gives(tmp_path: Path, tracks: pl.DataFrame, ending: str) -> None:
    file = as_file(tracks, tmp_path, ending)
    found = list(table.batches(file, rows=60))
    assert [batch.height for batch in found] == [60, 60, 60, 60, 10]
    assert_frame_equal(pl.concat(found), table.read(file).tracks)


def test_what_was_mapped_kept_and_left_out_is_told(tmp_path: Path) -> None:
    file = written(
        tmp_path,
        ",id,Track Name,name,artist_name,duration_ms,release_date,playlist_genre,mood,Key\n"
        "0,007,A,x,B,1500,2019-06-14,rock,calm,1\n1,8,C,y,,2500,2001,pop,,2\n2,9,E,z,F,,1999-03,,wild,\n",
    )
    reading = table.read(file)
    assert reading.tracks.rows(named=True)[0] == {
        "track_id": "007", "title": "A", "artist": "B", "duration": 1.5, "release_year": 2019,
        "genre": "rock", "key": 1, "name": "x", "mood": "calm",
    }  # fmt: skip
    assert reading.mapped == {
        "id": "track_id", "Track Name": "title", "artist_name": "artist", "duration_ms": "duration",
        "release_date": "release_year", "playlist_genre": "genre", "Key": "key",
    }  # fmt: skip
    assert reading.kept == ("name", "mood")
    assert reading.left_out == {"": "it has no name and only numbers the rows"}
    assert reading.notes == (
        "duration_ms: milliseconds made seconds",
        "release_date: 1 by day, 1 by month, 1 by year; only the year is kept",
    )


def test_a_first_column_without_a_name_that_holds_something_is_kept(tmp_path: Path) -> None:
    reading = table.read(written(tmp_path, ",tempo\n5,100\n3,110\n"))
    assert reading.kept == ("column_1",)
    assert reading.tracks["column_1"].to_list() == [5, 3]


def test_text_where_a_number_belongs_costs_the_row_and_says_where(tmp_path: Path) -> None:
    file = written(tmp_path, "title,tempo,key\nA,100,1\nB,fast,1\nC,120,H\nD,NA,nan\nE,inf,2.0\nF,nan,2.5\n")
    reading = table.read(file)
    assert reading.tracks["title"].to_list() == ["A", "D", "E"]
    assert reading.tracks["tempo"].to_list() == [100, None, float("inf")]
    assert reading.tracks["key"].to_list() == [1, None, 2]
    assert reading.rejected.rows() == [
        ("songs.csv", 3, "tempo: not a number: 'fast'"),
        ("songs.csv", 4, "key: not a whole number: 'H'"),
        ("songs.csv", 7, "key: not a whole number: '2.5'"),
    ]


def test_two_faults_in_a_row_are_both_told(tmp_path: Path) -> None:
    file = written(tmp_path, "tempo,energy\n1,1\nx,y\n1,1\n")
    assert table.read(file).rejected["reason"].to_list() == [
        "tempo: not a number: 'x'; energy: not a number: 'y'"
    ]


def test_strict_reading_loses_no_row(tmp_path: Path) -> None:
    text = written(tmp_path, "tempo\n100\n100\nfast\n100\n")
    ragged = written(tmp_path, "a,b\n1,2\n3\n4,5\n", "ragged.csv")
    with pytest.raises(SchemaError, match=r"songs.csv: column 'tempo', row 4: tempo: not a number: 'fast'"):
        table.read(text, strict=True)
    with pytest.raises(SchemaError, match="row 4: tempo"):
        list(table.batches(text, rows=1))
    with pytest.raises(ReadError, match=r"ragged.csv: line 3: 1 fields, not 2"):
        table.read(ragged, strict=True)
    with pytest.raises(ReadError, match="line 3"):
        list(table.batches(ragged))


def test_a_column_that_is_mostly_not_what_it_says_is_an_error(tmp_path: Path) -> None:
    file = written(tmp_path, "title,energy\nA,0.5\nB,\nC,high\nD,low\n")
    with pytest.raises(
        SchemaError, match=r"column 'energy', row 4: energy: not a number: 'high', and so are most"
    ):
        table.read(file)


def test_types_told_from_the_head_do_not_mislead(tmp_path: Path) -> None:
    """A column that looks whole for 10,000 rows may turn out otherwise, at once and in batches."""
    rows = [f"{i},{i},{i},true,1" for i in range(12_000)]
    rows[11_000] = "0.5,text,1.5,maybe,1"
    rows[11_001] = "fast,2,2,true,2"
    file = written(tmp_path, "tempo,kept_text,kept_real,kept_flag,kept_whole\n" + "\n".join(rows))
    reading = table.read(file)
    kept = {name: str(reading.tracks.schema[name]) for name in reading.kept}
    assert kept == {
        "kept_text": "String",
        "kept_real": "Float64",
        "kept_flag": "String",
        "kept_whole": "Int64",
    }
    assert reading.rejected.rows() == [("songs.csv", 11_003, "tempo: not a number: 'fast'")]
    del rows[11_001]
    written(tmp_path, "tempo,kept_text,kept_real,kept_flag,kept_whole\n" + "\n".join(rows))
    assert_frame_equal(pl.concat(table.batches(file, rows=5_000)), table.read(file).tracks)


def test_names_of_keys_and_modes(tmp_path: Path) -> None:
    file = written(tmp_path, "key,mode\nC#,Major\nDb,minor\nB♭,MAJOR\n b ,0\n11,1\n")
    assert table.read(file).tracks.rows() == [(1, 1), (1, 0), (10, 1), (11, 0), (11, 1)]
    flags = written(tmp_path, "mode\nTrue\nFalse\n")
    assert table.read(flags).tracks["mode"].to_list() == [1, 0]


def test_columns_without_any_value(tmp_path: Path) -> None:
    reading = table.read(written(tmp_path, "key,tempo,tags,release_date,genre,title\n,,,,,A\n,,,,,B\n"))
    assert reading.tracks.schema == {name: schema.CONTRACT[name].dtype for name in reading.tracks.columns}
    assert reading.tracks.drop("title").null_count().row(0) == (2, 2, 2, 2, 2)


def test_dates_of_every_kind(tmp_path: Path) -> None:
    dates = ["2019-06-14", "2012-01", "1999", "0", "1999.0", "14/06/2019", "2019-06-14T10:00:00Z", "", "0000"]
    file = written(tmp_path, "title,release_date\n" + "\n".join(f"t,{date}" for date in [*dates, "soon"]))
    reading = table.read(file)
    assert reading.tracks["release_year"].to_list() == [2019, 2012, 1999, None, 1999, 2019, 2019, None, None]
    assert reading.rejected.rows() == [("songs.csv", 11, "release_year: not a date: 'soon'")]


@pytest.mark.parametrize(
    ("header", "values", "expected", "note"),
    [("duration", "200", 200.0, None), ("duration_ms", "200000", 200.0, "milliseconds made seconds"),
     ("duration", "200000", 200.0, "milliseconds made seconds (its median is 200,000)"),
     ("length", "200", 200.0, None), ("length", "661794", None, "counts samples")],
)  # fmt: skip
def test_the_unit_of_durations(
    tmp_path: Path, header: str, values: str, expected: float | None, note: str | None
) -> None:
    reading = table.read(written(tmp_path, f"{header},tempo\n{values},1\n"))
    if expected is None:
        assert reading.kept == ("length",)
    else:
        assert reading.tracks["duration"].to_list() == [expected]
    assert [note in said for said in reading.notes if note] == ([True] if note else [])


def test_a_genre_of_lists_becomes_tags_in_every_part(tmp_path: Path) -> None:
    written(tmp_path, 'title,genre\nA,"[\'rock\', ""children\'s music""]"\nB,[]\n', "part_1.csv")
    written(tmp_path, "genre,title\n,C\n,D\n", "part_2.csv")
    reading = table.read(tmp_path)
    assert reading.column("genre") == "tags"
    assert reading.tracks.sort("title")["tags"].to_list() == [["rock", "children's music"], [], None, None]
    batches = list(table.batches(tmp_path, rows=1))
    assert_frame_equal(pl.concat(batches), reading.tracks)


def test_a_genre_beside_a_list_of_genres(tmp_path: Path) -> None:
    first = table.read(written(tmp_path, "genre,genre_top\n\"['a']\",rock\n\"['b']\",pop\n"))
    assert first.tracks.select("genre", "tags").rows() == [("rock", ["a"]), ("pop", ["b"])]
    second = table.read(written(tmp_path, "genre,tags\n\"['a']\",\"['c']\"\n"))
    assert second.tracks.rows() == [(["c"],)]
    assert second.left_out == {"genre": "it holds lists, and 'tags' gives the tags already"}


def test_lists_of_artists_become_text(tmp_path: Path) -> None:
    file = written(tmp_path, 'artists,tempo\n"[\'Dennis Day\', ""Jack O\'Connor""]",1\n[spunge],2\n')
    assert table.read(file).tracks["artist"].to_list() == ["Dennis Day, Jack O'Connor", "[spunge]"]
    tracks = pl.DataFrame({"artists": [["A", "B"], [], None]})
    assert table.adopt(tracks).tracks["artist"].to_list() == ["A, B", "", None]


@pytest.mark.parametrize("ids", [[2, 30], [2.0, 30.0], ["2", "30"], ["2.0", "30.0"]])
def test_identifiers_are_text_without_fractions(ids: list[object]) -> None:
    assert table.adopt(pl.DataFrame({"track_id": ids})).tracks["track_id"].to_list() == ["2", "30"]


def test_a_folder_of_parts(tmp_path: Path) -> None:
    written(tmp_path, "track_id,tempo\n2,1\n", "p_2.csv")
    written(tmp_path, "tempo,track_id\n2,10\n", "p_10.csv")
    written(tmp_path, "track_id,tempo,mood\n1,1,calm\n", "p_1.csv")
    written(tmp_path, "", "p_3.csv")
    written(tmp_path, "a,b\n", "p_4.csv")
    written(tmp_path, "hello", "notes.txt")
    reading = table.read(tmp_path)
    assert reading.tracks.rows() == [("1", 1.0, "calm"), ("2", 1.0, None), ("10", 2.0, None)]
    assert reading.notes == (
        "notes.txt: not a table by its name, skipped",
        "p_3.csv: empty, skipped",
        "p_4.csv: empty, skipped",
        "mood: only in p_1.csv; null elsewhere",
    )
    assert_frame_equal(pl.concat(table.batches(tmp_path)), reading.tracks)


def test_several_files_of_several_formats(tmp_path: Path) -> None:
    one = written(tmp_path, "id,bpm,x\n1,100,5\n", "one.csv")
    two = written(tmp_path, '[{"track_id": 2, "tempo": 90.5, "x": "y"}]', "two.json")
    seen: list[float] = []
    reading = table.read([one, str(two)], progress=lambda _, share: seen.append(share))
    assert reading.tracks.rows() == [("1", 100.0, "5"), ("2", 90.5, "y")]
    assert reading.mapped == {"id": "track_id", "bpm": "tempo", "track_id": "track_id", "tempo": "tempo"}
    assert seen == [0.5, 1.0]


def broken(folder: Path) -> dict[str, Path]:
    parquet = folder / "cut.parquet"
    schema.sample(500, 0).write_parquet(parquet)
    parquet.write_bytes(parquet.read_bytes()[:2000])
    zipped = folder / "cut.csv.gz"
    zipped.write_bytes(gzip.compress(b"a,b\n1,2\n" * 1000)[:-20])
    false_zip = folder / "false.csv.gz"
    false_zip.write_bytes(b"a,b\n1,2\n")
    empty_folder = folder / "empty"
    empty_folder.mkdir()
    all_empty = folder / "all_empty"
    all_empty.mkdir()
    for name in ("1.csv", "2.csv"):
        (all_empty / name).touch()
    texts = {
        "empty": ("", "e.csv"), "header": ("a,b\n", "h.csv"), "unknown": ("x", "songs.docx"),
        "json": ("{not json", "n.json"), "number": ("3", "3.json"), "mixed": ("[1, {}]", "m.json"),
        "uneven": ('{"a": [1], "b": [1, 2]}', "u.json"), "scalars": ('{"a": 1}', "s.json"),
        "none": ("[]", "none.json"), "lines": ("nothing\nof it\n", "l.jsonl"),
        "twice": ("a,a\n1,2\n", "t.csv"),
    }  # fmt: skip
    files = {name: written(folder, text, file) for name, (text, file) in texts.items()}
    return files | {
        "parquet": parquet, "gzip": zipped, "false gzip": false_zip, "folder": empty_folder,
        "all empty": all_empty, "missing": folder / "nothing.csv",
    }  # fmt: skip


BROKEN = {
    "empty": "empty", "header": "no rows", "unknown": "not a table by its name", "json": "line 1: not JSON",
    "number": "not a table", "mixed": "not a table", "uneven": "not a table", "scalars": "not a table",
    "none": "no rows", "lines": "line 1: not JSON", "twice": "column 'a' stands twice",
    "parquet": "damaged or cut short", "gzip": "damaged or cut short", "false gzip": "damaged or cut short",
    "folder": "no tables in this folder", "all empty": "all 2 files are empty", "missing": "no such file",
}  # fmt: skip


@pytest.mark.parametrize("kind", BROKEN)
def test_what_is_no_table_gets_one_clear_line(tmp_path: Path, kind: str) -> None:
    file = broken(tmp_path)[kind]
    with pytest.raises(ReadError) as caught:
        table.read(file)
    with pytest.raises(ReadError):
        list(table.batches(file))
    message = str(caught.value)
    assert message.startswith(f"{file}: ")
    assert BROKEN[kind] in message
    assert "\n" not in message
    assert message.count(": ") >= 2
    assert isinstance(caught.value, MissingFile) == (kind == "missing")


def test_no_files_at_all() -> None:
    with pytest.raises(ReadError, match="no files were given"):
        table.read([])


def test_json_of_mixed_kinds(tmp_path: Path) -> None:
    first, second = '{"id": 1, "tempo": "90", "x": 1}', '{"id": 2.0, "tempo": 91.5, "x": {"y": 1}, "z": true}'
    records = f'[{first}, {second}, {{"id": "a"}}]'
    tracks = table.read(written(tmp_path, records, "r.json")).tracks
    assert tracks.rows() == [("1", 90.0, "1", None), ("2", 91.5, '{"y": 1}', True), ("a", None, None, None)]


def test_json_lines_name_the_lines_they_lose(tmp_path: Path) -> None:
    file = written(
        tmp_path, '{"tempo": 1}\n\n{"tempo": \n{"tempo": 2, "late": 1}\n[3]\n{"tempo": "x"}\n{}', "s.jsonl"
    )
    reading = table.read(file)
    assert reading.tracks.rows() == [(1.0, None), (2.0, 1), (None, None)]
    assert reading.rejected["row"].to_list() == [3, 5, 6]
    assert reading.rejected["reason"][2] == "tempo: not a number: 'x'"
    same = table.read(file.rename(tmp_path / "s.json"))
    assert same.rejected["row"].to_list() == [3, 5, 6]
    lines = written(tmp_path, '{"tempo": 1}\n{"tempo": 2}\n', "lines.json")
    assert table.read(lines).tracks["tempo"].to_list() == [1.0, 2.0]


def test_half_a_surrogate_pair_in_json(tmp_path: Path) -> None:
    assert table.read(written(tmp_path, r'[{"title": "x\ud800"}]', "s.json")).tracks.rows() == [("x?",)]


def test_a_nested_column_where_text_belongs() -> None:
    with pytest.raises(SchemaError, match="column 'name': holds Struct"):
        table.adopt(pl.DataFrame({"name": [{"a": 1}]}))
    with pytest.raises(SchemaError, match="column 'bpm': holds List"):
        table.adopt(pl.DataFrame({"bpm": [[1.0]]}))


def test_a_pandas_index_is_left_out(tmp_path: Path) -> None:
    frame = pd.DataFrame({"tempo": [1.0, 2.0]})
    frame.to_csv(tmp_path / "a.csv")
    table.read(tmp_path / "a.csv").tracks.write_csv(tmp_path / "b.csv")
    pd.read_csv(tmp_path / "a.csv").to_csv(tmp_path / "c.csv", index=False)
    for name in ("a.csv", "c.csv"):
        assert table.read(tmp_path / name).tracks.columns == ["tempo"]


def test_join_heals_types_and_fills_nulls() -> None:
    left = pl.DataFrame({"track_id": [3, 1, 2], "title": ["C", None, "B"], "mood": ["x", None, "z"]})
    right = pl.DataFrame(
        {"track_id": ["1", "3", "4"], "title": ["A", "no", "D"], "mood": [7, 8, 9], "tempo": 1.0}
    )
    assert table.join(left, right).rows() == [("3", "C", "x", 1.0), ("1", "A", "7", 1.0)]
    assert table.join(left, right).columns == ["track_id", "title", "mood", "tempo"]


def test_join_repeats_on_one_side_only() -> None:
    once, twice = pl.DataFrame({"track_id": ["1", "2"]}), pl.DataFrame({"track_id": ["2", "2"], "x": [1, 2]})
    assert table.join(once, twice).rows() == [("2", 1), ("2", 2)]
    with pytest.raises(SchemaError, match="track_id '2' stands several times on both sides"):
        table.join(twice, twice)
    with pytest.raises(SchemaError, match="no column 'isrc' on the right"):
        table.join(once.with_columns(isrc=pl.lit("x")), twice, on="isrc")


CELLS = st.text(alphabet="ab1.,;\"'[]\n\t -", max_size=6)


@settings(max_examples=60, deadline=None)
@given(
    names=st.lists(st.sampled_from([*schema.CONTRACT, "mood", "id", "duration_ms", "genres", ""]), min_size=1,
                   max_size=5, unique=True),
    cells=st.lists(st.lists(CELLS, min_size=5, max_size=5), min_size=1, max_size=8),
)  # fmt: skip
def test_any_table_is_read_or_refused_and_no_row_is_lost(
    tmp_path_factory: pytest.TempPathFactory, names: list[str], cells: list[list[str]]
) -> None:
    frame = pd.DataFrame([row[: len(names)] for row in cells], columns=names)
    file = tmp_path_factory.mktemp("any") / "songs.csv"
    frame.to_csv(file, index=False)
    try:
        reading = table.read(file)
    except GenrelabError:
        return
    assert reading.tracks.height + reading.rejected.height <= len(cells)
    if len(names) > 1:  # in a single column, a row without a value is a blank line
        assert reading.tracks.height + reading.rejected.height == len(cells)
    schema.check_types(reading.tracks)


# Real tables


@pytest.mark.data("capstone12")
def test_capstone12(data: Path) -> None:
    reading = table.read(data / "capstone12")
    assert reading.tracks.height == 46_291
    assert reading.notes == ("info_36.csv: empty, skipped",)
    assert reading.mapped["genre"] == "tags"
    assert reading.left_out == {"": "it has no name and only numbers the rows"}
    assert reading.rejected.is_empty()
    assert reading.tracks["tags"].null_count() == 0
    assert reading.tracks["tags"][0].to_list() == ["classic opm", "opm"]


@pytest.mark.data("fma_rock_hiphop")
def test_rock_and_hiphop_join(data: Path) -> None:
    songs = table.read(data / "fma_rock_hiphop" / "fma-rock-vs-hiphop.csv").tracks
    sounds = table.read(data / "fma_rock_hiphop" / "echonest-metrics.json").tracks
    joined = table.join(songs, sounds)
    assert joined.height == 4_802
    assert dict(joined["genre"].value_counts().iter_rows()) == {"Rock": 3_892, "Hip-Hop": 910}
    assert joined.columns.count("track_id") == 1
    assert joined["tempo"].null_count() == 0


@pytest.mark.data("spotify_30k")
def test_spotify_30k(data: Path) -> None:
    reading = table.read(data / "spotify_30k" / "spotify_songs.csv")
    assert reading.tracks.height == 32_833
    assert reading.tracks["track_id"].n_unique() == 28_356
    assert reading.rejected.is_empty()
    assert reading.kept == ("track_album_id", "playlist_name", "playlist_id", "playlist_subgenre")
    assert reading.notes[1] == (
        "track_album_release_date: 30,947 by day, 31 by month, 1,855 by year; only the year is kept"
    )
    assert schema.validate(reading.tracks).rejected.is_empty()


@pytest.mark.data("genres_v2")
def test_genres_v2_keeps_both_titles(data: Path) -> None:
    reading = table.read(data / "genres_v2" / "genres_v2.csv")
    assert reading.tracks.height == 42_305
    assert reading.mapped["title"] == "title"
    assert "song_name" in reading.kept
    assert not reading.tracks.filter(pl.col("title").is_not_null() & pl.col("song_name").is_not_null()).height
    assert reading.tracks["genre"].n_unique() == 15


@pytest.mark.data("spotify_114k")
def test_eight_genres(data: Path) -> None:
    reading = table.read(data / "spotify_114k" / "eight_genres.csv")
    assert (reading.tracks.height, reading.tracks["genre"].n_unique()) == (4_329, 8)
    assert reading.kept == ("explicit",)


@pytest.mark.data("msd10k")
def test_million_song_subset(data: Path) -> None:
    corgis = table.read(data / "msd10k" / "corgis_music.csv")
    assert corgis.tracks.height == 9_999
    assert corgis.rejected["row"].to_list() == [6_350]  # its numbers stand in each other's columns
    assert "key: not a whole number: 904.80281" in corgis.rejected["reason"][0]
    assert corgis.mapped["terms"] == "tags"
    songs = table.read(data / "msd10k" / "SongCSV_ardabney.csv")
    assert songs.tracks.height == 10_000
    assert songs.rejected.is_empty()
    assert songs.tracks["track_id"].n_unique() == 10_000
    assert songs.notes == (
        "SongCSV_ardabney.csv: rows with quotes inside quotes, read as best they can be: 74",
    )
    assert songs.tracks["release_year"].null_count() == 5_320


@pytest.mark.data("gtzan", "ds_music")
def test_librosa_tables(data: Path) -> None:
    gtzan = table.read(data / "gtzan" / "features_30_sec.csv")
    music = table.read(data / "ds_music" / "ds_music_segment30s.csv")
    assert (gtzan.tracks.height, music.tracks.height) == (1_000, 2_579)
    assert {gtzan.mapped["label"], music.mapped["genre"]} == {"genre"}
    for reading in (gtzan, music):
        assert "duration" not in reading.tracks.columns
        assert "length" in reading.kept
        assert all(
            reading.tracks[name].dtype.is_numeric() for name in reading.kept if name.startswith("mfcc")
        )
    assert music.tracks["artist"].n_unique() == 534


@pytest.mark.data("fma")
def test_fma_genre_ids(data: Path) -> None:
    tracks = table.read(data / "fma" / "tracks_genres_cleaned.csv").tracks
    assert tracks.height == 106_574
    assert tracks.filter(pl.col("track_id") == "20")["tags"].to_list() == [["76", "103"]]


def test_batches_of_some_columns_keep_every_row(tmp_path: Path) -> None:
    pl.DataFrame({"tempo": [90, 80], "year": ["n.d.", "1999"]}).write_csv(tmp_path / "a.csv")
    pl.DataFrame({"year": ["1999", "x"], "mood": ["calm", "wild"]}).write_csv(tmp_path / "b.csv")
    found = pl.concat(table.batches(tmp_path, columns=["tempo", "title"]))
    assert found.to_dict(as_series=False) == {"tempo": [90, 80, None, None]}
    with pytest.raises(SchemaError, match=r"'n\.d\.'"):
        list(table.batches(tmp_path, columns=["release_year"]))


def test_join_by_title_and_artist_folds_names_and_joins_no_null() -> None:
    left = pl.DataFrame(
        {
            "title": ["Blue ", "Red", None, " "],
            "artist": ["ANN", "Bob", "Cy", "Di"],
            "track_id": ["1", "2", "3", "4"],
        }
    )
    right = pl.DataFrame(
        {
            "artist": ["ann", "Bob", "Cy", "Di"],
            "title": ["blue", "Tan", None, " "],
            "tempo": [90.0, 80.0, 1.0, 1.0],
        }
    )
    joined = table.join(left, right, on=("title", "artist"))
    assert joined.columns == ["title", "artist", "track_id", "tempo"]
    assert joined.rows() == [("Blue ", "ANN", "1", 90.0)]
    assert table.join(right, left, on=["title", "artist"]).rows() == [("ann", "blue", 90.0, "1")]
    twice = pl.concat([right, right])
    with pytest.raises(SchemaError, match="title 'blue', artist 'ann' stands several times on both"):
        table.join(twice, twice, on=["title", "artist"])


def test_how_two_tables_know_a_track_again() -> None:
    whole = pl.DataFrame({"track_id": ["1"], "title": ["Blue"], "artist": ["Ann"]})
    empty = whole.with_columns(track_id=pl.lit(None, pl.String))
    assert table.identity_of_both(whole, whole) == ("track_id",)
    assert table.identity_of_both(whole, empty) == ("title", "artist")
    assert table.identity_of_both(whole.drop("track_id"), whole) == ("title", "artist")
    with pytest.raises(SchemaError) as raised:
        table.identity_of_both(whole.drop("artist"), empty)
    assert str(raised.value) == (
        "join: the second has no track_id, the first table has no artist: both need a track_id, or both a"
        " title and an artist"
    )


def test_a_star_names_columns_of_numbers() -> None:
    cells: dict[str, list[object]] = {f"mfcc_{number}": [0.5] for number in range(14)}
    reading = table.adopt(pl.DataFrame(cells | {"mfcc_kind": ["mono"], "BPM": [90.0]}))
    assert reading.columns(["mfcc_*"]) == [f"mfcc_{number}" for number in range(14)]
    assert reading.columns(["mfcc_1?", "mfcc_13", "B*"]) == [f"mfcc_{n}" for n in (10, 11, 12, 13)] + [
        "tempo"
    ]
    assert reading.further == tuple(f"mfcc_{number}" for number in range(14))
    with pytest.raises(SchemaError, match=r"columns '\*_kind': no column of numbers .*mfcc_10 and 5 more$"):
        reading.columns(["*_kind"])
    with pytest.raises(SchemaError, match=r"column 'chroma': .*mfcc_10 and 5 more\)"):
        reading.column("chroma")


def test_notes_on_uneven_files_are_few(tmp_path: Path) -> None:
    many = {f"mfcc_{number}": [0.5] for number in range(28)}
    pl.DataFrame({"track_id": ["1"], "title": ["Blue"], "artist": ["Ann"]}).write_csv(tmp_path / "a.csv")
    pl.DataFrame({"track_id": ["1"], "tempo": [90.0]} | many).write_csv(tmp_path / "b.csv")
    assert table.read(tmp_path).notes == (
        "a.csv and b.csv share only track_id: give them as 'a.csv --join b.csv'",
        "title, artist: only in a.csv; null elsewhere",
        "tempo, mfcc_0, mfcc_1, mfcc_2 and 25 more: only in b.csv; null elsewhere",
    )
    pl.DataFrame({"track_id": ["2"], "title": ["Red"], "mood": ["calm"]}).write_csv(tmp_path / "c.csv")
    assert len(table.read(tmp_path).notes) == 3
    assert table.read(tmp_path).notes[2] == "31 more columns: only in some of the files; null elsewhere"
    assert not any("--join" in note for note in table.read([tmp_path / "a.csv", tmp_path / "c.csv"]).notes)
