"""Fitting the parts of a model, on all tracks or fold by fold.

The whole recipe - readers of text, members - is fitted once per fold on the other folds' artists; what it
then says of the fold's tracks is out-of-fold. Inside each fit, members learn from what the readers say of
their own training tracks without having learned from their artists, since that is how they will speak of
tracks that they have not read. Folds are fitted side by side, each estimator with one thread: on matrices of
this size, threads inside an estimator mostly wait for each other.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from lightgbm.basic import LightGBMError
from numpy.typing import NDArray
from scipy import sparse
from sklearn.dummy import DummyClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.pipeline import Pipeline
from sklearn.utils._param_validation import InvalidParameterError
from threadpoolctl import threadpool_limits

from genrelab import lessons, sampling
from genrelab.classifier import Member, Parts, Readers, beside, said_by_text, side_by_side
from genrelab.dataset import Dataset
from genrelab.errors import GenrelabError, SettingError
from genrelab.features import company, text
from genrelab.features.inputs import Inputs
from genrelab.lessons import Lessons
from genrelab.models import MODELS
from genrelab.progress import Progress
from genrelab.recipe import Recipe

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
Said = NDArray[np.float32]
Before = Callable[[], None]
_Item = TypeVar("_Item")
_Result = TypeVar("_Result")

TEXT_FOLDS = 3
_REFUSALS = (
    InvalidParameterError, LightGBMError, TypeError, ValueError, RuntimeError, ArithmeticError, MemoryError,
)  # fmt: skip
"""How estimators say that a setting makes no sense."""


@dataclass(frozen=True, slots=True, eq=False)
class Read:
    """Some rows, and what readers say of them, shape (rows, columns), where there are any.

    Attributes
    ----------
    rows
        Of the dataset.
    said
        For rows that the readers learned from: by such as did not learn from their artists.
    """

    rows: Codes
    said: Said | None


@dataclass(frozen=True, slots=True, eq=False)
class Fold:
    """Rows to learn from, and rows of other artists to be judged on."""

    train: Read
    test: Read


@dataclass(frozen=True, slots=True, eq=False)
class Fitting:
    """A recipe, and the tracks to fit it to.

    Attributes
    ----------
    dataset
        Tracks with genres and groups.
    recipe
        What to fit.
    features
        What the members read, one row per track.
    seed, threads
        Of every estimator.

    Raises
    ------
    SettingError
        When the recipe's class weights do not fit the dataset's genres.
    """

    dataset: Dataset
    recipe: Recipe
    features: Inputs
    seed: int
    threads: int

    def __post_init__(self) -> None:
        chosen, genres = self.recipe.class_weights, self.dataset.genres
        if isinstance(chosen, str) and chosen != "balanced":
            raise SettingError(f"class weights: {chosen!r} is unknown: choose balanced, or name every genre")
        if isinstance(chosen, Mapping) and (set(chosen) != set(genres) or min(chosen.values()) <= 0):
            raise SettingError(
                f"class weights: a weight above 0 is needed for each of {', '.join(genres)}, no others:"
                " name them all, or choose balanced"
            )

    def row_weights(self, rows: Codes) -> Floats | None:
        """Turn weights of genres into weights of some rows: see `genrelab.lessons.row_weights`."""
        return lessons.row_weights(self.dataset, rows, self.recipe.class_weights)

    def lessons(self, rows: Codes) -> Lessons:
        """Say what is to be learned from some rows: see `genrelab.lessons.draw_up`."""
        return lessons.draw_up(self.dataset, rows, self.recipe.class_weights)

    def fit(self, rows: Codes, members: Sequence[str] | None = None) -> Parts:
        """Fit readers and members, by default all that the recipe has here, to some rows."""
        names = self.recipe.present if members is None else tuple(members)
        readers, read = self._read(rows, self._side_by_side)
        own = self.threads // self._workers(names)
        fitted = self._side_by_side(lambda name: self._member(name, read, own), names)
        return Parts(len(self.dataset.genres), readers, tuple(_freed(one, self.threads) for one in fitted))

    def folds(
        self, parted: Sequence[tuple[Codes, Codes]], progress: Progress, before: Before = lambda: None
    ) -> list[Fold]:
        """Fit readers to the training rows of each fold, and let them speak of both parts.

        Here and in `out_of_fold`, `before` is called before each, in its thread; what it raises ends it.
        """
        made = []
        for fold in self._side_by_side(lambda part: self._fold(part, before), parted):
            made.append(fold)
            if self.features.counts is not None:
                progress(f"reading: fold {len(made)} of {len(parted)}", len(made) / len(parted))
        return made

    def out_of_fold(
        self, names: Sequence[str], folds: Sequence[Fold], before: Before = lambda: None
    ) -> Iterator[tuple[str, Codes, Floats]]:
        """Give rows and members' log probabilities of them, fold by fold, by parts that never met them.

        Within a fold, members are fitted in their order: networks, of which torch learns one at a time, then
        have trees beside them rather than each other.

        Yields
        ------
        Name of the member, rows of the fold, and log probabilities, shape (rows, genres).
        """
        work = [(fold, name) for fold in folds for name in names]
        own = self.threads // self._workers(work)

        def judged(given: tuple[Fold, str]) -> Floats:
            fold, name = given
            before()
            member = self._member(name, fold.train, own)
            with self._settings_blamed():  # some estimators look at their settings only when asked
                return member.log_probabilities(self._matrix(fold.test), len(self.dataset.genres))

        found = self._side_by_side(judged, work)
        yield from ((name, fold.test.rows, logs) for (fold, name), logs in zip(work, found, strict=True))

    def _side_by_side(self, work: Callable[[_Item], _Result], items: Sequence[_Item]) -> Iterator[_Result]:
        """Do independent work in as many threads as there are, and give the results in order."""
        workers = self._workers(items)

        def limited(item: _Item) -> _Result:
            with threadpool_limits(self.threads // workers, "openmp"):  # OpenMP is told in each thread
                return work(item)

        with self._calm(self.threads // workers):
            if workers == 1:
                yield from map(work, items)
                return
            pool = ThreadPoolExecutor(workers)
            try:
                yield from pool.map(limited, items)
            finally:
                pool.shutdown(cancel_futures=True)

    def _workers(self, items: Sequence[Any]) -> int:
        return max(1, min(self.threads, len(items)))

    @contextmanager
    def _calm(self, threads: int) -> Iterator[None]:
        """Bound threads, and keep quiet about tables smaller than a model's settings."""
        # Filters of warnings are set here alone: threads share them, and several that set them mix them up.
        # BLAS threads wait for each other on matrices this small.
        with warnings.catch_warnings(), threadpool_limits(threads, "openmp"), threadpool_limits(1, "blas"):
            # Of fewer tracks than quantiles or landmarks, a model takes as many as there are tracks.
            warnings.filterwarnings("ignore", "n_quantiles|n_components > n_samples", UserWarning)
            # A feature that is the same throughout each genre tells them all apart, and is chosen.
            warnings.filterwarnings("ignore", "Features .* are constant", UserWarning)
            # The weak penalties that splines try end early, and lose to others.
            warnings.filterwarnings("ignore", "lbfgs failed to converge after 300 ", ConvergenceWarning)
            yield

    def _fold(self, parted: tuple[Codes, Codes], before: Before) -> Fold:
        before()
        train, test = parted
        readers, read = self._read(train, map)
        said = None if readers is None else readers.say(self.features.take(test))
        return Fold(read, Read(test, said))

    def _read(self, rows: Codes, each: Callable[..., Iterable[Any]]) -> tuple[Readers | None, Read]:
        """Fit the readers, and let such as did not learn from a row's artist speak of it.

        What is independent is mapped by `each`: side by side, unless folds are.
        """
        counts, mentions, genres = self.features.counts, self.features.mentions, len(self.dataset.genres)
        if counts is None or mentions is None:
            return None, Read(rows, None)
        given = self.lessons(rows)
        told = given.of(rows)
        known, kept = company.meet(mentions.take(told), given.truth, self.dataset.groups[told], genres)
        if given.places is not None:
            kept = kept[np.searchsorted(given.places, np.arange(len(rows)))]
        text, logs = self._texts(counts, rows, each)
        return Readers(genres, text, known), Read(rows, beside(logs, kept))

    def _matrix(self, read: Read) -> Any:
        return side_by_side(self.features.take(read.rows), read.said)

    def _text(self, counts: sparse.csr_matrix, rows: Codes) -> Member:
        given = self.lessons(rows)
        seen, codes = np.unique(given.truth, return_inverse=True)
        read = given.of(counts[rows])
        estimator = text.model(self.seed) if _learnable(read, seen) else self._shares()
        return Member("text", _fitted(estimator, read, codes, {"sample_weight": given.weight}), seen)

    def _texts(
        self, counts: sparse.csr_matrix, rows: Codes, each: Callable[..., Iterable[Any]]
    ) -> tuple[Member, Floats]:
        """Fit the text model to all rows, and let such as did not learn from a row's artist speak of it."""
        part, every = self.dataset.take(rows), np.arange(len(rows))
        # A part of few groups is too small for all the folds, but not for some.
        folds = list(part.folds(min(TEXT_FOLDS, max(2, part.most_folds)), seed=self.seed))
        reader, *readers = each(
            lambda train: self._text(counts, rows[train]), [every, *(a for a, _ in folds)]
        )
        logs = np.zeros((len(rows), len(self.dataset.genres)))
        for one, (_, test) in zip(readers, folds, strict=True):
            logs[test] = one.log_probabilities(counts[rows[test]], logs.shape[1])
        return reader, logs

    def _member(self, name: str, read: Read, threads: int) -> Member:
        """Fit steps and estimator to the genres that occur among the rows, numbered without gaps."""
        given, learner = self.lessons(read.rows), MODELS[self.recipe.learner(name)]
        matrix = given.of(self._matrix(read))
        seen, codes = given.classes(self.dataset.finer, read.rows, MODELS[name].kinds, self.seed)
        if not _learnable(matrix, seen):
            return Member(name, _fitted(self._shares(), matrix, codes, {}), seen)
        # A model that cannot weigh learns from a track of several genres once for each.
        weight = given.weight if learner.weighted else None
        groups = self.dataset.groups[given.of(read.rows)] if learner.grouped else None
        extras: dict[str, Any] = {"sample_weight": weight, "groups": groups}
        chain = self.recipe.chain(self._names(matrix), seed=self.seed)
        if chain is not None:
            matrix = _stepped(chain, matrix, codes)
        if self.recipe.sampling is not None:
            matrix, codes, extras = self._sampled(matrix, codes, extras)
        with self._settings_blamed():
            estimator = self.recipe.estimator(name, seed=self.seed, threads=threads)
            return Member(name, _fitted(estimator, matrix, codes, extras), seen, chain)

    @contextmanager
    def _settings_blamed(self) -> Iterator[None]:
        """Raise SettingError where an estimator fails with settings that the user chose."""
        try:
            yield
        except GenrelabError:
            raise
        except _REFUSALS as error:
            if not self.recipe.settings:
                raise
            chosen = ", ".join(f"{name}={value!r}" for name, value in self.recipe.settings.items())
            reason = " ".join(str(error).split())
            raise SettingError(f"settings {chosen}: {reason}: give other values") from error

    def _sampled(
        self, matrix: Any, codes: Codes, extras: dict[str, Any]
    ) -> tuple[Any, Codes, dict[str, Any]]:
        matrix, codes, kept = sampling.sample(self.recipe.sampling or "", matrix, codes, self.seed)
        told = {name: values for name, values in extras.items() if values is not None}
        if kept is None and told:
            why = f"which have no {' and no '.join(told)}"
            if self.dataset.seen_under is not None:
                why = "so several genres a track cannot be learned"
            raise SettingError(
                f"sampling {self.recipe.sampling!r}: invents tracks, {why}: choose under or over"
            )
        return matrix, codes, {name: values[kept] for name, values in told.items()}

    def _names(self, matrix: Any) -> tuple[str, ...]:
        """Name the columns of a matrix: features, then what the text says of each genre, if it is read."""
        said = matrix.shape[1] - len(self.features.names)
        return (*self.features.names, *said_by_text(said))

    def _shares(self) -> Any:
        """Build what says how frequent the genres are, where nothing else can be learned."""
        return DummyClassifier(strategy="prior")


def _freed(member: Member, threads: int) -> Member:
    """Let a member that was fitted beside others predict with all threads."""
    estimator = member.estimator
    bound = [name for name in estimator.get_params() if name.rpartition("__")[2] in {"n_jobs", "threads"}]
    estimator.set_params(**dict.fromkeys(bound, threads))
    return member


def _learnable(matrix: Any, seen: Codes) -> bool:
    return len(seen) > 1 and _varies(matrix)


def _fitted(estimator: Any, matrix: Any, codes: Codes, extras: Mapping[str, Any]) -> Any:
    """Fit an estimator, or the pipeline that it ends, telling it what it may know beside the matrix."""
    step = f"{estimator.steps[-1][0]}__" if isinstance(estimator, Pipeline) else ""
    told = {f"{step}{name}": values for name, values in extras.items() if values is not None}
    return estimator.fit(matrix, codes, **told)


def _stepped(chain: Pipeline, matrix: Any, codes: Codes) -> Any:
    """Fit the steps before a model, and take them."""
    try:
        return chain.fit_transform(matrix, codes)
    except ValueError as error:
        reason = " ".join(str(error).split())
        raise SettingError(f"steps: {reason}: give them other arguments, or leave one out") from error


def _varies(matrix: Any) -> bool:
    """Whether any column, dense with NaN for missing or sparse, holds two different numbers."""
    if isinstance(matrix, sparse.csr_matrix):
        return bool(matrix.nnz > 0)
    return bool((np.fmax.reduce(matrix) > np.fmin.reduce(matrix)).any())


def check_groups(dataset: Dataset, folds: int) -> None:
    """Raise SettingError where too few groups are left for folds inside folds."""
    groups = len(np.unique(dataset.groups))
    least = max(folds, TEXT_FOLDS + 1)
    if groups < least:
        raise SettingError(
            f"split by {dataset.split}: {groups} distinct {dataset.grouped_by}, at least {least} are needed"
            " to score on unheard ones: add tracks, ask for fewer folds, or split by track or row"
        )
