"""Spotify: asked as it allows, its answers taken by what they say of themselves, whatever goes wrong."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from tests.services import catalogue
from tests.services.catalogue import Catalogue, artist_id, artist_name, number_of, track_id
from tests.services.misbehaving import Asked, Moody, Play, Reply, Server, Tokens, busy, truncated

from genrelab import schema
from genrelab.collecting import Collected, collect
from genrelab.collection import Answer, Collection, Question, Unasked
from genrelab.errors import FetchError, SchemaError, SettingError
from genrelab.schema import DESCRIPTORS
from genrelab.services import SERVICES, Kind
from genrelab.services import spotify as asked_spotify
from genrelab.sources import collected, table
from genrelab.sources._terms import SPOTIFY

SERVICE = SERVICES["spotify"]
QUICK = replace(SERVICE, pace=1e6)
WHO = {"SPOTIFY_CLIENT_ID": "the-client-id", "SPOTIFY_CLIENT_SECRET": "the-client-secret"}

TRACKS = pl.DataFrame({
    "track_id": ["mine", track_id(3), f"spotify:track:{track_id(5)}", None, track_id(999), "gone"],
    "title": ["song 11", "another title", None, "Song 12", None, "Song 1"],
    "artist": ["ARTIST  1", None, None, "Artist 7", None, "Nobody"],
})  # fmt: skip
ARTISTS = pl.DataFrame({
    "artist": ["Artist 2", "artist 8", None, "Artist", "Artist 3 feat. Artist 4"],
    "artist_uri": [None, None, f"https://open.spotify.com/artist/{artist_id(1)}?si=x", None, None],
})  # fmt: skip


def gather(
    play: Play,
    path: Path,
    tracks: pl.DataFrame = TRACKS,
    what: Any = "tracks",
    uses: int = 1000,
    **settings: Any,
) -> tuple[Collected, Server]:
    """Collect from a made-up Spotify."""
    with Server(Tokens(play, uses=uses, path="/api/token")) as server:
        made = {"address": server.address, "environment": WHO, "longest_wait": 5.0, **settings}
        return collect(QUICK, tracks, what, path, **made), server


def check_values(tracks: pl.DataFrame) -> None:
    """Every value of a row is that of its own id."""
    for row in tracks.iter_rows(named=True):
        number = number_of(row["spotify_id"])
        told = Catalogue().describe(number)
        by = [one["name"] for one in told["artists"]]
        numbers = [number_of(one["id"]) for one in told["artists"]]
        tags = list(dict.fromkeys(genre for one in numbers for genre in catalogue.genres(one)))
        assert (row["title"], row["artist"], row["album"]) == (told["name"], "; ".join(by), f"Album {number}")
        assert (row["tags"], row["duration"], row["release_year"]) == (tags, number + 1, 1950 + number % 60)
        sound = {} if number % 7 == 6 else catalogue.features(number)
        assert [row[name] for name in DESCRIPTORS] == [sound.get(name) for name in DESCRIPTORS]


# From end to end -------------------------------------------------------------------------------------------


def test_tracks_by_id_and_by_name(tmp_path: Path) -> None:
    done, server = gather(Catalogue(), tmp_path / "c.db")
    reading = collected.read(tmp_path / "c.db")
    assert reading.tracks.select("track_id", "spotify_id").rows() == [
        ("mine", track_id(11)), (track_id(3), track_id(3)), (f"spotify:track:{track_id(5)}", track_id(5)),
    ]  # fmt: skip
    check_values(reading.tracks)
    assert (done.wanted.answered, done.wanted.absent, done.notes) == (3, 3, ())
    assert (
        server.count("/v1/tracks") == server.count("/v1/audio-features") == server.count("/v1/artists") == 1
    )
    assert reading.rejected.rows() == [
        ("c.db", 4, "absent: Artist 7, Song 12: no track of this title and artist"),
        ("c.db", 5, f"absent: {track_id(999)}: Spotify has nothing under this id"),
        ("c.db", 6, "absent: gone, Nobody, Song 1: no track of this title and artist"),
    ]
    assert reading.notes[0] == SPOTIFY == SERVICE.terms
    assert reading.tracks["collected_from"].unique().to_list() == ["spotify"]
    assert schema.validate(reading.tracks).rejected.is_empty()


def test_hits_that_are_only_near_are_not_taken(tmp_path: Path) -> None:
    """The search finds parts of names, too."""
    near = pl.DataFrame({"title": ["Song", "Song 12"], "artist": ["Artist 1", "Artist"]})
    done, _ = gather(Catalogue(), tmp_path / "c.db", near)
    assert (done.wanted.answered, done.wanted.absent) == (0, 2)


@pytest.mark.parametrize("louder", ["name", "artists"])
def test_an_exact_hit_comes_before_one_that_differs_in_case(tmp_path: Path, louder: str) -> None:
    def play(asked: Asked) -> Any:
        answer = Catalogue()(asked)
        if asked.path == "/v1/search":
            loud = json.loads(json.dumps(Catalogue().describe(22)[louder]).replace("Artist", "ARTIST"))
            twin = {**Catalogue().describe(12), "id": track_id(22), louder: loud}
            answer["tracks"]["items"].insert(0, twin if louder == "artists" else {**twin, "name": "SONG 12"})
        return answer

    gather(play, tmp_path / "c.db", pl.DataFrame({"title": ["Song 12"], "artist": ["Artist 2"]}))
    assert collected.read(tmp_path / "c.db").tracks["spotify_id"].to_list() == [track_id(12)]


def test_artists_by_name_and_by_id(tmp_path: Path) -> None:
    done, _ = gather(Catalogue(tracks=300), tmp_path / "c.db", ARTISTS, "artists", tracks_per_artist=25)
    tracks = collected.read(tmp_path / "c.db").tracks
    check_values(tracks)
    assert tracks["spotify_id"].is_unique().all()
    asked = {
        one: tracks.filter(pl.col("artist").str.split("; ").list.contains(f"Artist {one}"))
        for one in (1, 2, 3, 4)
    }
    assert {one: found.height >= 25 for one, found in asked.items()} == dict.fromkeys((1, 2, 3, 4), True)
    assert done.wanted.absent == 1
    with Collection(tmp_path / "c.db") as opened:
        absent = [
            (w.artist, why) for page in opened.each_wanted(9) for w, state, why in page if state == "absent"
        ]
        pages = [json.loads(body) for page in opened.each_answer("artist_tracks", 99) for _, body in page]
    assert absent == [("Artist", "no artist of this name; the nearest is 'Artist 8'")]
    assert all(len(page["tracks"]) <= 10 for page in pages)


def test_of_two_artists_of_one_name_only_one_is_taken(tmp_path: Path) -> None:
    gather(Catalogue(), tmp_path / "c.db", pl.DataFrame({"artist": ["Artist 8"]}), "artists")
    tracks = collected.read(tmp_path / "c.db").tracks
    assert tracks["spotify_id"].to_list() == [
        track_id(n) for n in (8, 18, 28, 38)
    ]  # 9, 19 ... are the namesake's
    check_values(tracks)


def test_namesakes_before_an_artist_do_not_hide_it(tmp_path: Path) -> None:
    wanted = pl.DataFrame({"artist_id": [artist_id(40)]})
    _, server = gather(Catalogue(600, 60), tmp_path / "c.db", wanted, "artists")
    tracks = collected.read(tmp_path / "c.db").tracks
    assert tracks["spotify_id"][0] == track_id(40)
    assert all(artist_id(40) in str(Catalogue(600, 60).track(one)) for one in tracks["spotify_id"])
    assert server.count("/v1/search") == 5  # of 520 hits of this name, 50 are looked through


def test_more_tracks_of_each_artist_later(tmp_path: Path) -> None:
    wanted = pl.DataFrame({"artist": ["Artist 3"]})
    gather(Catalogue(400), tmp_path / "c.db", wanted, "artists", tracks_per_artist=4)
    assert collected.read(tmp_path / "c.db").tracks.height == 4
    _, server = gather(Catalogue(400), tmp_path / "c.db", wanted, "artists", tracks_per_artist=33)
    gather(Catalogue(400), tmp_path / "once.db", wanted, "artists", tracks_per_artist=33)
    assert_frame_equal(collected.read(tmp_path / "c.db").tracks, collected.read(tmp_path / "once.db").tracks)
    assert collected.read(tmp_path / "c.db").tracks.height == 33
    starts = [int(asked.parameters["offset"]) for asked in server.asked if asked.path == "/v1/search"]
    assert starts == [4, 14, 24]


@pytest.mark.parametrize("what", ["artists", "tracks"])
def test_moods_change_nothing(tmp_path: Path, what: str) -> None:
    rows = ARTISTS if what == "artists" else TRACKS
    calm, _ = gather(Catalogue(), tmp_path / "calm.db", rows, what, uses=2)
    moody, _ = gather(
        Moody(Catalogue(), seed=3, share=0.15), tmp_path / "moody.db", rows, what, uses=7, tries=9
    )
    assert moody.counts == calm.counts
    assert_frame_equal(
        collected.read(tmp_path / "moody.db").tracks, collected.read(tmp_path / "calm.db").tracks
    )


def test_an_application_in_development_mode(tmp_path: Path) -> None:
    """No batches, no audio features, no popularity and no genres."""
    play = Catalogue(batches=False, sound=False, full=False)
    done, server = gather(play, tmp_path / "c.db")
    tracks = collected.read(tmp_path / "c.db").tracks
    assert tracks["title"].to_list() == ["Song 11", "Song 3", "Song 5"]
    assert tracks["artist"].to_list() == ["Artist 1", "Artist 3", "Artist 5; Artist 6"]
    assert tracks.select("tags", "popularity", *DESCRIPTORS).null_count().row(0) == (3,) * (
        2 + len(DESCRIPTORS)
    )
    refusal = [note for note in done.notes if note.startswith("audio features")]
    assert len(refusal) == 1
    assert "2024-11-27: describe your own audio files, take a published table" in refusal[0]
    assert "or ask AcousticBrainz" in refusal[0]
    assert server.count(f"/v1/audio-features/{asked_spotify.PROBE}") == 1
    assert {count.kind: count.open for count in done.counts}["features"] == 3
    assert {count.kind: count.failed for count in done.counts} == dict.fromkeys(
        ("track_search", "track", "artist", "features"), 0
    )


def test_single_features_where_batches_are_refused(tmp_path: Path) -> None:
    gather(Catalogue(batches=False), tmp_path / "c.db")
    check_values(collected.read(tmp_path / "c.db").tracks)


def test_a_track_in_the_place_of_another(tmp_path: Path) -> None:
    wanted = pl.DataFrame({"track_id": [track_id(1), track_id(2)]})
    gather(Catalogue(linked={track_id(1): track_id(2)}), tmp_path / "c.db", wanted)
    tracks = collected.read(tmp_path / "c.db").tracks
    assert tracks.select("track_id", "spotify_id").rows() == [
        (track_id(1), track_id(2)),
        (track_id(2), track_id(2)),
    ]
    check_values(tracks)


def test_answers_in_disorder_are_told_by_their_ids(tmp_path: Path) -> None:
    catalogued = Catalogue()

    def play(asked: Asked) -> Any:
        answer = catalogued(asked)
        entries = (
            next(iter(answer.values())) if isinstance(answer, dict) and "ids" in asked.parameters else []
        )
        entries.reverse()
        return answer

    gather(play, tmp_path / "c.db")
    check_values(collected.read(tmp_path / "c.db").tracks)


def test_entries_of_other_ids_are_nobodys(tmp_path: Path) -> None:
    def play(asked: Asked) -> Any:
        if asked.path == "/v1/tracks":
            ids = asked.parameters["ids"].split(",")
            return {"tracks": [Catalogue().describe(number_of(one) + 20) for one in ids]}
        return Reply({"error": {"status": 404, "message": "Not found."}}, 404)

    wanted = pl.DataFrame({"track_id": [track_id(1), track_id(2)]})
    done, _ = gather(play, tmp_path / "c.db", wanted)
    assert (done.wanted.answered, done.wanted.failed) == (0, 2)
    with Collection(tmp_path / "c.db") as opened:
        assert {why for page in opened.each_wanted(9) for _, _, why in page} == {
            "the answer says nothing of it"
        }


# Credentials -----------------------------------------------------------------------------------------------


def test_the_token_is_renewed_and_kept_nowhere(tmp_path: Path) -> None:
    play = Tokens(Catalogue(), uses=2, path="/api/token")
    with Server(play) as server:
        collect(QUICK, TRACKS, "tracks", tmp_path / "c.db", address=f"{server.address}/", environment=WHO)
    assert play.given > 2
    said = [asked for asked in server.asked if asked.path == "/api/token"]
    assert said[0].headers["authorization"].startswith("Basic ")
    assert (said[0].method, said[0].body) == ("POST", b"grant_type=client_credentials")
    held = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert not any(secret in held for secret in (b"token-", b"the-client-secret"))


def test_a_token_service_that_is_busy_is_asked_again(tmp_path: Path) -> None:
    answers = [
        busy(after=0),
        Reply({"error": "server_error"}, 500),
        truncated({"access_token": "t"}),
        {"token_type": "B"},
    ]

    def play(asked: Asked) -> Any:
        return answers.pop(0) if answers and asked.path == "/api/token" else served(asked)

    served = Tokens(Catalogue(), path="/api/token")
    with Server(play) as server:
        made: dict[str, Any] = {"address": server.address, "environment": WHO, "longest_wait": 0.05}
        done = collect(QUICK, TRACKS, "tracks", tmp_path / "c.db", **made)
    assert done.wanted.answered == 3


@pytest.mark.parametrize("spoilt", [False, True])
def test_a_refused_client_is_one_clear_line(tmp_path: Path, spoilt: bool) -> None:
    play = Tokens(Catalogue(), refuse=True, path="/api/token")
    who = {**WHO, "SPOTIFY_CLIENT_SECRET": "kéy\x7f"} if spoilt else WHO
    with Server(play) as server, pytest.raises(FetchError) as raised:
        collect(QUICK, TRACKS, "tracks", tmp_path / "c.db", address=server.address, environment=who)
    if not spoilt:
        assert str(raised.value) == (
            "spotify refuses the credentials (invalid_client): check SPOTIFY_CLIENT_ID and"
            " SPOTIFY_CLIENT_SECRET: what was answered so far is kept"
        )
    assert "\n" not in str(raised.value)
    assert not any(secret in str(raised.value) for secret in who.values())


def test_credentials_of_spotipy_will_do() -> None:
    names = {name.replace("SPOTIFY", "SPOTIPY"): value for name, value in WHO.items()}
    assert SERVICE.authorise(names, SERVICE.address) is not None
    missing: list[tuple[Mapping[str, str], str]] = [
        ({}, "SPOTIFY_CLIENT_ID"),
        ({"SPOTIFY_CLIENT_ID": "x"}, "SPOTIFY_CLIENT_SECRET"),
    ]
    for held, name in missing:
        with pytest.raises(SettingError, match=f"{name}: not set in the environment: get one at https"):
            SERVICE.authorise(held, SERVICE.address)


def test_where_tokens_come_from() -> None:
    assert vars(SERVICE.authorise(WHO, "https://api.spotify.com/"))["_address"] == asked_spotify.TOKENS
    assert (
        vars(SERVICE.authorise(WHO, "http://localhost:1/x/"))["_address"] == "http://localhost:1/x/api/token"
    )


# Rows of the user's file -----------------------------------------------------------------------------------


def keys(headers: Mapping[str, list[Any]], what: Any) -> list[tuple[str, str]]:
    rows = SERVICE.wanted(table.adopt(pl.DataFrame(headers)).tracks, what)
    return [(row.question.kind, row.question.key) for row in rows.wanted]


def test_artists_are_found_under_many_headers() -> None:
    found = [("artist_lookup", artist_id(1))]
    for header in ("artist_id", "Artist URI", "spotify_artist_id", "artist_url"):
        for value in (
            artist_id(1),
            f"spotify:artist:{artist_id(1)}",
            f"https://open.spotify.com/artist/{artist_id(1)}",
        ):
            assert keys({header: [value]}, "artists") == found
    assert keys({"id": [artist_id(1)], "name": ["Air"]}, "artists") == found
    assert keys({"name": ["Air", " ", "Air"]}, "artists") == [("artist_search", "Air")] * 2
    assert keys({"artist": ["Air"], "track_id": [track_id(1)]}, "artists") == [("artist_search", "Air")]
    assert keys({"artist": ["A; B"]}, "artists") == [("artist_search", "A"), ("artist_search", "B")]
    assert keys({"artist_id": ["12", None], "artist": ["Air", "Beck"]}, "artists")[0] == (
        "artist_search",
        "Air",
    )


def test_tracks_are_found_under_many_headers() -> None:
    for header in ("id", "track_id", "uri", "Track URI", "spotify_id"):
        for value in (
            track_id(1),
            f"spotify:track:{track_id(1)}",
            f"https://open.spotify.com/intl-de/track/{track_id(1)}",
        ):
            assert keys({header: [value]}, "tracks") == [("track", track_id(1))]
    assert keys({"track_id": ["7"], "url": [f"https://open.spotify.com/track/{track_id(1)}"]}, "tracks") == [
        ("track", track_id(1))
    ]
    assert keys({"title": ["One", None], "artist": ["U2", "U2"]}, "tracks") == [
        ("track_search", '["One","U2"]')
    ]
    rows = SERVICE.wanted(
        pl.DataFrame({"track_id": ["7", "8"], "title": [" One ", None], "artist": ["U2", "U2"]}), "tracks"
    )
    assert [(row.track_id, row.title, row.artist) for row in rows.wanted] == [("7", "One", "U2")]
    assert rows.unasked == [Unasked(2, "neither a Spotify id nor a title with its artist", "8", "", "U2")]


@pytest.mark.parametrize("what", ["artists", "tracks"])
def test_nothing_to_ask_by_is_one_line(what: Any) -> None:
    with pytest.raises(SchemaError, match=f"^{what}: no column of .*: add [^\n]*$"):
        SERVICE.wanted(pl.DataFrame({"tempo": [1.0], "title": [None], "track_id": ["7"]}), what)


@pytest.mark.data("capstone12")
def test_artists_and_tracks_of_a_real_pull(data: Path) -> None:
    tracks = table.read(data / "capstone12").tracks
    artists = SERVICE.wanted(tracks, "artists").wanted
    assert {row.question.kind for row in artists} == {"artist_lookup"}
    assert len({row.question.key for row in artists}) == tracks["artist_uri"].n_unique()
    assert {row.question.kind for row in SERVICE.wanted(tracks, "tracks").wanted} == {"track"}


# Recorded answers ------------------------------------------------------------------------------------------


KINDS = {kind.name: kind for kind in SERVICE.kinds(50)}


def answered(kind: Kind, asked: list[str], file: Path) -> list[Answer]:
    return list(kind.read(asked, json.loads(file.read_text(encoding="utf-8"))))


@pytest.mark.data("api_samples")
def test_recorded_answers(data: Path) -> None:
    java, zmb3 = data / "api_samples/spotify_java", data / "api_samples/spotify_zmb3"
    search = answered(KINDS["artist_search"], ["muse"], java / "SearchArtistsRequest.json")
    assert search[0].body == {"id": search[0].body["id"], "name": "Muse", "namesakes": 1}
    assert search[1].question == Question("artist", search[0].body["id"])
    upper = answered(KINDS["artist_search"], ["MUSE"], java / "SearchArtistsRequest.json")
    assert upper[0].body["name"] == "MUSE"
    nearest = answered(KINDS["artist_search"], ["Celtic Mouse"], java / "SearchArtistsRequest.json")
    assert nearest[0].reason == "no artist of this name; the nearest is 'Celtic Muse'"
    found, lost = "0eGsygTp906u18L0Oimnem", "1" * 22
    tracks = answered(KINDS["track"], [lost, found], zmb3 / "find_tracks_notfound.txt")
    assert [(one.question.key, one.body and one.body["name"]) for one in tracks] == [
        (found, "Mr. Brightside"),
        (lost, None),
    ]
    hit = answered(KINDS["track_search"], ['["psycho","muse"]'], java / "SearchTracksRequest.json")
    assert [one.question.kind for one in hit] == ["track_search", "track"]
    miss = answered(KINDS["track_search"], ['["Muse","Muse"]'], java / "SearchTracksRequest.json")
    assert miss[0].body is None
    assert "the nearest is" in miss[0].reason
    page = answered(
        KINDS["artist_tracks"], ["12Chz98pHFMPJEknJQMWvI 0 0 Muse"], java / "SearchTracksRequest.json"
    )
    assert (len(page[0].body["tracks"]), page[0].body["next"]) == (7, 10)
    sound = answered(
        KINDS["features"], ["24JygzOLM0EmRQeGtFcIcG"], java / "GetAudioFeaturesForSeveralTracksRequest.json"
    )
    assert [one.body["time_signature"] for one in sound] == [3]
    one = answered(KINDS["artist"], ["0OdUWJ0sBjDrqHygGUXeCF"], java / "GetArtistRequest.json")
    assert one[0].body["genres"] == ["indie folk", "indie pop"]


def test_what_is_kept_is_small_and_leads_on() -> None:
    body = next(iter(KINDS["track"].read([track_id(5)], Catalogue().describe(5)))).body
    assert len(json.dumps(body)) < 350
    assert KINDS["track"].follow is not None
    assert list(KINDS["track"].follow(track_id(5), body)) == [
        Question("artist", artist_id(5)), Question("artist", artist_id(6)), Question("features", track_id(5)),
    ]  # fmt: skip


def test_names_are_compared_without_case_and_kinds_of_quotes() -> None:
    hit = {**Catalogue().describe(1), "name": "Don’t  Stop"}
    answer = list(
        KINDS["track_search"].read(['["don\'t stop","artist 1"]'], {"tracks": {"items": [None, hit]}})
    )
    assert answer[0].body == {"id": track_id(1)}
    assert (
        KINDS["track_search"].request(['["Say \\"Hi\\"","A feat. B"]']).parameters["q"]
        == 'track:"Say  Hi " artist:"A"'
    )
    assert artist_name(9) == artist_name(8)
