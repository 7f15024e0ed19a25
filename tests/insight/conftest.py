"""Reports as an evaluation would make them, computed from drawn probabilities."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
import pytest
from numpy.typing import NDArray

from genrelab.insight.results import (
    Confidence,
    ConfidenceBin,
    Coverage,
    CurvePoint,
    GenreScore,
    Report,
    Score,
    Sets,
    SplitScore,
)

MakeReport: TypeAlias = Callable[..., Report]
SPOTIFY = ("edm", "latin", "pop", "r&b", "rap", "rock")


def _score(value: float, width: float = 0.016) -> Score:
    return Score(value, value - width, value + width)


def _bins(top: NDArray[Any], right: NDArray[Any]) -> tuple[ConfidenceBin, ...]:
    place = np.minimum((top * 10).astype(int), 9)
    parts = [(top[place == b], right[place == b]) for b in range(10)]
    return tuple(ConfidenceBin(float(t.mean()), float(r.mean()), len(t)) for t, r in parts if len(t))


def _cover(promised: float, top: NDArray[Any], right: NDArray[Any]) -> Coverage:
    order = np.argsort(-top)
    kept = np.cumsum(right[order]) / np.arange(1, len(top) + 1)
    enough = np.flatnonzero(kept >= promised)
    if not len(enough) or enough[-1] < 20:
        return Coverage(promised, None, 0.0, None)
    last = enough[-1]
    return Coverage(promised, float(top[order][last]), float((last + 1) / len(top)), float(kept[last]))


def _genre_scores(genres: tuple[str, ...], counts: NDArray[Any]) -> tuple[GenreScore, ...]:
    hit, true, said = np.diag(counts), counts.sum(1), counts.sum(0)
    precision, recall = hit / np.maximum(said, 1), hit / np.maximum(true, 1)
    f1 = 2 * hit / np.maximum(true + said, 1)
    return tuple(
        GenreScore(g, float(p), float(r), float(f), int(n))
        for g, p, r, f, n in zip(genres, precision, recall, f1, true, strict=True)
    )


@pytest.fixture(scope="session")
def make_report() -> MakeReport:
    """Draw a report: `make_report(genres, model=..., seed=...)`."""

    def make(genres: tuple[str, ...] = SPOTIFY, *, rows: int = 6000, seed: int = 7, **given: Any) -> Report:
        rng = np.random.default_rng(seed)
        k = len(genres)
        truth = rng.choice(k, size=rows, p=rng.dirichlet(np.full(k, 8.0)))
        logits = rng.normal(size=(rows, k)) + 1.6 * np.eye(k)[truth]
        chances = np.exp(1.3 * logits) / np.exp(1.3 * logits).sum(1, keepdims=True)
        guess, top = chances.argmax(1), chances.max(1)
        right = guess == truth
        counts = np.zeros((k, k), dtype=int)
        np.add.at(counts, (truth, guess), 1)
        per_genre = _genre_scores(genres, counts)
        accuracy = float(right.mean())
        f1 = float(np.mean([g.f1 for g in per_genre]))
        loss = float(-np.log(chances[np.arange(rows), truth]).mean())
        names = (
            "title words",
            "release_year",
            "danceability",
            "tempo",
            "popularity",
            "speechiness",
            "energy",
        )
        shares = rng.dirichlet(np.linspace(3, 0.4, 26))
        features = [*names, *(f"album n-gram {i}" for i in range(19))]
        report: dict[str, Any] = {
            "model": "best",
            "origin": "out-of-fold, by artist",
            "split": "artist",
            "rows": rows,
            "artists": rows // 3,
            "genres": genres,
            "scores": {
                "accuracy": _score(accuracy),
                "balanced_accuracy": _score(float(np.mean([g.recall for g in per_genre]))),
                "macro_f1": _score(f1),
                "log_loss": _score(loss, 0.03),
                "calibration_error": _score(0.021, 0.006),
            },
            "floors": {"majority": float(np.bincount(truth).max() / rows), "artist_majority": 0.81},
            "ceiling": 0.934,
            "per_genre": per_genre,
            "confusion": tuple(tuple(int(n) for n in row) for row in counts),
            "calibration": _bins(top, right),
            "coverage": tuple(_cover(p, top, right) for p in (0.7, 0.8, 0.9, 0.95, 0.99)),
            "confidence": Confidence(
                (CurvePoint(0.1, 0.9, 0.8), CurvePoint(1.0, accuracy, 0.2)),
                tuple(_cover(p, top, right) for p in (0.7, 0.8, 0.9, 0.95, 0.99)),
                (Sets(0.9, 0.1, _score(0.905), Score(2.4, 2.2, 2.6)),),
            ),
            "importance": dict(sorted(zip(features, map(float, shares), strict=True), key=lambda x: -x[1])),
            "honesty": tuple(
                SplitScore(
                    split, meaning, _score(accuracy + more), _score(f1 + more), int(rows * 0.8), rows // 5
                )
                for split, meaning, more in (
                    ("row", "every listed row, drawn at random; a track may be on both sides", 0.19),
                    ("track", "each track once; its artist may be on both sides", 0.08),
                    ("artist", "no artist on both sides", 0.0),
                )
            ),
            "notes": ("playlist_subgenre, playlist_name, playlist_id give the genre away and were left out",),
        }
        return Report(**(report | given))

    return make
