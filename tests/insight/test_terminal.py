"""Tables on a terminal: they fit, and what they hold cannot command it."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from genrelab.insight import terminal
from genrelab.insight.tables import SYNTHETIC, Table

ROWS = (("pop", "0.512", "1,000"), ("a very long name of a genre that wraps", "0.498", "20"))
TABLE = Table("Genres", "How good each is.", ("genre", "F1", "tracks in the table"), ROWS)


def console(width: int = 40) -> Console:
    return Console(file=io.StringIO(), width=width, highlight=False, markup=False, emoji=False)


def shown(table: Table, width: int = 40) -> str:
    out = console(width)
    terminal.show(table, out)
    assert isinstance(out.file, io.StringIO)
    return out.file.getvalue()


@pytest.mark.parametrize("width", [32, 40, 80])
def test_a_table_keeps_to_the_width_and_its_figures_stay_whole(width: int) -> None:
    text = shown(TABLE, width)
    assert max(len(line.rstrip()) for line in text.splitlines()) <= width
    for row in ROWS:
        assert all(cell in text for cell in row[1:])


def test_title_and_sentence_come_first() -> None:
    lines = [line.strip() for line in shown(TABLE).splitlines() if line.strip()]
    assert lines[:2] == ["Genres", "How good each is."]


def test_a_table_without_rows_is_not_shown() -> None:
    assert shown(Table("Genres", "None.", ("genre",), ())) == ""


def test_nothing_commands_the_terminal() -> None:
    nasty = "\x1b[31mred\x07\r"
    text = shown(Table(nasty, nasty, (nasty, "n"), ((nasty, "1"),)), 80)
    assert not {"\x1b", "\x07", "\r"} & set(text)
    assert "\N{REPLACEMENT CHARACTER}" in text
    assert "[bold]x" in shown(Table("t", "t", ("genre", "n"), (("[bold]x", "1"),)))


def test_control_characters_are_replaced_but_lines_stay() -> None:
    assert terminal.clean("a\nb\tc\x00") == "a\nb\N{REPLACEMENT CHARACTER}c\N{REPLACEMENT CHARACTER}"


def test_synthetic_figures_say_so_on_every_line() -> None:
    out = console(80)
    with terminal.marked(out, synthetic=True):
        terminal.show(TABLE, out)
    assert isinstance(out.file, io.StringIO)
    lines = [line for line in out.file.getvalue().splitlines() if line.strip()]
    assert lines
    assert all(line.startswith(SYNTHETIC) for line in lines)
    assert max(map(len, lines)) <= 80
    assert out.width == 80


def test_real_figures_do_not() -> None:
    out = console()
    with terminal.marked(out, synthetic=False):
        out.print("accuracy 0.5")
    assert isinstance(out.file, io.StringIO)
    assert out.file.getvalue() == "accuracy 0.5\n"
