"""Promises announced and measured, in tables and figures."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from genrelab import dataset, schema
from genrelab.classifier import Classifier
from genrelab.insight import confidence, confidence_plots, confidence_tables
from genrelab.insight.evaluation import announce
from genrelab.insight.results import Confidence, Report, Score
from genrelab.training import train


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    """A model that is sure of some tracks."""
    tracks = schema.sample(600, seed=0)
    codes = tracks["genre"].replace_strict(["jazz", "pop", "rock"], [0.0, 0.5, 1.0])
    told = tracks.with_columns(energy=codes + (tracks["energy"] - 0.5) * 0.9)
    return train(dataset.make(told, columns=["energy"]), "logistic", folds=4, threads=1)


@pytest.fixture(scope="module")
def found(classifier: Classifier) -> Confidence:
    """Of the tracks that it learned from, in one hand out of two wrong."""
    heard = classifier.heard()
    p, truth = heard.probabilities, heard.truth.copy()
    truth[::2] = np.random.default_rng(0).permutation(truth[::2])
    scores = {"accuracy": Score(0.1, 0.05, 0.15)}
    measured = confidence.measure(classifier, p, truth, heard.groups, scores, unheard=True)
    assert measured is not None
    return measured


@pytest.fixture(scope="module")
def report(classifier: Classifier, found: Confidence) -> Report:
    return replace(announce(classifier), confidence=found)


def test_what_is_measured_on_what_was_heard_is_what_was_announced(classifier: Classifier) -> None:
    heard = classifier.heard()
    told = confidence.measure(
        classifier, heard.probabilities, heard.truth, heard.groups, classifier.card.scores, unheard=True
    )
    assert told is not None
    assert {row.kept for row in told.kept} == {True}
    for one, other in zip(told.coverage, confidence.announce(classifier).coverage, strict=True):  # type: ignore[union-attr]
        assert one.share == pytest.approx(other.share)
        assert one.kept == pytest.approx(other.kept)


def test_broken_promises_are_told(found: Confidence) -> None:
    judged = {(row.name, row.promised): row.kept for row in found.kept}
    assert judged["accuracy", None] is False
    assert judged["precision", 0.9] is False
    assert judged["set_coverage", 0.9] is False
    assert judged["coverage", 0.9] is True


def test_of_artists_met_before_nothing_is_judged(classifier: Classifier) -> None:
    heard = classifier.heard()
    told = confidence.measure(classifier, heard.probabilities, heard.truth, heard.groups, {}, unheard=False)
    assert told is not None
    assert {row.kept for row in told.kept} == {None}


def test_a_model_without_predictions_promises_nothing(classifier: Classifier) -> None:
    assert confidence.announce(replace(classifier, out_of_fold=None)) is None


def test_tables_say_it(report: Report) -> None:
    kept = confidence_tables.tabulate_kept(report)
    assert kept.rows[0][0] == "accuracy"
    assert kept.rows[0][-1] == "not kept"
    assert "precision at 90 %" in {row[0] for row in kept.rows}
    sets = confidence_tables.tabulate_sets(report)
    assert [row[0] for row in sets.rows] == ["80 %", "90 %", "95 %"]
    assert 5 <= len(confidence_tables.tabulate_curve(report).rows) <= 10
    without = replace(report, confidence=None)
    tables = (
        confidence_tables.tabulate_kept,
        confidence_tables.tabulate_sets,
        confidence_tables.tabulate_curve,
    )
    assert [made(without).rows for made in tables] == [()] * 3


def test_figures_draw_it(report: Report) -> None:
    line, marks = confidence_plots.draw_curve(report)["data"]
    assert line["x"][-1] == 1
    assert "90 %" in marks["text"]
    assert len(confidence_plots.draw_sets(report)["data"][0]["y"]) == 3


def test_sentences_say_it(classifier: Classifier) -> None:
    sure, sets = classifier.promise_precision(0.8), classifier.promise_coverage(0.9)
    first, second = confidence_tables.tell_promises(sure, sets)
    assert first.startswith("of the tracks that get a genre, expect 8")
    assert "of new artists' tracks" in first
    assert "of unheard tracks" in confidence_tables.tell_promises(sure, sets, "track_id")[0]
    assert "genres a track" in second
    assert confidence_tables.tell_promises(None, None) == []
