"""What to fit: a model of the drawer, and everything that may be chosen about it."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, TypeAlias

import polars as pl
from sklearn.pipeline import Pipeline

from genrelab import sampling
from genrelab.errors import SettingError, UnknownName
from genrelab.features import inputs, steps
from genrelab.features.inputs import FEATURES, Features, Inputs
from genrelab.models import MODELS, Model

ClassWeights: TypeAlias = Literal["balanced"] | Mapping[str, float] | None


@dataclass(frozen=True, slots=True)
class Recipe:
    """A model with its settings, and what is done to features and tracks before it learns.

    Attributes
    ----------
    model
        A name in `genrelab.models.MODELS`.
    settings
        Settings that differ from the model's own; those of a blend's member are written ``member.setting``.
    features
        "derived", "plain" or "words": see `genrelab.features.inputs.read`.
    steps
        Steps between features and model, such as ``("standardise", "pca:0.9")``: see
        `genrelab.features.steps`.
    sampling
        None, or how genres are made equally frequent: see `genrelab.sampling`.
    class_weights
        None, "balanced" (each genre counts the same), or a weight for every genre.

    Raises
    ------
    UnknownName
        When there is no such model, setting, step or way of sampling.
    SettingError
        When a choice does not fit the model.

    Examples
    --------
    >>> Recipe("random_forest", {"n_estimators": 50}).settings_of("random_forest")["n_estimators"]
    50
    >>> Recipe("logistic", {"c": 10})
    Traceback (most recent call last):
    ...
    genrelab.errors.UnknownName: no setting of 'logistic' 'c': (known: C, ...)
    """

    model: str = "best"
    settings: Mapping[str, Any] = field(default_factory=dict)
    features: Features = "derived"
    steps: tuple[str, ...] = ()
    sampling: str | None = None
    class_weights: ClassWeights = None

    def __post_init__(self) -> None:
        model = MODELS[self.model]
        for written in self.settings:
            self._check_setting(written)
        if self.features not in FEATURES:
            raise UnknownName("kind of features", self.features, FEATURES)
        steps.check(self.steps)
        sampling.check(self.sampling)
        self._check_fit(model)

    @property
    def members(self) -> tuple[str, ...]:
        """Names of the models that have an estimator."""
        return MODELS[self.model].members or (self.model,)

    def settings_of(self, member: str) -> dict[str, Any]:
        """Return all settings of a member: its own, with what differs here put in their place."""
        prefix = "" if member == self.model else f"{member}."
        own = {w.removeprefix(prefix): v for w, v in self.settings.items() if w.startswith(prefix)}
        return {**MODELS[member].settings, **own}

    def read(self, tracks: pl.DataFrame, columns: Sequence[str]) -> Inputs:
        """Read the features that the model may know."""
        model = MODELS[self.model]
        if model.reads_artist:
            return inputs.artists(tracks)
        return inputs.read(tracks, columns, with_text=model.reads_text, features=self.features)

    def estimator(self, member: str, *, seed: int, threads: int) -> Any:
        """Build the unfitted classifier of a member."""
        build = MODELS[member].build
        if build is None:
            raise TypeError("a blend has members, not an estimator")
        return build(seed=seed, threads=threads, **self.settings_of(member))

    def chain(self, names: Sequence[str], *, seed: int) -> Pipeline | None:
        """Build the unfitted steps before the estimator, for a matrix of the named columns."""
        if self.features == "words":
            return steps.words_seen()
        return steps.build(self.steps, names, seed=seed)

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain values, from which ``Recipe(**values)`` makes it again."""
        return {**asdict(self), "settings": dict(self.settings), "steps": list(self.steps)}

    def _check_setting(self, written: str) -> None:
        member, dot, name = written.rpartition(".")
        member = member if dot else self.model
        if member not in self.members or (dot and member == self.model):
            known = [f"{m}.{n}" for m in self.members for n in settable(m)]
            raise UnknownName(f"setting of {self.model!r}", written, known)
        if name not in settable(member):
            raise UnknownName(f"setting of {member!r}", name, settable(member))

    def _check_fit(self, model: Model) -> None:
        """Raise where the model cannot do what the recipe asks for."""
        shaped = self.steps or self.features != "derived" or self.sampling
        if model.baseline and shaped:
            raise SettingError(f"model {self.model!r}: a baseline takes no features, steps or sampling")
        if self.features == "words" and not all(MODELS[member].sparse for member in self.members):
            able = ", ".join(name for name, each in MODELS.items() if each.sparse)
            raise SettingError(f"features 'words': {self.model!r} cannot count words: choose from {able}")
        if self.features == "words" and (self.steps or self.sampling):
            raise SettingError("features 'words': are not scaled, projected or sampled: leave steps out")
        if self.class_weights is not None:
            for name in self.members:
                if not MODELS[name].weighted:
                    raise SettingError(
                        f"class weights: model {name!r} cannot weigh genres: choose another model"
                    )


def settable(member: str) -> tuple[str, ...]:
    """Name the settings of a model: what its `build` takes beside seed and threads.

    Examples
    --------
    >>> settable("decision_tree")
    ('max_depth', 'min_samples_leaf')
    """
    model = MODELS[member]
    if model.build is None:
        return ()
    parameters = inspect.signature(model.build).parameters.values()
    named = [p.name for p in parameters if p.kind in (p.KEYWORD_ONLY, p.POSITIONAL_OR_KEYWORD)]
    return tuple(sorted({*named, *model.settings} - {"seed", "threads"}))


def parse_settings(written: Iterable[str]) -> dict[str, Any]:
    """Read settings written as ``name=value``; a value is JSON, or else text.

    Raises
    ------
    SettingError
        When one is written otherwise.

    Examples
    --------
    >>> parse_settings(["n_estimators=500", "max_features=sqrt", "max_depth=null"])
    {'n_estimators': 500, 'max_features': 'sqrt', 'max_depth': None}
    """
    return dict(_setting(one) for one in written)


def _setting(written: str) -> tuple[str, Any]:
    name, equals, text = written.partition("=")
    if not (equals and name.strip()):
        raise SettingError(f"setting {written!r}: is not written as NAME=VALUE: write it so")
    try:
        return name.strip(), json.loads(text)
    except ValueError:
        return name.strip(), text.strip()
