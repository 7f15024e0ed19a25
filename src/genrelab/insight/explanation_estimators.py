"""What each feature adds to what one estimator says, by what the estimator is able to tell of itself.

LightGBM, XGBoost and CatBoost compute SHAP values themselves, exactly; of scikit-learn's trees and forests
the package shap does (Lundberg et al. 2020, "From local explanations to global understanding with
explainable AI for trees"). Of a linear model they are the terms of its sum, counted from the average track.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import lightgbm
import numpy as np
import xgboost
from numpy.typing import NDArray
from scipy import sparse
from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier
from sklearn.kernel_approximation import Nystroem, RBFSampler
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from genrelab.errors import MissingExtra
from genrelab.features import steps
from genrelab.models.catboost import CatBoost

Floats: TypeAlias = NDArray[np.float64]
Parted: TypeAlias = tuple[Floats, Floats]
"""Values, shape (rows, features, genres), and base, shape (genres,)."""

FORESTS = (DecisionTreeClassifier, RandomForestClassifier, ExtraTreesClassifier)
_NAMELESS = (Nystroem, RBFSampler)  # what comes out of them is likeness to tracks, not features


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """A member's last estimator, and what it is given: the steps before it are done.

    Attributes
    ----------
    estimator
        The last step.
    matrix
        Shape (rows, features).
    names
        Of the features.
    centred
        Whether 0 stands for the average track.
    rows
        How many of the first rows are explained.
    """

    estimator: Any
    matrix: Any
    names: tuple[str, ...]
    centred: bool
    rows: int = 0

    @property
    def explained(self) -> Any:
        """The rows that are explained, shape (rows, features)."""
        return self.matrix[: self.rows]


def see(chains: Sequence[Pipeline], estimator: Any, matrix: Any, names: Sequence[str]) -> Seen | None:
    """Take fitted steps, those of a pipeline too, and name what comes out; None where it has no names.

    Parameters
    ----------
    chains
        Steps before the estimator.
    estimator
        A fitted classifier, or a pipeline that ends in one.
    matrix, names
        What the first step reads, shape (rows, columns), and names of the columns.
    """
    if isinstance(estimator, Pipeline):
        chains, estimator = [*chains, estimator[:-1]], estimator[-1]
    named, scaled = tuple(names), False
    for chain in chains:
        if any(isinstance(step, _NAMELESS) for _, step in chain.steps):
            return None
        if len(chain.steps):
            matrix, named = chain.transform(matrix), _names_after(chain, named)
            scaled = scaled or any(isinstance(step, StandardScaler) for _, step in chain.steps)
    if len(named) != matrix.shape[1]:
        named = tuple(f"feature {place}" for place in range(matrix.shape[1]))
    return Seen(estimator, matrix, named, scaled, matrix.shape[0])


def _names_after(chain: Pipeline, names: tuple[str, ...]) -> tuple[str, ...]:
    try:
        return steps.names_after(chain, names)
    except (AttributeError, ValueError, TypeError):  # a step that does not tell what its columns are
        return ()


def linear(estimator: Any) -> tuple[Floats, Floats] | None:
    """Return the weights, shape (genres, features), and offsets, shape (genres,), of a linear model, or None.

    Two genres share one row of weights: half of it speaks for the second, half against the first. Of models
    that stand one for each genre, each gives its row.
    """
    several = one_for_each(estimator)
    if several:
        parts = [linear(last(one)) for one in several]
        rows = [(part[0][1] - part[0][0], part[1][1] - part[1][0]) for part in parts if part is not None]
        if len(rows) < len(parts) or len({len(weights) for weights, _ in rows}) > 1:
            return None
        return np.stack([weights for weights, _ in rows]), np.array([offset for _, offset in rows])
    inner = getattr(
        estimator, "estimator_", estimator
    )  # what turns margins into probabilities is passed over
    weights = getattr(inner, "coef_", None)
    # A support vector machine has weights for each pair of genres.
    if weights is None or np.ndim(weights) != 2 or hasattr(inner, "support_vectors_"):
        return None
    weights, offsets = dense(weights), np.ravel(inner.intercept_)
    genres = len(getattr(inner, "classes_", weights))
    if genres == 2 and len(weights) == 1:
        return np.vstack([-weights, weights]) / 2, np.concatenate([-offsets, offsets]) / 2
    return (weights, offsets) if len(weights) == genres == len(offsets) else None


def last(estimator: Any) -> Any:
    """Return an estimator without the steps before it."""
    return estimator[-1] if isinstance(estimator, Pipeline) else estimator


def one_for_each(estimator: Any) -> list[Any]:
    """Return the classifiers that tell one genre each from the rest; none where there are no such."""
    several = getattr(estimator, "estimators_", None)
    if not isinstance(several, list) or isinstance(estimator, FORESTS):
        return []
    known = [getattr(one, "classes_", ()) for one in several]
    fit = len(several) == len(estimator.classes_) and all(len(classes) == 2 for classes in known)
    return several if fit else []


def dense(table: Any) -> Floats:
    """Return a matrix of numbers, whatever it was."""
    dense = table.toarray() if hasattr(table, "toarray") else table
    return np.asarray(dense, dtype=np.float64)


def _linear(seen: Seen) -> Parted | None:
    found = linear(seen.estimator)
    if found is None:
        return None
    weights, offsets = found
    matrix = dense(seen.matrix)
    average = np.zeros(matrix.shape[1]) if seen.centred else matrix.mean(axis=0)
    return (matrix[: seen.rows] - average)[:, :, None] * weights.T[None], offsets + weights @ average


def _lightgbm(seen: Seen) -> Parted | None:
    booster = getattr(seen.estimator, "booster_", None)
    if not isinstance(booster, lightgbm.Booster):
        return None
    threads = getattr(seen.estimator, "threads", None) or 1
    flat = np.asarray(booster.predict(seen.explained, pred_contrib=True, num_threads=threads))
    return _two_sided(flat.reshape(len(flat), -1, len(seen.names) + 1))


def _xgboost(seen: Seen) -> Parted | None:
    if not isinstance(seen.estimator, xgboost.XGBClassifier):
        return None
    booster = seen.estimator.get_booster()
    best = getattr(seen.estimator, "best_iteration", None)
    rows = xgboost.DMatrix(seen.explained, nthread=seen.estimator.n_jobs)
    used = (0, 0 if best is None else best + 1)
    return _two_sided(booster.predict(rows, pred_contribs=True, strict_shape=True, iteration_range=used))


def _catboost(seen: Seen) -> Parted | None:
    if not isinstance(seen.estimator, CatBoost):
        return None
    return _two_sided(seen.estimator.contributions(seen.explained))


def _two_sided(table: Any) -> Parted:
    """Part a booster's table, shape (rows, genres, features + 1): its last column is the base."""
    table = np.asarray(table, dtype=np.float64)
    if table.shape[1] == 1:  # two genres have one score: half of it speaks for the second
        table = np.concatenate([-table, table], axis=1) / 2
    return table[:, :, :-1].transpose(0, 2, 1), table[0, :, -1]


def _forest(seen: Seen) -> Parted | None:
    if not isinstance(seen.estimator, FORESTS) or sparse.issparse(seen.matrix):
        return None
    try:
        from shap import TreeExplainer  # noqa: PLC0415 - an extra, wanted for forests only
    except ImportError as error:
        raise MissingExtra("shap", "explain") from error
    explainer = TreeExplainer(seen.estimator, feature_perturbation="tree_path_dependent")
    values = np.asarray(explainer.shap_values(seen.explained, check_additivity=False), dtype=np.float64)
    return values, np.ravel(explainer.expected_value)


def _one_for_each(seen: Seen) -> Parted | None:
    """Explain models that stand one for each genre: each says how much more likely it is than the rest."""
    several = one_for_each(seen.estimator)
    parts = []
    for one in several:
        own = see([], one, seen.matrix, seen.names)
        part = None if own is None or own.names != seen.names else explain(replace(own, rows=seen.rows))
        if part is None:
            return None
        values, base = part
        # Probabilities sum to 1, scores to 0.
        told = (
            (values[:, :, 1], base[1]) if base.sum() > 0.5 else (np.diff(values)[:, :, 0], base[1] - base[0])
        )
        parts.append(told)
    if not parts:
        return None
    return np.stack([values for values, _ in parts], axis=2), np.array([base for _, base in parts])


_WAYS: tuple[Callable[[Seen], Parted | None], ...] = (
    _lightgbm,
    _xgboost,
    _catboost,
    _forest,
    _one_for_each,
    _linear,
)


def explain(seen: Seen) -> Parted | None:
    """Share what an estimator says among its features; None where no exact way is known.

    Raises
    ------
    MissingExtra
        When it is a tree or forest of scikit-learn, and shap is not installed.
    """
    return next((parted for parted in (way(seen) for way in _WAYS) if parted is not None), None)
