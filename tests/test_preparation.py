"""From a table to a dataset: audited as it was read, cleaned, its leaks left out, nothing lost."""

from __future__ import annotations

import polars as pl
import pytest

from genrelab import schema
from genrelab.audit import audit
from genrelab.errors import LabelError, SchemaError, SettingError, UnknownName
from genrelab.preparation import prepare, rare_genre
from genrelab.taxonomy import TAXONOMIES

ROW = pl.int_range(pl.len())


def songs(n: int = 120) -> pl.DataFrame:
    return schema.sample(n, seed=0).with_columns(
        tempo=pl.col("tempo") + 1e-6, time_signature=4, duration=200.0
    )


def test_what_was_read_is_kept_or_accounted_for() -> None:
    dirty = pl.concat([songs(), songs()[:10]]).with_columns(genre=pl.when(ROW != 50).then("genre"))
    prepared = prepare(dirty)
    assert prepared.raw.equals(dirty)
    assert len(prepared.dataset) + prepared.cleaned.dropped.height == dirty.height
    assert prepared.dataset.origin.dropped == {"repeated_row": 10, "missing_genre": 1}
    assert prepared.dataset.tracks.equals(prepared.cleaned.tracks)


def test_the_audit_sees_the_table_as_it_was_read() -> None:
    dirty = pl.concat([songs(), songs()[:60]])
    prepared = prepare(dirty, seed=5)
    expected = audit(dirty, seed=5)
    assert prepared.audit == expected
    origin = prepared.dataset.origin
    assert (origin.floors, origin.ceiling, origin.artist_coverage) == (
        expected.floors, expected.ceiling, expected.artist_coverage,
    )  # fmt: skip
    assert origin.left_out == expected.leaking


def test_leaks_are_left_out_with_the_reason() -> None:
    leaky = songs().with_columns(title=pl.when(pl.col("genre") != "pop").then("title"))
    prepared = prepare(leaky)
    assert "title" not in prepared.dataset.columns
    assert "title is empty in" in prepared.dataset.origin.left_out["title"]


def test_a_leak_that_is_asked_for_is_left_out_all_the_same() -> None:
    code = pl.col("genre").replace_strict(["jazz", "pop", "rock"], [0, 1, 2], return_dtype=pl.Int64)
    leaky = songs().with_columns(code=code)
    assert prepare(leaky, columns=["energy", "code"]).dataset.columns == ("energy",)
    with pytest.raises(SchemaError, match="none is left"):
        prepare(leaky, columns=["code"])


def test_rules_can_be_chosen() -> None:
    dirty = pl.concat([songs(), songs()[:10]])
    assert len(prepare(dirty, rules=["missing_genre"]).dataset) == 130
    with pytest.raises(UnknownName, match="no cleaning rule 'repeats'"):
        prepare(dirty, rules=["repeats"])


def test_rare_genres_are_counted_after_cleaning() -> None:
    """Five rows of fado, of which two are repeats: three tracks."""
    fado = songs()[:3].with_columns(genre=pl.lit("fado"))
    dirty = pl.concat([fado, fado[:2], songs()[3:]])
    assert "fado" in prepare(dirty, min_tracks=3).dataset.genres
    prepared = prepare(dirty, min_tracks=4)
    assert prepared.dataset.genres == ("jazz", "pop", "rock")
    assert prepared.cleaned.counts["rare_genre"] == 3


def test_rare_means_fewer_than() -> None:
    table = pl.DataFrame({"style": ["a", "a", "b", None]})
    assert rare_genre(2).drops(table, "style").to_list() == [False, False, True, True]
    assert not rare_genre(0).drops(table, "style").any()


def test_another_label_and_what_is_known_of_the_table() -> None:
    prepared = prepare(
        songs().rename({"genre": "style"}),
        "style",
        split="track",
        name="n",
        licence="l",
        notes=["one", "two"],
    )
    made = prepared.dataset
    assert (made.label, made.split, made.grouped_by) == ("style", "track", "track_id")
    assert (made.origin.name, made.origin.licence, made.origin.notes) == ("n", "l", ("one", "two"))


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"genre": pl.lit(None, pl.String)}, LabelError, "no row has a genre"),
        ({"genre": ROW}, LabelError, "holds Int64, not names"),
        ({"genre": pl.lit("pop")}, LabelError, "at least two genres"),
        ({"energy": pl.lit("loud")}, SchemaError, "'energy': holds String"),
        ({"title": ROW}, SchemaError, "'title': holds Int64"),
    ],
)
def test_tables_that_cannot_be_prepared(
    change: dict[str, pl.Expr], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        prepare(songs().with_columns(**change))


def test_columns_may_have_the_names_of_reports() -> None:
    own = {"row": ROW, "rule": pl.lit("golden"), "reason": pl.lit("none")}
    made = prepare(songs().with_columns(**own)).dataset
    assert len(made) == len(prepare(songs()).dataset)
    assert {"row", "rule", "reason"} <= set(made.tracks.columns)


def test_an_absent_label_is_told_before_anything_is_done() -> None:
    with pytest.raises(LabelError, match="label 'style': no such column"):
        prepare(songs(), "style")


def test_an_unknown_split() -> None:
    with pytest.raises(SettingError, match="split: 'song'"):
        prepare(songs(), split="song")  # type: ignore[arg-type]  # what a user may type


def test_every_row_dropped() -> None:
    with pytest.raises(LabelError, match=r"no track is left .*: 120 by not_a_song: .*--skip-rules"):
        prepare(songs().with_columns(tempo=pl.lit(0.0)))


def test_a_taxonomy_makes_genres_of_tags_and_stands_in_the_origin() -> None:
    tags = [["indie pop"], ["hard rock"], ["seen live"]] * 40
    tracks = schema.sample(120, seed=0).drop("genre").with_columns(tags=pl.Series(tags))
    prepared = prepare(tracks, "tags", taxonomy="capstone12", rules=())
    origin = prepared.dataset.origin
    assert prepared.dataset.genres == ("pop", "rock")
    assert origin.taxonomy == "capstone12"
    assert origin.taxonomy_hash == TAXONOMIES["capstone12"].sha256
    assert origin.dropped == {"no_genre_in_taxonomy": 40}


def test_where_cleaning_leaves_nothing_the_worst_rule_and_its_mend_are_told() -> None:
    bare = songs().with_columns(pl.lit(None, pl.Float64).alias(name) for name in schema.DESCRIPTORS)
    with pytest.raises(LabelError) as raised:
        prepare(pl.concat([bare, bare[:5]]))
    assert str(raised.value) == (
        "no track is left after cleaning: 120 of 125 by missing_descriptors: join a table that has"
        " descriptors (--join), or skip the rule (--skip-rules missing_descriptors)"
    )
    with pytest.raises(LabelError, match=r"120 by rare_genre: lower --min-tracks$"):
        prepare(songs(), min_tracks=999)


def test_tags_are_lists_and_a_taxonomy_may_know_none() -> None:
    with pytest.raises(LabelError, match=r"with 'genrelab bin', or with --taxonomy broad, or learn"):
        prepare(songs(), "tags")
    odd = songs().with_columns(tags=pl.lit("seen live"))
    with pytest.raises(LabelError, match="'tags': no track has a genre by the taxonomy 'broad'"):
        prepare(odd, "tags", taxonomy="broad")


@pytest.mark.parametrize(("label", "column"), [("tags", "tags"), ("genre", "original_genre")])
def test_the_column_that_genres_were_made_of_is_left_out_without_alarm(label: str, column: str) -> None:
    tags = pl.Series([["indie pop"], ["hard rock"], ["bebop"]] * 40)
    tracks = schema.sample(120, seed=0).drop("genre", "tags").with_columns(tags.alias(label))
    prepared = prepare(tracks, label, taxonomy="broad", rules=())
    assert not [one for one in prepared.audit.findings if column in one.columns]
    assert prepared.dataset.origin.left_out[column] == "the genre was made of it"
    told = tracks.with_columns(station=tags.list.first() + " fm")
    (leak,) = prepare(told, label, taxonomy="broad", rules=()).audit.find("gives_label_away")
    assert leak.columns == ("station",)


def test_the_terms_of_a_service_are_noted() -> None:
    table = songs()
    assert prepare(table).dataset.origin.notes == ()
    drawn = table.with_columns(collected_from=pl.lit("spotify"))
    (note,) = prepare(drawn).dataset.origin.notes
    assert "Spotify, whose terms forbid training" in note
