"""LightGBM as it comes, over numbers: stopped early on a random fifth, then fitted to all rows."""

from __future__ import annotations

import time
from typing import Any

import lightgbm as lgb
import numpy as np
from task import Fitted, Task, codes, hold_out, run

MOST_ROUNDS = 2000
PATIENCE = 50


def fit(task: Task) -> Fitted:
    """Find the number of rounds, and fit with it."""
    matrix, truth = task.train[task.numbers].to_numpy(dtype=float), codes(task)
    seen = np.unique(truth)
    truth = np.searchsorted(seen, truth)
    train, held = hold_out(task)
    settings = {
        "objective": "multiclass",
        "metric": "multi_error",
        "num_class": len(seen),
        "num_threads": task.threads,
        "seed": task.seed,
        "verbosity": -1,
    }
    start = time.perf_counter()
    callbacks = [lgb.early_stopping(PATIENCE, verbose=False), _until(start + 0.4 * task.limit)]
    first = lgb.train(
        settings,
        lgb.Dataset(matrix[train], truth[train]),
        MOST_ROUNDS,
        valid_sets=[lgb.Dataset(matrix[held], truth[held])],
        callbacks=callbacks,
    )
    rounds = first.best_iteration or first.current_iteration()
    guess = np.asarray(first.predict(matrix[held], num_iteration=rounds)).argmax(axis=1)
    booster = lgb.train(settings, lgb.Dataset(matrix, truth), rounds)
    booster.save_model(task.folder / "model.txt")

    def probabilities(rows: Any) -> Any:
        return booster.predict(rows[task.numbers].to_numpy(dtype=float))

    note = f"numbers only; {rounds} rounds, stopped early on a random fifth of the rows"
    announced = float((guess == truth[held]).mean())
    return Fitted(announced, probabilities, [task.genres[code] for code in seen], note)


def _until(end: float) -> Any:
    """Make a callback that stops boosting when its time is over."""

    def stop(environment: Any) -> None:
        if time.perf_counter() > end:
            raise lgb.callback.EarlyStopException(environment.iteration, environment.evaluation_result_list)

    return stop


if __name__ == "__main__":
    run(fit, ["lightgbm"])
