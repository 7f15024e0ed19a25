"""What classifiers say of tracks stands beside the tracks' own columns, and who has met whom is told."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from genrelab import dataset, opinions, schema
from genrelab.classifier import Classifier
from genrelab.errors import SchemaError, SettingError
from genrelab.scoring import Score
from genrelab.training import train


@pytest.fixture(scope="module")
def base() -> Classifier:
    """A classifier of three genres that may lack the tempo."""
    songs = dataset.make(schema.sample(90, seed=0), columns=["energy", "tempo"])
    made = train(songs, "logistic", folds=2, threads=1)
    return replace(made, card=replace(made.card, absent={"tempo": Score(0.3, 0.2, 0.4)}))


def test_a_column_for_each_genre_holds_centred_logarithms(base: Classifier) -> None:
    tracks = schema.sample(5, seed=1)
    whole, columns = opinions.beside(tracks, ["energy", "tempo"], {"base": base})
    said = ["base: jazz", "base: pop", "base: rock"]
    assert columns == ("energy", "tempo", *said)
    values = whole.select(said).to_numpy()
    np.testing.assert_allclose(values.sum(axis=1), 0, atol=1e-9)
    shares = np.exp(values) / np.exp(values).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(shares, base.predict_proba(tracks), atol=1e-9)


def test_without_bases_nothing_changes() -> None:
    tracks = schema.sample(5, seed=1)
    whole, columns = opinions.beside(tracks, ["tempo"], {})
    assert whole.equals(tracks)
    assert columns == ("tempo",)


def test_a_base_sees_only_what_may_be_read(base: Classifier) -> None:
    tracks = schema.sample(5, seed=1)
    named, _ = opinions.beside(tracks, ["energy"], {"base": base})
    without, _ = opinions.beside(tracks.drop("tempo"), ["energy"], {"base": base})
    assert named["base: pop"].equals(without["base: pop"])


def test_bases_that_cannot_read_the_columns_are_left_out(base: Classifier) -> None:
    strict = replace(base, card=replace(base.card, absent={}))
    assert list(opinions.fitting(["energy"], {"strict": strict, "base": base})) == ["base"]
    with pytest.raises(SchemaError, match=r"mood: .* base needs energy, tempo as well"):
        opinions.fitting(["mood"], {"base": base})
    with pytest.raises(SettingError, match="none to start from"):
        opinions.fitting(["energy"], {})


def test_artists_that_a_base_has_met_are_told(base: Classifier) -> None:
    songs = schema.sample(90, seed=0).head(4)
    assert opinions.met(songs, {"base": base}).all()
    assert "has met the artists of 4 of these 4 tracks" in opinions.told(songs, {"base": base})[0]
    strangers = songs.with_columns(artist=pl.lit("nobody"))
    assert "none of them by an artist of this table" in opinions.told(strangers, {"base": base})[0]
    assert "is not known" in opinions.told(songs.drop("artist"), {"base": base})[0]


def test_the_terms_of_a_base_are_told_too(base: Classifier) -> None:
    origin = replace(base.card.origin, notes=("for study only.",))
    bound = replace(base, card=replace(base.card, origin=origin))
    assert opinions.told(schema.sample(4, seed=1), {"base": bound})[-1] == "base: for study only."


def test_a_column_that_the_table_lacks_is_told_as_by_a_plain_model(base: Classifier) -> None:
    songs = schema.sample(90, seed=0)
    few = train(dataset.make(songs, columns=["energy", "tempo"]), "logistic", folds=2, threads=1)
    few = replace(few, bases={"base": base})
    said = []
    for model in (few, replace(few, bases={})):
        with pytest.raises(SchemaError, match="columns energy: not in the table") as told:
            model.predict_proba(songs.drop("energy"))
        said.append(str(told.value))
    assert said[0] == said[1]
