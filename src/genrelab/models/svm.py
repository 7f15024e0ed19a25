"""Support vector machine with a Gaussian kernel (Cortes and Vapnik 1995)."""

from __future__ import annotations

from typing import Any

from sklearn.impute import SimpleImputer
from sklearn.kernel_approximation import Nystroem
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, LinearSVC

from genrelab.models import Model, Range
from genrelab.models._margins import Margins


def build(
    *,
    seed: int,
    threads: int,  # noqa: ARG001 - the shape of every build
    C: float,
    gamma: float | None,
    landmarks: int | None,
) -> Any:
    """Build the classifier.

    Parameters
    ----------
    seed, threads
        Of the landmarks, which are drawn at random; the machine itself uses one thread.
    C
        Inverse of the penalty's strength.
    gamma
        Width of the kernel; None for one over the number of columns.
    landmarks
        Number of tracks by which the kernel is approximated (Williams and Seeger 2001). None computes it for
        every pair of tracks: time then grows with the square of their number.
    """
    filled = SimpleImputer(strategy="median", keep_empty_features=True)
    if landmarks is None:
        exact = SVC(C=C, gamma="auto" if gamma is None else gamma, cache_size=500, random_state=seed)
        return make_pipeline(filled, StandardScaler(), Margins(exact))
    near = Nystroem(gamma=gamma, n_components=landmarks, random_state=seed)
    linear = LinearSVC(C=C, dual=False, random_state=seed)
    return make_pipeline(filled, StandardScaler(), near, Margins(linear))


MODEL = Model(
    "support vector machine with a Gaussian kernel",
    build,
    {"C": 1.0, "gamma": None, "landmarks": 300},
    {"C": Range(0.01, 100.0, log=True), "gamma": Range(0.001, 1.0, log=True)},
)
