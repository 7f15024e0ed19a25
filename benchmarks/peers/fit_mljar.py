"""mljar-supervised in the mode that is meant to win: "Compete", chosen by accuracy over its own folds."""

from __future__ import annotations

import os

from supervised import AutoML
from task import LABEL, Fitted, Task, run


def fit(task: Task) -> Fitted:
    """Search within the limit."""
    columns = [*task.numbers, *task.texts]
    model = AutoML(
        results_path=str(task.folder / "model"),
        mode="Compete",
        ml_task="multiclass_classification" if len(task.genres) > 2 else "binary_classification",
        eval_metric="accuracy",
        total_time_limit=int(task.limit),
        n_jobs=task.threads,
        random_state=task.seed,
        explain_level=0,
        verbose=0,
    )
    # It writes drawings into the folder where it is started.
    os.chdir(task.folder)
    model.fit(task.train[columns], task.train[LABEL])
    board = model.get_leaderboard()
    best = float(board["metric_value"].abs().max())
    genres = [name.removeprefix("prediction_") for name in _named(model, task)]
    note = f"{len(board)} models; folds of its own, stratified at random"
    return Fitted(best, lambda rows: model.predict_proba(rows[columns]), genres, note)


def _named(model: AutoML, task: Task) -> list[str]:
    """Name the columns of its probabilities."""
    few = model.predict_all(task.test[[*task.numbers, *task.texts]].head(2))
    return [name for name in few.columns if name.startswith("prediction_")]


if __name__ == "__main__":
    run(fit, ["mljar-supervised"])
