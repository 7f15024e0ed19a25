"""The collection: nothing that was answered is lost, nothing that is not ours is touched."""

from __future__ import annotations

import errno
import fcntl
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from genrelab import collection as collections
from genrelab.collection import Answer, Collection, Count, Question, Unanswered, Unasked, Wanted
from genrelab.collection._file import FORMAT
from genrelab.errors import GenrelabError, MissingFile, OutputError, ReadError

BLUE, RED, TAN = (Question("track", key) for key in ("blue", "red", "tan"))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "collection.db"


@pytest.fixture
def filled(path: Path) -> Path:
    """Two rows wanted, one answered."""
    with Collection(path, "spotify", writing=True) as collection:
        collection.want([Wanted(BLUE, "1", "Blue", "Ann"), Wanted(RED, "2", "Red", "Bob")])
        collection.keep([Answer(BLUE, {"tempo": 90})])
    return path


# Questions and answers -------------------------------------------------------------------------------------


def test_what_is_kept_is_there_when_it_is_opened_again(filled: Path) -> None:
    with Collection(filled) as collection:
        assert collection.service == "spotify"
        assert collection.counts() == (Count("track", 1, 0, 0, 1),)
        assert collection.count_wanted() == Count("wanted", 1, 0, 0, 1)
        assert collection.bodies("track", ["red", "blue", "none"]) == {"blue": '{"tempo":90}'}
        assert list(collection.each_answer("track", 10)) == [[("blue", '{"tempo":90}')]]
        assert list(collection.each_wanted(10)) == [
            [
                (Wanted(BLUE, "1", "Blue", "Ann"), "answered", ""),
                (Wanted(RED, "2", "Red", "Bob"), "open", ""),
            ]
        ]
        assert collection.waiting("track", 10) == ["red"]


def test_rows_are_wanted_once_and_the_same_question_may_serve_several(filled: Path) -> None:
    rows = [Wanted(RED, "2", "Red", "Bob"), Wanted(RED, "3", "Red", "Bob"), Wanted(TAN)]
    with Collection(filled, "spotify", writing=True) as collection:
        assert collection.want(rows) == 2
        assert collection.want(rows) == 0
        assert collection.counts()[0].asked == 3
        assert collection.count_wanted().asked == 4


def test_rows_that_cannot_be_asked_are_kept_once_each(path: Path) -> None:
    rows = [Unasked(2, "no artist", "7", "Blue"), Unasked(5, "no artist"), Unasked(6, "no artist")]
    for _ in range(2):
        with Collection(path, "lastfm", writing=True) as collection:
            collection.want([Wanted(BLUE)], [*rows, Unasked(8, "no id", title="\ud800")])
    with Collection(path) as collection:
        assert collection.count_unasked() == {"no artist": 3, "no id": 1}
        assert list(collection.each_unasked(3)) == [rows, [Unasked(8, "no id", title="?")]]
        assert (collection.count_wanted().asked, collection.counts()[0].asked) == (1, 1)


def test_words_for_kinds_and_notes_are_kept(filled: Path) -> None:
    with Collection(filled, "spotify", writing=True) as collection:
        assert (collection.meaning("track"), collection.notes()) == ("track", ())
        collection.call({"track": "tracks by id"})
        collection.remark(["no sounds", "no batches"])
        collection.remark(["no sounds"])
    with Collection(filled) as collection:
        assert (collection.meaning("track"), collection.notes()) == ("tracks by id", ("no sounds",))


def test_what_is_to_be_asked_also_is_no_row(path: Path) -> None:
    with Collection(path, "lastfm", writing=True) as collection:
        assert collection.want([Wanted(BLUE, also=(Question("artist", "ann"), RED))]) == 1
        assert collection.count_wanted().asked == 1
        assert [count.kind for count in collection.counts()] == ["track", "artist"]
        assert collection.waiting("track", 5) == ["blue", "red"]


def test_an_answer_stays_and_takes_the_place_of_nothing(path: Path) -> None:
    with Collection(path, "spotify", writing=True) as collection:
        collection.keep([Answer(BLUE, {"first": 1}), Answer(RED, None, "no such track")], [TAN])
        collection.keep([Answer(BLUE, {"second": 2}), Answer(BLUE, None, "gone"), Answer(RED, {"found": 1})])
        assert collection.bodies("track", ["blue", "red"]) == {"blue": '{"first":1}', "red": '{"found":1}'}
        assert collection.counts() == (Count("track", 2, 0, 0, 1),)


def test_what_the_service_does_not_have_is_told_with_its_reason(path: Path) -> None:
    with Collection(path, "spotify", writing=True) as collection:
        collection.want([Wanted(BLUE, title="Blue")])
        collection.keep([Answer(BLUE, None, "no such track")])
        assert collection.waiting("track", 5) == []
        assert list(collection.each_wanted(5)) == [[(Wanted(BLUE, title="Blue"), "absent", "no such track")]]


def test_failed_questions_wait_for_the_next_run_and_then_come_last(path: Path) -> None:
    with Collection(path, "spotify", writing=True) as collection:
        collection.ask([BLUE, RED, TAN])
        collection.keep([Answer(TAN, {})])
        collection.fail("track", ["blue", "tan", "unknown"], "no connection")
        assert collection.waiting("track", 5) == ["red"]
        assert collection.counts() == (Count("track", 1, 0, 1, 1),)
        collection.reopen()
        assert collection.waiting("track", 5) == ["red", "blue"]
        assert collection.waiting("track", 1) == ["red"]
        collection.keep([Answer(BLUE, {})])
        assert collection.counts() == (Count("track", 2, 0, 0, 1),)


def _breaks(*_: object) -> None:
    raise KeyboardInterrupt


def test_every_change_is_synced_to_the_disk(path: Path) -> None:
    with Collection(path, "spotify", writing=True) as collection:
        assert (collection._one("PRAGMA synchronous"), collection._one("PRAGMA journal_mode")) == (2, "wal")


def test_reasons_are_counted_and_those_that_failed_come_first(path: Path) -> None:
    with Collection(path, "spotify", writing=True) as collection:
        collection.keep([Answer(BLUE, None, "no such track"), Answer(Question("artist", "x"), None, "gone")])
        collection.keep([Answer(Question("track", "y"), None, "gone")])
        collection.ask([RED, TAN])
        collection.fail("track", ["red"], "no connection")
        assert collection.unanswered(2) == (
            Unanswered("failed", "no connection", 1),
            Unanswered("absent", "gone", 2),
        )


def test_a_change_is_whole_or_not_at_all(filled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def answers() -> Iterator[Answer]:
        yield Answer(RED, {"tempo": 1})
        raise KeyboardInterrupt

    with Collection(filled, "spotify", writing=True) as collection:
        with pytest.raises(KeyboardInterrupt):
            collection.keep(answers(), [TAN])
        with pytest.raises(ValueError, match="JSON"):
            collection.keep([Answer(RED, {"tempo": float("nan")})])
        with monkeypatch.context() as broken:
            broken.setattr(collection, "_add", _breaks)
            with pytest.raises(KeyboardInterrupt):
                collection.keep([Answer(RED, {"tempo": 1})], [TAN])
        assert collection.waiting("track", 5) == ["red"]
        collection.keep([Answer(RED, {"tempo": 2})])
    with Collection(filled) as collection:
        assert collection.bodies("track", ["red", "tan"]) == {"red": '{"tempo":2}'}


def test_a_file_holds_several_services(filled: Path) -> None:
    with Collection(filled, "lastfm", writing=True) as collection:
        collection.want([Wanted(BLUE, title="Blue")])
        collection.note("colour", "1")
        collection.note("colour", "2")
        assert collection.bodies("track", ["blue"]) == {}
        assert (collection.setting("colour"), collection.setting("shape")) == ("2", None)
    assert collections.services(filled) == ("lastfm", "spotify")
    with Collection(filled, "spotify") as collection:
        assert collection.setting("colour") is None
        assert collection.counts() == (Count("track", 1, 0, 0, 1),)
        assert sum(map(len, collection.each_wanted(5))) == 2
    with pytest.raises(
        ReadError, match="holds answers of lastfm and spotify: write one service's with 'genrelab"
    ):
        Collection(filled)
    with pytest.raises(ReadError, match="holds nothing of 'tidal', but of lastfm and spotify: name one"):
        Collection(filled, "tidal")


def test_many_questions_come_by_pages(path: Path) -> None:
    asked = [Question("track", f"t{i}") for i in range(1203)]
    with Collection(path, "spotify", writing=True) as collection:
        collection.want(Wanted(question) for question in asked)
        collection.keep(Answer(question, i) for i, question in enumerate(asked))
        keys = [question.key for question in asked]
        assert len(collection.bodies("track", [*keys, "none"])) == 1203
        pages = list(collection.each_answer("track", 500))
        assert [len(page) for page in pages] == [500, 500, 203]
        assert [key for page in pages for key, _ in page] == keys
        # Pages are transactions of their own, so what is read can lead to new questions at once.
        for page in collection.each_answer("track", 500):
            collection.ask(Question("artist", key) for key, _ in page)
        assert collection.counts()[1] == Count("artist", 0, 0, 0, 1203)
        assert [len(page) for page in collection.each_wanted(1000)] == [1000, 203]


@pytest.mark.parametrize("word", ["\ud800 half", "nul\0l", "", "'; DROP TABLE answer", "\u2028"])
def test_any_text_can_be_asked(path: Path, word: str) -> None:
    with Collection(path, "spotify", writing=True) as collection:
        collection.want([Wanted(Question("track", word), word, word, word)])
        (key,) = collection.waiting("track", 1)
        collection.keep([Answer(Question("track", key), {"said": word})])
        assert collection.waiting("track", 1) == []
        assert len(collection.bodies("track", [word])) == 1


@pytest.mark.parametrize("name", ["a?b#c%20.db", "a b.db", "new/folder/ü.db"])
def test_any_name_will_do(tmp_path: Path, name: str) -> None:
    with Collection(tmp_path / name, "spotify", writing=True) as collection:
        collection.ask([BLUE])
    assert collections.services(tmp_path / name) == ("spotify",)
    assert [file.name for file in (tmp_path / name).parent.iterdir()] == [Path(name).name]


# Several processes -----------------------------------------------------------------------------------------


def test_one_writes_while_others_read(filled: Path) -> None:
    with Collection(filled, "spotify", writing=True) as writer, Collection(filled) as reader:
        with pytest.raises(OutputError, match="another genrelab is collecting into it: wait for it, or stop"):
            Collection(filled, "spotify", writing=True)
        with pytest.raises(OutputError, match="another genrelab"):
            Collection(filled, "lastfm", writing=True)
        writer.keep([Answer(RED, {})])
        assert reader.counts() == (Count("track", 2, 0, 0, 0),)
    with Collection(filled, "spotify", writing=True) as again:
        again.keep([Answer(TAN, {})])


HOLDING = """
import sys, time
from genrelab.collection import Answer, Collection, Question
held = Collection(sys.argv[1], "spotify", writing=True)
held.keep([Answer(Question("track", "red"), {})])
print("held", flush=True)
time.sleep(60)
"""


def test_the_lock_goes_with_a_process_that_is_killed(filled: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLDING, filled], stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        with pytest.raises(OutputError, match="another genrelab is collecting"):
            Collection(filled, "spotify", writing=True)
        other.kill()
    with Collection(filled) as reader:
        assert reader.counts() == (Count("track", 2, 0, 0, 0),)
    with Collection(filled, "spotify", writing=True) as writer:
        assert writer.counts() == (Count("track", 2, 0, 0, 0),)
    assert [file.name for file in filled.parent.iterdir()] == [filled.name]


def test_a_reader_changes_nothing(filled: Path) -> None:
    with Collection(filled) as reader, pytest.raises(GenrelabError, match="readonly"):
        reader.keep([Answer(RED, {})])


def _make(path: Path, killed_after: float | None) -> float:
    """Make a collection in a process of its own, which may be killed on the way; return what it took."""
    begins, begun = os.pipe()
    child = os.fork()
    if child == 0:
        with suppress(BaseException):
            os.write(begun, b"!")
            with Collection(path, "spotify", writing=True) as collection:
                collection.ask([BLUE])
        os._exit(0)
    os.read(begins, 1)
    start = time.perf_counter()
    if killed_after is not None:
        time.sleep(killed_after)
        os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    os.close(begins)
    os.close(begun)
    return time.perf_counter() - start


def test_making_it_may_be_cut_off_at_any_moment(tmp_path: Path) -> None:
    path = tmp_path / "collection.db"
    took = _make(path, None)
    cut = 0
    for step in range(40):
        for file in tmp_path.iterdir():
            file.unlink()
        _make(path, took * step / 40)
        cut += not collections.recognised(path)
        with Collection(path, "spotify", writing=True) as collection:
            collection.ask([RED])
            assert "red" in collection.waiting("track", 5)
        assert collections.recognised(path)
    assert cut, "it was never killed in time"


# Files that are none ---------------------------------------------------------------------------------------


def _text(path: Path) -> None:
    path.write_text("track_id,title\n1,Blue\n")


def _noise(path: Path) -> None:
    path.write_bytes(random.Random(1).randbytes(9000))


def _other_database(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE question (id)")
    connection.close()


def _newer(path: Path) -> None:
    _marked(path, FORMAT + 1)


def _marked(path: Path, version: int) -> None:
    Collection(path, "spotify", writing=True).close()
    with sqlite3.connect(path) as connection:
        connection.execute(f"PRAGMA user_version = {version}")
    connection.close()


def _truncated(path: Path) -> None:
    _large(path)
    os.truncate(path, path.stat().st_size // 2)


def _large(path: Path) -> None:
    with Collection(path, "spotify", writing=True) as collection:
        collection.keep(Answer(Question("track", f"t{i}"), "x" * 100) for i in range(1000))


WRONG = {
    _text: "is no collection of genrelab",
    _noise: "is no collection of genrelab",
    _other_database: "is no collection of genrelab",
    _newer: f"is of format {FORMAT + 1}, which is newer: update genrelab",
    _truncated: "is damaged",
}


@pytest.mark.parametrize("writing", [False, True])
@pytest.mark.parametrize("make", WRONG)
def test_a_file_that_is_none_is_told_and_not_touched(path: Path, make: object, writing: bool) -> None:
    make(path)  # type: ignore[operator]
    before, stamp = path.read_bytes(), path.stat().st_mtime_ns
    with pytest.raises(ReadError) as told:
        Collection(path, "spotify", writing=writing).counts()
    assert WRONG[make] in str(told.value)  # type: ignore[index]
    assert str(told.value).startswith(f"{path}: ")
    assert "\n" not in str(told.value)
    assert (path.read_bytes(), path.stat().st_mtime_ns) == (before, stamp)
    assert [file.name for file in path.parent.iterdir()] == [path.name]
    assert collections.recognised(path) is (make in (_newer, _truncated))


def test_a_file_that_another_program_holds_is_not_waited_for(filled: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.db"
    _other_database(other)
    for file, ours in ((filled, True), (other, False)):
        holder = sqlite3.connect(file, isolation_level=None)
        holder.execute("BEGIN EXCLUSIVE")
        begun = time.perf_counter()
        assert collections.recognised(file) is ours
        assert time.perf_counter() - begun < 2
        holder.close()


def test_damage_in_the_middle_is_told_when_it_is_met(path: Path) -> None:
    _large(path)
    with path.open("r+b") as file:
        file.seek(5 * 4096)
        file.write(b"\xff" * (path.stat().st_size - 5 * 4096))
    with pytest.raises(ReadError, match="is damaged"), Collection(path, "spotify") as collection:
        list(collection.each_answer("track", 100))


def _read_and_write(path: Path) -> None:
    with Collection(path, "spotify", writing=True) as collection:
        list(collection.each_wanted(9))
        collection.ask([TAN])


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE wanted SET artist = CAST(x'0aff00fe' AS TEXT)",
        "UPDATE question SET reason = CAST(x'ff00fe' AS TEXT)",
        "CREATE TRIGGER t AFTER INSERT ON question BEGIN SELECT RAISE(ABORT, 'odd\n'); END",
    ],
)
def test_damage_that_sqlite_overlooks_is_told(filled: Path, statement: str) -> None:
    with sqlite3.connect(filled) as connection:
        connection.execute(statement)
    connection.close()
    with pytest.raises(ReadError, match="is damaged") as told:
        _read_and_write(filled)
    assert "\n" not in str(told.value)


def test_damage_that_python_meets_is_told(filled: Path) -> None:
    with Collection(filled) as collection, pytest.raises(ReadError, match="is damaged"), collection._told():
        b"\xff".decode()


@pytest.mark.parametrize("code", [errno.ENOLCK, errno.EOPNOTSUPP, errno.EACCES])
def test_where_there_are_no_locks_it_is_told(path: Path, monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    def none(*_: object) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(fcntl, "flock", none)
    with pytest.raises(OutputError, match=r"locks are not possible here \(.+\): choose a local disk"):
        Collection(path, "spotify", writing=True)


def test_a_missing_file_a_folder_and_a_device(tmp_path: Path, path: Path) -> None:
    with pytest.raises(MissingFile, match="no such file"):
        Collection(path)
    with pytest.raises(ReadError, match="is a folder"):
        Collection(tmp_path)
    with pytest.raises(OutputError, match="is a folder"):
        Collection(tmp_path, "spotify", writing=True)
    with pytest.raises(OutputError, match="is a folder or a device"):
        Collection("/dev/null", "spotify", writing=True)
    path.write_text("")
    with pytest.raises(ReadError, match="is no collection"):
        Collection(path)
    with pytest.raises(OutputError, match="cannot be written"):
        Collection(path / "below.db", "spotify", writing=True)
    assert [collections.recognised(p) for p in (tmp_path, path, "postgresql://x/y", "\0", "x" * 5000)] == [
        False
    ] * 5


def test_an_empty_file_becomes_one_and_an_empty_one_says_so(path: Path) -> None:
    path.write_text("")
    Collection(path, "spotify", writing=True).close()
    assert collections.recognised(path)
    with pytest.raises(ReadError, match="holds nothing yet"):
        Collection(path)
    assert collections.services(path) == ()


def test_a_full_disk_loses_nothing_that_was_kept(filled: Path) -> None:
    with Collection(filled, "spotify", writing=True) as collection:
        pages = collection._one("PRAGMA page_count")
        collection._connection.execute(f"PRAGMA max_page_count = {pages + 1}")
        with pytest.raises(OutputError, match=r"cannot be written .*full.*: make room"):
            collection.keep(Answer(Question("track", f"t{i}"), "x" * 1000) for i in range(100))
        assert collection.waiting("track", 5) == ["red"]
    with Collection(filled) as collection:
        assert collection.counts() == (Count("track", 1, 0, 0, 1),)


def test_it_rests_as_one_plain_file(filled: Path) -> None:
    assert filled.read_bytes()[18:20] == b"\1\1", "a file in WAL mode cannot be read on a read-only disk"
    with Collection(filled) as reader, Collection(filled, "spotify", writing=True) as writer:
        writer.keep([Answer(RED, {})])
        assert reader.counts() == (Count("track", 2, 0, 0, 0),)
        assert filled.read_bytes()[18:20] == b"\2\2"
    Collection(filled, "spotify", writing=True).close()
    assert [file.name for file in filled.parent.iterdir()] == [filled.name]
