"""Steps: what each makes of columns, how it is written, what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from genrelab import dataset, schema
from genrelab.dataset import Dataset
from genrelab.errors import SettingError, UnknownName
from genrelab.features import steps
from genrelab.features.steps import CATEGORIES, STEPS
from genrelab.recipe import Recipe
from genrelab.training import train

NAMES = ("energy", "key", "mode", "tempo")
every_step = pytest.mark.parametrize("name", list(STEPS))


def table(rows: int = 60, seed: int = 0) -> NDArray[np.float32]:
    rng = np.random.default_rng(seed)
    columns = [
        rng.random(rows),
        rng.integers(0, 12, rows),
        rng.integers(0, 2, rows),
        rng.normal(120, 30, rows),
    ]
    return np.stack(columns, axis=1).astype(np.float32)


def genres(rows: int = 60) -> NDArray[np.int64]:
    return np.arange(rows) % 3


def made(*written: str, X: Any = None) -> tuple[Any, NDArray[np.float64]]:
    chain = steps.build(written, NAMES, seed=0)
    assert chain is not None
    return chain, chain.fit_transform(table() if X is None else X, genres())


def test_standardised() -> None:
    _, numbers = made("standardise")
    np.testing.assert_allclose(numbers.mean(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(numbers.std(axis=0), 1, atol=1e-5)


def test_from_nought_to_one() -> None:
    _, numbers = made("min_max")
    np.testing.assert_allclose([numbers.min(axis=0), numbers.max(axis=0)], [[0] * 4, [1] * 4], atol=1e-6)


def test_one_column_for_each_category() -> None:
    chain, numbers = made("one_hot")
    names = steps.names_after(chain, NAMES)
    keys = [place for place, name in enumerate(names) if name.startswith("key_")]
    assert len(keys) == 12
    assert names[-2:] == ("energy", "tempo")
    assert (numbers[:, keys].sum(axis=1) == 1).all()
    strange = table(1)
    strange[0, 1] = 99
    assert (chain.transform(strange)[:, keys] == 0).all()


def test_categories_numbered_without_gaps() -> None:
    X = table()
    X[:, 1] = np.where(X[:, 1] < 6, 3, 9)
    chain, numbers = made("label", X=X)
    assert set(numbers[:, 0]) == {0, 1}
    X[0, 1] = 5
    assert chain.transform(X[:1])[0, 0] == -1


def test_a_missing_category_becomes_the_commonest_one() -> None:
    """The median of keys 0 and 9 is 4.5, which is no key."""
    X = table()
    X[:, 1] = np.where(np.arange(60) % 2, 0, 9)
    X[:3, 1] = np.nan
    chain, _ = made("one_hot", X=X)
    assert [name for name in steps.names_after(chain, NAMES) if name.startswith("key")] == [
        "key_0.0",
        "key_9.0",
    ]


def test_powers_and_products() -> None:
    chain, numbers = made("polynomial:2")
    assert numbers.shape[1] == 4 + 10
    names = steps.names_after(chain, NAMES)
    np.testing.assert_allclose(
        numbers[:, names.index("energy tempo")], table()[:, 0] * table()[:, 3], rtol=1e-5
    )
    chain, numbers = made("interactions")
    assert numbers.shape[1] == 4 + 6
    assert "energy^2" not in steps.names_after(chain, NAMES)


@pytest.mark.parametrize("measure", ["anova", "mutual_information"])
def test_the_feature_that_tells_is_kept(measure: str) -> None:
    X = table()
    X[:, 3] = genres() + 0.1 * X[:, 0]
    chain, numbers = made(f"{measure}:1", X=X)
    assert steps.names_after(chain, NAMES) == ("tempo",)
    assert numbers.shape == (60, 1)


def test_components_explain_the_share_that_is_asked_for() -> None:
    chain, numbers = made("standardise", "pca:0.6")
    ratios = chain[-1].explained_variance_ratio_
    assert ratios.sum() >= 0.6 > ratios[:-1].sum()
    assert numbers.shape[1] == len(ratios)
    assert made("pca:2")[1].shape[1] == 2


@every_step
def test_gaps_are_filled(name: str) -> None:
    X = table()
    X[np.random.default_rng(1).random(X.shape) < 0.3] = np.nan
    X[:, 3] = np.nan
    written = f"{name}:2" if name in {"anova", "mutual_information"} else name
    chain, numbers = made(written, X=X)
    assert np.isfinite(numbers).all()
    nothing = np.full((2, 4), np.nan, dtype=np.float32)
    assert np.isfinite(chain.transform(nothing)).all()
    assert len(steps.names_after(chain, NAMES)) == numbers.shape[1]


@pytest.mark.parametrize(
    ("written", "parsed"),
    [
        ("pca", ("pca", 0.9)),
        ("pca:3", ("pca", 3)),
        ("pca:0.5", ("pca", 0.5)),
        (" anova:7 ", ("anova", 7)),
        ("standardise", ("standardise", None)),
    ],
)
def test_a_step_as_it_is_written(written: str, parsed: tuple[str, float | None]) -> None:
    assert steps.parse(written) == parsed


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("standardise:1", "takes no argument: write standardise"),
        ("pca:1.5", r"'1.5' is no number from 1 up or a share between 0 and 1: write for example pca:0.9"),
        ("pca:0", "is no number from 1 up"),
        ("pca:-3", "is no number"),
        ("pca:", "is no number"),
        ("pca:nan", "is no number"),
        ("anova:0.5", "'0.5' is no number from 1 up: write for example anova:10"),
        ("anova:ten", "'ten' is no number"),
        ("anova:inf", "'inf' is no number"),
        ("polynomial:1e99", "makes .* columns"),
    ],
)
def test_a_step_that_makes_no_sense(written: str, message: str) -> None:
    with pytest.raises(SettingError, match=message):
        steps.build([written], NAMES, seed=0)


def test_an_unknown_step() -> None:
    with pytest.raises(UnknownName, match="did you mean 'polynomial'"):
        steps.check(["polynomials:2"])


def test_categories_are_coded_first_or_not_at_all() -> None:
    with pytest.raises(SettingError, match="'one_hot': comes after 'standardise': write it first"):
        steps.build(["standardise", "one_hot"], NAMES, seed=0)
    with pytest.raises(SettingError, match="none of key, mode, time_signature is among the columns"):
        steps.build(["one_hot"], ["energy"], seed=0)


@pytest.mark.parametrize("written", ["polynomial:6", "interactions:8"])
def test_more_columns_than_fit_into_memory(written: str) -> None:
    names = [f"column {i}" for i in range(30)]
    with pytest.raises(SettingError, match=r"makes [\d,]+ columns: lower its argument"):
        steps.build([written], names, seed=0)
    assert steps.build(["anova:3", written], names, seed=0) is not None


def test_more_components_than_columns() -> None:
    made = dataset.make(schema.sample(60, seed=0), columns=["energy", "tempo"])
    with pytest.raises(SettingError, match=r"steps: .*n_components.*: give them other arguments") as raised:
        train(made, Recipe("logistic", features="plain", steps=("pca:7",)), folds=3, threads=1)
    assert "\n" not in str(raised.value)


def test_without_steps_there_is_no_chain() -> None:
    assert steps.build([], NAMES, seed=0) is None
    assert steps.names_after(None, NAMES) == NAMES


def test_categories_are_of_the_contract() -> None:
    assert set(CATEGORIES) <= set(schema.CONTRACT)


# --- inside the fold ----------------------------------------------------------------------------------------

CHAINS = (
    ("standardise", "anova:5", "pca:0.9"),
    ("one_hot", "mutual_information:4", "polynomial"),
    ("label", "min_max", "interactions", "pca:3"),
)


def planted() -> Dataset:
    return dataset.make(schema.sample(120, seed=0))


@pytest.mark.parametrize("chain", CHAINS, ids=lambda chain: chain[0])
def test_nothing_is_fitted_on_the_test_part(chain: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    """Every chain that is fitted sees the rows of one training part, and no other."""
    made, seen = planted(), []
    build = steps.build

    def watched(*arguments: Any, **named: Any) -> Any:
        pipeline: Any = build(*arguments, **named)
        fit = pipeline.fit_transform

        def noted(X: Any, y: Any) -> Any:
            seen.append(X.copy())
            return fit(X, y)

        pipeline.fit_transform = noted
        return pipeline

    monkeypatch.setattr(steps, "build", watched)
    recipe = Recipe("logistic", features="plain", steps=chain)
    train(made, recipe, folds=4, threads=1)
    whole = recipe.read(made.tracks, made.columns).fixed
    parts = [training for training, _ in made.folds(4)] + [np.arange(len(made))]
    assert len(seen) == len(parts)
    for X, rows in zip(seen, parts, strict=True):
        np.testing.assert_array_equal(X, whole[rows])


def test_importance_names_what_the_steps_made() -> None:
    recipe = Recipe("random_forest", {"n_estimators": 9}, "plain", ("one_hot", "anova:6"))
    importance = train(planted(), recipe, folds=3, threads=1).card.importance
    known = [*planted().columns, "mode_", "key_", "time_signature_"]
    assert len(importance) == 6
    assert all(any(name.startswith(one) for one in known) for name in importance)


def test_words_are_those_of_the_training_part() -> None:
    made = planted()
    recipe = Recipe("random_forest", {"n_estimators": 5}, "words")
    parts = train(made, recipe, folds=3, threads=1).parts
    chain = parts.members[0].steps
    assert chain is not None
    words = {word.lower() for title in made.tracks["title"] for word in title.split()}
    numbers = len(recipe.read(made.tracks, made.columns).names)
    assert numbers < parts.members[0].estimator.n_features_in_ <= numbers + len(words)
