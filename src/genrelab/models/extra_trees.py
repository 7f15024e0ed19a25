"""Extremely randomised trees (Geurts et al. 2006): thresholds are drawn, and each tree reads every track."""

from __future__ import annotations

from functools import partial

from sklearn.ensemble import ExtraTreesClassifier

from genrelab.models import Model
from genrelab.models.random_forest import SETTINGS, SPACE, grow

MODEL = Model("extremely randomised trees", partial(grow, ExtraTreesClassifier), SETTINGS, SPACE, sparse=True)
