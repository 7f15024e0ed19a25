"""Terms: told by what stands in a table, and by nothing else."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from genrelab import schema
from genrelab.services import SERVICES
from genrelab.sources import msd, table
from genrelab.sources._terms import LASTFM, OF_SERVICES, SPOTIFY, terms

ID = "3n3Ppam7vgaVa1iaRUc9Lp"


def test_services_say_the_same() -> None:
    assert {name: SERVICES[name].terms for name in OF_SERVICES} == OF_SERVICES
    assert all(sentence.endswith(".") and "\n" not in sentence for sentence in OF_SERVICES.values())


def test_collected_tables_are_told_by_their_column() -> None:
    joined = pl.DataFrame({"collected_from": [*["lastfm"] * 5000, *[None, "spotify"] * 500]})
    assert terms(joined) == (LASTFM, SPOTIFY)
    assert terms(pl.DataFrame({"collected_from": ["acousticbrainz", "mine"]})) == ()
    assert terms(pl.DataFrame({"collected_from": [1, 2]})) == ()


@pytest.mark.parametrize(
    "value",
    [
        f"spotify:track:{ID}",
        f"spotify:artist:{ID}",
        f"spotify:album:{ID}",
        f"spotify:playlist:{ID}",
        "audio_features",
        "http://open.spotify.com/t",
        "open.spotify.com/t",
        "https://p.scdn.co/mp3-preview/1",
        "https://api.spotify.com/v1/tracks/1",
        "https://open.spotify.com/t",
    ],
)
def test_spotifys_addresses_are_told(value: str) -> None:
    assert terms(pl.DataFrame({"place": [None, value]})) == (SPOTIFY,)
    assert terms(pl.DataFrame({"comment": [f"see {value}"]})) == ()


def test_spotifys_addresses_are_told_in_columns_of_any_kind() -> None:
    places = pl.Series("place", [None, f"spotify:track:{ID}"])
    for kind in (pl.Categorical, pl.Enum([f"spotify:track:{ID}"])):
        assert terms(places.cast(kind).to_frame()) == (SPOTIFY,)
        assert terms(pl.DataFrame({"place": [[], [places[1]]]}, schema={"place": pl.List(kind)})) == (
            SPOTIFY,
        )
    for nested in (pl.Series([["mine", places[1]]]), pl.Series([[[places[1]]]])):
        assert terms(nested.to_frame()) == (SPOTIFY,)
    arrays = pl.Series([[places[1], "mine"]], dtype=pl.Array(pl.String, 2))
    assert terms(arrays.to_frame()) == (SPOTIFY,)
    assert terms(pl.DataFrame({"collected_from": pl.Series(["lastfm"], dtype=pl.Categorical)})) == (LASTFM,)


def test_one_address_among_many_rows_is_told() -> None:
    places = ["mine"] * 5_000
    places[3_333] = f"spotify:track:{ID}"
    assert terms(pl.DataFrame({"place": places})) == (SPOTIFY,)


def test_titles_that_begin_like_spotifys_words_are_none() -> None:
    assert terms(pl.DataFrame({"title": ["audio_features (live)", "spotify: the song", "p.scdn.com/"]})) == ()


def test_bare_ids_are_told_beside_the_descriptors_only() -> None:
    sounds = schema.sample(20, seed=0)
    ids = sounds.with_columns(pl.lit(ID).alias("track_id"))
    assert (terms(sounds), terms(ids), terms(ids.drop("valence"))) == ((), (SPOTIFY,), ())
    assert (
        terms(
            ids.with_columns(
                pl.when(pl.col("tempo") > 150).then(pl.lit("7")).otherwise("track_id").alias("track_id")
            )
        )
        == ()
    )


def test_ids_of_playlists_tell_where_those_of_tracks_were_cut() -> None:
    sounds = schema.sample(20, seed=0).drop("track_id")
    named = sounds.with_columns(playlist_name=pl.lit("Pop Remix"), playlist_subgenre=pl.lit("dance pop"))
    assert terms(named) == ()  # these could be anybody's
    assert terms(named.with_columns(playlist_id=pl.lit(ID))) == (SPOTIFY,)


def test_tables_without_rows_or_text() -> None:
    assert (
        terms(pl.DataFrame())
        == terms(pl.DataFrame({"tempo": [1.0]}))
        == terms(schema.sample(0, seed=0))
        == ()
    )


@pytest.mark.data("capstone12", "genres_v2", "spotify_30k", "msd10k", "fma_rock_hiphop", "gtzan")
def test_real_tables(data: Path) -> None:
    for name in ("capstone12", "genres_v2/genres_v2.csv", "spotify_30k/spotify_songs.csv"):
        assert terms(table.read(data / name).tracks) == (SPOTIFY,), name
    for name in ("fma_rock_hiphop/fma-rock-vs-hiphop.csv", "gtzan/features_30_sec.csv"):
        assert terms(table.read(data / name).tracks) == (), name
    assert terms(msd.read(data / "msd10k/corgis_music.csv").tracks) == ()
