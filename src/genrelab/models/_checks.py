"""What estimators are asked about: looked at as scikit-learn does, or more quickly where that is enough."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.utils.validation import validate_data

FEW = 64
"""Tracks below which tables of trees, another thread or a thorough look would take longer than the labels.

Tables of trees are compared with their booster on as many.
"""


def looked_at(model: Any, X: Any) -> Any:
    """Return X as real numbers, shape (rows, columns), as the fitted model asks for; NaN means missing.

    Raises
    ------
    ValueError
        When X has other columns than the model was fitted to, or holds infinity.
    """
    plain = isinstance(X, np.ndarray) and X.dtype == np.float32 and X.shape[1:] == (model.n_features_in_,)
    if plain and 0 < len(X) < FEW and not hasattr(model, "feature_names_in_") and not np.isinf(X).any():
        return X
    return validate_data(model, X, ensure_all_finite="allow-nan", dtype=[np.float32, np.float64], reset=False)
