"""AutoGluon with its preset "best_quality"; where artists are told, with folds that keep them apart.

For the latter it is told its own ``validation_structure``, which its test for overfitting stacks heeds too.
The column that names the artist is not among the features. Its folds are fitted one after the other in its
own process, each with all threads: on two cores, starting workers costs more than they bring. (Its test for
overfitting stacks still runs in a worker: in its own process, a sub-fit that fails leaves it unusable.)
"""

from __future__ import annotations

from autogluon.tabular import TabularPredictor
from task import GROUP, LABEL, Fitted, Task, run


def fit(task: Task) -> Fitted:
    """Search within the limit."""
    told = [*task.numbers, *task.texts]
    rows = task.train[[*told, LABEL, *([GROUP] if task.grouped else [])]]
    predictor = TabularPredictor(
        label=LABEL,
        eval_metric="accuracy",
        problem_type="multiclass" if len(task.genres) > 2 else "binary",
        path=str(task.folder / "model"),
        learner_kwargs={"ignored_columns": [GROUP]},
        verbosity=2,
    )
    predictor.fit(
        rows,
        presets="best_quality",
        time_limit=task.limit,
        num_cpus=task.threads,
        num_gpus=0,
        ag_args_ensemble={"fold_fitting_strategy": "sequential_local"},
        validation_structure={"group_on": GROUP} if task.grouped else None,
    )
    board = predictor.leaderboard(display=False)
    best = board.loc[board["model"] == predictor.model_best]
    folds = "by artist" if task.grouped else "at random"
    note = f"{len(board)} models; its folds are dealt out {folds}"
    return Fitted(
        float(best["score_val"].iloc[0]),
        lambda new: predictor.predict_proba(new[told], as_multiclass=True).to_numpy(),
        list(predictor.class_labels),
        note,
    )


if __name__ == "__main__":
    run(fit, ["autogluon.tabular", "torch"])
