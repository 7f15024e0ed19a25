"""A decision tree that can be read: its questions to a limited depth, as a table, as text, as a picture."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from sklearn.tree import DecisionTreeClassifier, export_text

from genrelab import files
from genrelab.classifier import Classifier
from genrelab.errors import MissingExtra, SettingError
from genrelab.insight.explanation_estimators import last, see
from genrelab.insight.terminal import clean

DEPTH = 3
"""Questions in a row that are shown: a picture of more cannot be read."""
PICTURE = "tree.png"
EMPTY = {
    "node": pl.Int64,
    "parent": pl.Int64,
    "answer": pl.String,
    "depth": pl.Int64,
    "place": pl.Float64,
    "question": pl.String,
    "genre": pl.String,
    "share": pl.Float64,
    "tracks": pl.Int64,
}


@dataclass(frozen=True, slots=True, eq=False)
class Tree:
    """The upper part of a decision tree.

    Attributes
    ----------
    nodes
        A row for each node: its number and its ``parent``'s, the ``answer`` that leads to it, its ``depth``,
        its ``place`` from the top of a picture in leaves, its ``question`` (null where the shown part ends),
        its most frequent ``genre`` with that genre's ``share``, and the ``tracks`` that it learned from.
    rules
        The same as indented text.
    depth, leaves
        Of the whole tree.
    """

    nodes: pl.DataFrame
    rules: str
    depth: int
    leaves: int


@dataclass(frozen=True, slots=True, eq=False)
class _Grown:
    """A fitted tree, names of its features, and names of the genres that it knows."""

    estimator: DecisionTreeClassifier
    names: tuple[str, ...]
    genres: tuple[str, ...]


def grow(classifier: Classifier, matrix: Any, names: tuple[str, ...], depth: int = DEPTH) -> Tree | None:
    """Take the tree out of a classifier that is one decision tree; None of any other.

    Parameters
    ----------
    classifier
        The model.
    matrix, names
        What its members read of a track or more, shape (rows, columns), and names of the columns.
    depth
        Questions in a row that are shown.
    """
    grown = _grown(classifier, matrix, names)
    if grown is None:
        return None
    estimator = grown.estimator
    nodes = pl.DataFrame(list(_walk(grown, depth)), EMPTY, orient="row")
    rules = export_text(
        estimator,
        feature_names=list(grown.names),
        class_names=list(grown.genres),
        max_depth=depth,
        decimals=3,
    )
    return Tree(nodes, rules, int(estimator.get_depth()), int(estimator.get_n_leaves()))


def _grown(classifier: Classifier, matrix: Any, names: tuple[str, ...]) -> _Grown | None:
    if len(classifier.parts.members) != 1:
        return None
    member = classifier.parts.members[0]
    seen = see([] if member.steps is None else [member.steps], member.estimator, matrix, names)
    if seen is None or not isinstance(seen.estimator, DecisionTreeClassifier):
        return None
    return _Grown(seen.estimator, seen.names, tuple(classifier.genres[code] for code in member.seen))


def _walk(grown: _Grown, depth: int) -> Iterator[tuple[Any, ...]]:
    """Yield nodes from the root, each with its place: leaves stand below each other, others between them."""
    tree = grown.estimator.tree_
    leaves = iter(range(2**depth))

    def visit(node: int, parent: int | None, answer: str, level: int) -> tuple[float, list[tuple[Any, ...]]]:
        left, right = int(tree.children_left[node]), int(tree.children_right[node])
        ends = left < 0 or level == depth
        below: list[tuple[Any, ...]] = []
        if ends:
            place, question = float(next(leaves)), None
        else:
            first, above = visit(left, node, "yes", level + 1)
            second, under = visit(right, node, "no", level + 1)
            place, below = (first + second) / 2, [*above, *under]
            question = f"{grown.names[tree.feature[node]]} ≤ {_number(tree.threshold[node])}"
        shares = tree.value[node][0] / max(tree.value[node][0].sum(), 1e-12)
        best = int(np.argmax(shares))
        own = (node, parent, answer, level, place, question, grown.genres[best], float(shares[best]))
        return place, [(*own, int(tree.n_node_samples[node])), *below]

    yield from visit(0, None, "", 0)[1]


def _number(threshold: float) -> str:
    """Write a threshold with three digits, or with one decimal where it is large.

    Examples
    --------
    >>> _number(0.15345), _number(2007.5), _number(122.0)
    ('0.153', '2007.5', '122')
    """
    return f"{threshold:.3g}" if abs(threshold) < 100 else f"{threshold:.1f}".removesuffix(".0")


def write_png(tree: Tree, folder: Path | str) -> Path:
    """Write a picture of a tree, ``tree.png``, to a folder.

    Raises
    ------
    MissingExtra
        When matplotlib is not installed.
    OutputError
        When the file cannot be written.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415 - an extra
        from matplotlib.figure import Figure  # noqa: PLC0415 - an extra, wanted for pictures only
    except ImportError as error:
        raise MissingExtra("matplotlib", "report") from error
    nodes = {node["node"]: node for node in tree.nodes.iter_rows(named=True)}
    figure = Figure(figsize=(4.2 * (1 + max(n["depth"] for n in nodes.values())), 0.5 + 0.75 * _leaves(tree)))
    axes = figure.add_axes((0, 0, 1, 1))
    for node in nodes.values():
        if node["parent"] is not None:
            above = nodes[node["parent"]]
            middle = (above["depth"] + node["depth"]) / 2
            levels, places = (above["depth"], middle, middle, node["depth"]), (above["place"], node["place"])
            axes.plot(levels, [places[0], places[0], places[1], places[1]], color="0.6", zorder=1)
        box = {"boxstyle": "round", "facecolor": "white", "edgecolor": "0.3"}
        axes.text(node["depth"], node["place"], _caption(node), ha="center", va="center", bbox=box, zorder=2)
    axes.set(xlim=(-0.5, max(n["depth"] for n in nodes.values()) + 0.5), ylim=(_leaves(tree) - 0.4, -0.6))
    axes.set_axis_off()
    path = Path(folder) / PICTURE
    with files.written_aside(path) as partial:
        FigureCanvasAgg(figure).print_figure(partial, format="png", dpi=110)
    return path


def _leaves(tree: Tree) -> int:
    return int(tree.nodes["question"].is_null().sum())


def _caption(node: Mapping[str, Any]) -> str:
    """Write one node; a dollar sign would begin mathematics."""
    answer = f"{node['answer']}: " if node["answer"] else ""
    question = f"{node['question']}\n" if node["question"] else ""
    share = f"{node['genre']} {node['share']:.0%} of {node['tracks']:,}"
    return clean(f"{answer}{question}{share}").replace("$", r"\$")


def check_png(classifier: Classifier, folder: Path | str, *, overwrite: bool = False) -> None:
    """Raise at once where no picture could be written.

    Raises
    ------
    SettingError
        When the model is no decision tree.
    MissingExtra
        When matplotlib is not installed.
    OutputError
        When the file cannot be written.
    """
    members = classifier.parts.members
    if len(members) > 1 or not isinstance(last(members[0].estimator), DecisionTreeClassifier):
        raise SettingError(
            f"--png: {classifier.card.model!r} is no decision tree, and has no picture: leave it out,"
            " or train --model decision_tree"
        )
    try:
        import matplotlib.figure  # noqa: F401, PLC0415 - an extra, wanted for pictures only
    except ImportError as error:
        raise MissingExtra("matplotlib", "report") from error
    files.check_file(Path(folder) / PICTURE, overwrite=overwrite)
