"""RealMLP (Holzmueller et al. 2024) with the settings that its authors tuned, over numbers.

It is made for 256 epochs, whatever they take. Where the limit allows fewer, it is given as many as fit, so
that its schedule of learning rates still comes to its end.
"""

from __future__ import annotations

import pickle
import time
from typing import Any

import numpy as np
from pytabkit import RealMLP_TD_Classifier
from task import LABEL, Fitted, Task, hold_out, run

EPOCHS = 256
TRIED = 3
"""Epochs by which its speed is found."""


def fit(task: Task) -> Fitted:
    """Find how many epochs the limit allows, and fit; a random fifth says which epoch was the best."""
    middle = task.train[task.numbers].median()

    def table(rows: Any) -> Any:
        return rows[task.numbers].astype("float32").fillna(middle)

    rows, truth = table(task.train), task.train[LABEL].to_numpy()
    held = hold_out(task)[1]
    start = time.perf_counter()
    _fitted(task, rows, truth, held, 1)  # imports and caches
    warm = time.perf_counter()
    _fitted(task, rows, truth, held, 1 + TRIED)
    each = max((time.perf_counter() - warm) / (1 + TRIED), 1e-3)
    left = 0.9 * task.limit - (time.perf_counter() - start)
    epochs = max(1, min(EPOCHS, int(left / each)))
    model = _fitted(task, rows, truth, held, epochs)
    announced = float((model.predict(rows.iloc[held]) == truth[held]).mean())
    # Only its size is of interest: nobody reads the file.
    (task.folder / "model.pickle").write_bytes(pickle.dumps(model))
    note = f"numbers only; {epochs} of {EPOCHS} epochs, the best of them by a random fifth of the rows"
    return Fitted(announced, lambda new: model.predict_proba(table(new)), list(model.classes_), note)


def _fitted(
    task: Task, rows: Any, truth: np.ndarray[Any, Any], held: np.ndarray[Any, Any], epochs: int
) -> Any:
    model = RealMLP_TD_Classifier(
        device="cpu", random_state=task.seed, n_threads=task.threads, n_epochs=epochs, verbosity=0
    )
    return model.fit(rows, truth, val_idxs=held)


if __name__ == "__main__":
    run(fit, ["pytabkit", "torch"])
