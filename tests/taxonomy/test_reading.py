"""Taxonomy files: the folder, and a clear error for whatever is wrong."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from genrelab.errors import MissingFile, ReadError, UnknownName
from genrelab.taxonomy import TAXONOMIES, Taxonomy, load
from genrelab.taxonomy.reading import FOLDER

HEAD = 'name = "two"\nmeaning = "an example"\norigin = "nowhere"\n'
ROCK = '[[genres]]\nname = "rock"\npatterns = ["rock"]\n'


def written(folder: Path, text: str) -> Path:
    file = folder / "two.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_the_folder_is_read_and_counted() -> None:
    names = ["broad", "capstone12", "fma", "gtzan", "msd_terms", "playlist_six", "tagtraum"]
    assert list(TAXONOMIES) == names
    assert len(TAXONOMIES) == 7
    for name, taxonomy in TAXONOMIES.items():
        assert isinstance(taxonomy, Taxonomy)
        assert taxonomy.name == name
        assert load(name) == taxonomy
        written = tomllib.loads((FOLDER / f"{name}.toml").read_text("utf-8"))
        assert written["meaning"]
        assert written["origin"]


def test_the_fma_tree_is_whole() -> None:
    fma = TAXONOMIES["fma"]
    ids = [alias for genre in fma.genres for alias in genre.aliases if alias.isdigit()]
    assert (len(fma.names), len(ids), len(set(ids))) == (16, 163, 163)
    assert fma.match("45") == fma.match("Loud-Rock") == ("Rock",)


def test_playlist_six() -> None:
    six = TAXONOMIES["playlist_six"]
    assert set(six.names) == {"edm", "latin", "pop", "r&b", "rap", "rock"}
    spelt = {
        "Hip-Hop": "rap",
        "rnb": "r&b",
        "R & B": "r&b",
        "Reggaeton": "latin",
        "deep house": "edm",
        "pop": "pop",
    }
    assert {tag: six.match(tag)[0] for tag in spelt} == spelt


HASHES = {
    "capstone12": "1b2c7b02d1e2916f",
    "fma": "323f2d3823a1f32c",
    "msd_terms": "2b153332acd6669e",
    "playlist_six": "3f960ff7dfa831da",
    "tagtraum": "48d7b62219c85193",
}
"""Of the rules as they were when the first models were made of them."""


@pytest.mark.parametrize("name", sorted(HASHES))
def test_hashes_stay(name: str) -> None:
    assert TAXONOMIES[name].sha256[:16] == HASHES[name]


SPELT = {
    "Hip-Hop": "hip hop", "hiphop": "hip hop", "TripHop": "electronic", "Drum'n'Bass": "electronic",
    "R&B": "r&b/soul", "rnb": "r&b/soul", "Rhythm & Blues": "r&b/soul", "Rock 'n' Roll": "rock",
    "post-punk": "rock", "punk rock": "punk", "post-hardcore": "punk", "Nu-Metal": "metal",
    "happy hardcore": "electronic",
    "K-Pop": "pop", "Forró": "latin", "Musique Concrète": "classical", "singer/songwriter": "folk",
    "J.Pop": "pop", "#metal": "metal",
}  # fmt: skip
FUSIONS = {
    "pop rap": "hip hop", "rap rock": "rock", "rap metal": "metal", "jazz rap": "hip hop",
    "country rock": "rock", "folk punk": "punk", "ska punk": "punk", "latin jazz": "jazz",
    "electro swing": "electronic",
    "western swing": "country", "new jack swing": "r&b/soul", "soul blues": "blues", "christian rock": "rock",
    "reggae rock": "rock", "lovers rock": "reggae", "crack rock steady": "punk", "dub techno": "electronic",
    "rock steady": "reggae", "hip house": "electronic", "liquid funk": "electronic", "trap soul": "r&b/soul",
    "operatic pop": "pop", "symphonic metal": "metal", "chinese classical": "world", "jazz orchestra": "jazz",
    "gospel choir": "gospel/christian", "drone metal": "metal", "classic soundtrack": "soundtrack/stage",
}  # fmt: skip


@pytest.mark.parametrize(("tag", "genre"), sorted((SPELT | FUSIONS).items()))
def test_broad(tag: str, genre: str) -> None:
    assert TAXONOMIES["broad"].match(tag) == (genre,)


@pytest.mark.parametrize(
    "tag",
    ["Seen Live", "80's", "eighties", "1999", "the early 80s", "favourite songs", "My Favorites", "Swedish",
     "female vocalists", "albums I own", "Christmas", "beautiful"],
)  # fmt: skip
def test_broad_ignores(tag: str) -> None:
    assert TAXONOMIES["broad"].ignores(tag)


@pytest.mark.parametrize("tag", ["swedish metal", "my favourite jazz", "female fronted metal", "90s pop"])
def test_broad_hears_a_genre_beside_what_it_ignores(tag: str) -> None:
    assert TAXONOMIES["broad"].match(tag)
    assert not TAXONOMIES["broad"].ignores(tag)


@pytest.mark.parametrize(
    "tag", ["", "!!!", "mallet", "experimental", "shamrock", "lighthouse", "wrap", "footstep"]
)
def test_broad_does_not_guess(tag: str) -> None:
    assert not TAXONOMIES["broad"].match(tag)
    assert not TAXONOMIES["broad"].ignores(tag)


def test_gtzan() -> None:
    gtzan = TAXONOMIES["gtzan"]
    assert len(gtzan.names) == 10
    assert all(gtzan.match(name) == (name,) for name in gtzan.names)
    assert gtzan.match("Hip-Hop") == ("hiphop",)
    assert gtzan.match("techno") == ()


def test_unknown_name() -> None:
    with pytest.raises(UnknownName, match="no taxonomy 'capstone': did you mean 'capstone12'"):
        load("capstone")


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(MissingFile, match="no such taxonomy file"):
        load(tmp_path / "none.toml")


def test_a_file_of_ones_own(tmp_path: Path) -> None:
    taxonomy = load(written(tmp_path, HEAD + ROCK))
    assert taxonomy.pick == "first_genre"
    assert taxonomy.match("art rock") == ("rock",)


def test_meaning_and_origin_need_not_be_there(tmp_path: Path) -> None:
    taxonomy = load(written(tmp_path, f'name = "mine"\n{ROCK}'))
    assert (taxonomy.meaning, taxonomy.origin) == ("", "two.toml")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name = ", "is not TOML"),
        (HEAD, "has no genres"),
        (HEAD + 'genres = ["rock"]', "is not a .*genres.* block"),
        (HEAD + 'prick = "only"\n' + ROCK, "unknown key 'prick'"),
        (HEAD + ROCK + 'pattern = ["rock"]', "genre 1: unknown key 'pattern'"),
        (HEAD + '[[genres]]\npatterns = ["rock"]', "genre 1: has no 'name'"),
        (ROCK, "has no 'name'"),
        (HEAD + '[[genres]]\nname = "rock"', "'rock' can match nothing"),
        (HEAD + '[[genres]]\nname = "rock"\npatterns = ["ro(ck"]', r"pattern 'ro\(ck'"),
        (HEAD + '[[genres]]\nname = "rock"\npatterns = "rock"', "a list of texts"),
        (HEAD + '[[genres]]\nname = "rock"\npatterns = [""]', "a list of texts"),
        (HEAD + "[[genres]]\nname = 7\npatterns = ['rock']", "a text"),
        (HEAD + 'pick = "any"\n' + ROCK, "pick = 'any'"),
        (HEAD + ROCK + ROCK, "'rock' stands twice"),
        (HEAD + ROCK + 'aliases = ["A"]\n[[genres]]\nname = "pop"\naliases = ["a"]', "alias 'a'"),
        (HEAD + 'ignore = ["a"]\n' + ROCK + 'aliases = ["a"]', "alias 'a'"),
        (HEAD + 'folding = "none"\n' + ROCK, "folding = 'none': choose one of case, spelling"),
        (HEAD + 'ignore_patterns = ["(a"]\n' + ROCK, r"pattern '\(a'"),
        (HEAD + 'ignore_artist_name = "yes"\n' + ROCK, "write true or false"),
        (HEAD + ROCK + '[artist_ignore]\n"A" = "pop"', "a table of artists"),
        (
            HEAD + 'folding = "spelling"\nignore = ["hip hop"]\n' + ROCK + 'aliases = ["Hip-Hop"]',
            "alias 'Hip-Hop' is in the ignored tags and rock",
        ),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ReadError, match=message):
        load(written(tmp_path, text))
