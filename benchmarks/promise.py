"""Measure how often the score on unheard artists lies inside the announced 95 % interval, over many splits.

    python benchmarks/promise.py [--seeds N] [--model NAME]

Each seed parts the artists of ``spotify_30k`` into five; a quick model is trained on four fifths and scored
on the last, so that chance in a single split does not decide. Writes ``benchmarks/results/promise.md`` and
``.json``.
"""

from __future__ import annotations

import argparse

import numpy as np
import polars as pl
from sklearn.model_selection import StratifiedGroupKFold

import genrelab
import record
from genrelab import published
from genrelab.sources import table

METRICS = ("accuracy", "macro_f1", "log_loss")


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--model", default="logistic")
    arguments = parser.parse_args()
    tracks = _tracks()
    rows = [row for seed in range(arguments.seeds) for row in _rows(tracks, arguments.model, seed)]
    found = pl.DataFrame(rows)
    summary = {metric: _summary(found.filter(pl.col("metric") == metric)) for metric in METRICS}
    text = [
        f"# The announced interval over {len(rows) // len(METRICS)} splits, model `{arguments.model}`",
        "",
        "| metric | true scores inside | mean (announced - true) | rms of the gap over its half-width |",
        "|---|---|---|---|",
        *(
            f"| {metric} | {s['inside']:.1%} | {s['mean_gap']:+.4f} | {s['rms']:.2f} |"
            for metric, s in summary.items()
        ),
    ]
    command = f"python benchmarks/promise.py --seeds {arguments.seeds} --model {arguments.model}"
    record.write("promise", command, summary, text)


def _tracks() -> pl.DataFrame:
    path = published.find("spotify_30k")
    if path is None:
        raise SystemExit(
            "spotify_30k is not there: set GENRELAB_DATA, or run 'genrelab data fetch spotify_30k'"
        )
    return table.read(path).tracks.unique("track_id", keep="first", maintain_order=True)


def _rows(tracks: pl.DataFrame, model: str, seed: int) -> list[dict[str, object]]:
    """Train on four fifths of the artists and score on the last, five times."""
    splitter = StratifiedGroupKFold(5, shuffle=True, random_state=seed)
    artists = tracks["artist"].str.to_lowercase().fill_null("").to_numpy()
    rows: list[dict[str, object]] = []
    for train, test in splitter.split(artists, tracks["genre"].to_numpy(), artists):
        classifier = genrelab.train(genrelab.dataset.make(tracks[train]), model, seed=seed)
        found = genrelab.evaluate(classifier, tracks[test]).scores
        for metric in METRICS:
            announced = classifier.card.scores[metric]
            gap = announced.value - found[metric].value
            half = (announced.high - announced.low) / 2
            inside = announced.holds(found[metric].value)
            rows.append({"metric": metric, "gap": gap, "relative": gap / half, "inside": inside})
    print(f"seed {seed}: {rows[::3]}", flush=True)
    return rows


def _summary(rows: pl.DataFrame) -> dict[str, float]:
    inside, gap, relative = (rows[name].to_numpy() for name in ("inside", "gap", "relative"))
    return {
        "inside": float(inside.mean()),
        "mean_gap": float(gap.mean()),
        "rms": float(np.sqrt((relative**2).mean())),
    }


if __name__ == "__main__":
    main()
