"""CatBoost as it comes, over numbers and text: stopped early on a random fifth, then fitted to all rows."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import numpy as np
from catboost import CatBoostClassifier, CatBoostError, Pool
from task import LABEL, Fitted, Task, hold_out, run

MOST_ROUNDS = 2000
WORDS = ["BoW:top_tokens_count=1000"]
"""How text is read. CatBoost 1.2.10's default, naive Bayes, is not applied as it was learned: accuracy then
falls below that of numbers alone, on the very rows that it was fitted to."""
PATIENCE = 50


class Until:
    """Stops boosting when its time is over."""

    def __init__(self, end: float) -> None:
        self.end = end

    def after_iteration(self, _: Any) -> bool:
        """Tell whether to go on."""
        return time.perf_counter() < self.end


def fit(task: Task) -> Fitted:
    """Fit with text, or without where its reader of text finds too few words that repeat."""
    try:
        return _fit(task)
    except CatBoostError as error:
        if not task.texts or "Dictionary size is 0" not in str(error):
            raise
        return _fit(replace(task, texts=[]))


def _fit(task: Task) -> Fitted:
    """Find the number of rounds, and fit with it."""
    start = time.perf_counter()
    train, held = hold_out(task)
    settings = {
        "loss_function": "MultiClass",
        "eval_metric": "Accuracy",
        "thread_count": task.threads,
        "random_seed": task.seed,
        "verbose": False,
        "allow_writing_files": False,
        **({"feature_calcers": WORDS} if task.texts else {}),
    }
    truth = task.train[LABEL].to_numpy()
    validation = _pool(task, task.train.iloc[held], truth[held])
    first = CatBoostClassifier(iterations=MOST_ROUNDS, early_stopping_rounds=PATIENCE, **settings)
    first.fit(
        _pool(task, task.train.iloc[train], truth[train]),
        eval_set=validation,
        callbacks=[Until(start + 0.4 * task.limit)],
    )
    announced = float((first.predict(validation).ravel() == truth[held]).mean())
    rounds = first.tree_count_
    model = CatBoostClassifier(iterations=rounds, learning_rate=first.learning_rate_, **settings)
    model.fit(_pool(task, task.train, truth), callbacks=[Until(start + task.limit)])
    model.save_model(str(task.folder / "model.cbm"))
    read = "numbers and text" if task.texts else "numbers"
    note = f"{read}; {rounds} rounds, stopped early on a random fifth of the rows"
    return Fitted(announced, lambda rows: model.predict_proba(_pool(task, rows)), list(model.classes_), note)


def _pool(task: Task, rows: Any, truth: np.ndarray[Any, Any] | None = None) -> Pool:
    """Hold rows as CatBoost reads them; its text columns may not be blank."""
    table = rows[[*task.numbers, *task.texts]].copy()
    for name in task.texts:
        table[name] = table[name].fillna("").astype(str)
    return Pool(table, label=truth, text_features=task.texts or None)


if __name__ == "__main__":
    run(fit, ["catboost"])
