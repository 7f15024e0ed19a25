"""What to fit: a model of the drawer, and everything that may be chosen about it."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from importlib.util import find_spec
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
    genrelab.errors.UnknownName: no setting of 'logistic' 'c': did you mean 'C'? (known: C, l1_ratio)
    """

    model: str = "best"
    settings: Mapping[str, Any] = field(default_factory=dict)
    features: Features = "derived"
    steps: tuple[str, ...] = ()
    sampling: str | None = None
    class_weights: ClassWeights = None

    def __post_init__(self) -> None:
        model = MODELS[self.model]
        object.__setattr__(self, "settings", _plain(self.settings))
        object.__setattr__(self, "steps", _listed(self.steps))
        for written in self.settings:
            self._check_setting(written)
        if self.features not in FEATURES:
            raise UnknownName("kind of features", self.features, FEATURES)
        steps.check(self.steps)
        sampling.check(self.sampling)
        self._check_fit(model)
        for member in self.members:
            self._check_wrapped(member)

    @property
    def members(self) -> tuple[str, ...]:
        """Names of the models that have an estimator."""
        return MODELS[self.model].members or (self.model,)

    @property
    def present(self) -> tuple[str, ...]:
        """Names of the members that are fitted here; a model that is no blend is its only member.

        Those whose packages are not installed are left out, and those that others spare, unless settings
        name them.
        """
        model = MODELS[self.model]
        if not model.members:
            return self.members
        here = [name for name in self.members if not MODELS[name].needs or find_spec(MODELS[name].needs)]
        return tuple(name for name in here if model.spared.get(name) not in here or self._own(name))

    def settings_of(self, member: str) -> dict[str, Any]:
        """Return all settings of a member: its own, with what differs here put in their place."""
        own = self._own(member)
        learner = self.learner(member)
        inner = {} if learner == member else MODELS[learner].settings
        return {**inner, **MODELS[member].settings, **own}

    def learner(self, member: str) -> str:
        """Name the model that learns: the member, or the one that it is made of."""
        wraps = MODELS[member].wraps
        return str({**MODELS[member].settings, **self._own(member)}[wraps]) if wraps else member

    def read(self, tracks: pl.DataFrame, columns: Sequence[str]) -> Inputs:
        """Read the features that the model may know."""
        model = MODELS[self.model]
        if model.reads_artist:
            return inputs.artists(tracks)
        if model.reads_sequences:
            return inputs.sequences(tracks, columns, self.settings_of(self.model)["frames"])
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
        if self.sampling is not None and sampling.SAMPLINGS[self.sampling].invents and not self.steps:
            return steps.gaps_filled()
        return steps.build(self.steps, names, seed=seed)

    def check_finer(self) -> None:
        """Raise SettingError where it can learn no kinds of genres from finer words."""
        if self.sampling is not None:
            raise SettingError(
                f"finer: sampling {self.sampling!r} would make kinds equally frequent, not genres: choose one"
            )
        if not any(MODELS[name].kinds for name in self.members):
            able = [n for n, model in MODELS.items() if any(MODELS[m].kinds for m in model.members or (n,))]
            raise SettingError(
                f"finer: model {self.model!r} learns no kinds of genres: choose from {', '.join(able)}"
            )

    def said(self) -> str:
        """Say in words what differs from the model as it comes; nothing where nothing does.

        Examples
        --------
        >>> Recipe("logistic", {"C": 10}, steps=("standardise", "pca:0.9")).said()
        'settings C=10; steps standardise, pca:0.9'
        """
        weights = self.class_weights
        told = {
            "settings ": ", ".join(f"{name}={value}" for name, value in self.settings.items()),
            "features ": self.features if self.features != "derived" else "",
            "steps ": ", ".join(self.steps),
            "sampling ": self.sampling or "",
            "class weights ": weights if isinstance(weights, str) else "given" if weights else "",
        }
        return "; ".join(name + what for name, what in told.items() if what)

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain values, from which ``Recipe(**values)`` makes it again."""
        return {**asdict(self), "steps": list(self.steps)}

    def _own(self, member: str) -> dict[str, Any]:
        """Return what is set here for a member."""
        prefix = "" if member == self.model else f"{member}."
        return {w.removeprefix(prefix): v for w, v in self.settings.items() if w.startswith(prefix)}

    def _check_setting(self, written: str) -> None:
        member, dot, name = written.rpartition(".")
        member = member if dot else self.model
        if member not in self.members or (dot and member == self.model):
            known = [
                f"{m}.{n}" if MODELS[self.model].members else n for m in self.members for n in settable(m)
            ]
            raise UnknownName(f"setting of {self.model!r}", written, known)
        names = {*settable(member), *settable(self.learner(member))}
        if name not in names:
            raise UnknownName(f"setting of {member!r}", name, names)

    def _check_wrapped(self, member: str) -> None:
        """Raise where a model is made of one that cannot be part of it, or cannot weigh genres."""
        name = self.learner(member)
        if name == member and not MODELS[member].wraps:
            return
        inner = MODELS[name]
        if inner.build is None or inner.baseline or inner.wraps or inner.reads_sequences:
            raise SettingError(
                f"{MODELS[member].wraps}: {member!r} cannot be made of {name!r}: choose a model of numbers"
                f" that is no blend, no baseline and not {member!r}"
            )
        if self.class_weights is not None and not inner.weighted:
            raise SettingError(f"class weights: model {name!r} cannot weigh genres: choose another model")

    def _check_fit(self, model: Model) -> None:
        """Raise where the model cannot do what the recipe asks for."""
        shaped = self.steps or self.features != "derived" or self.sampling
        if model.baseline and shaped:
            raise SettingError(
                f"model {self.model!r}: a baseline takes no features, steps or sampling: leave them out"
            )
        if model.reads_sequences and shaped:
            raise SettingError(
                f"model {self.model!r}: reads sequences, without features, steps or sampling: leave them out"
            )
        if self.features == "words":
            self._check_words()
        if self.class_weights is not None:
            for name in self.members:
                if not MODELS[name].weighted:
                    raise SettingError(
                        f"class weights: model {name!r} cannot weigh genres: choose another model"
                    )
        if self.sampling is not None and sampling.SAMPLINGS[self.sampling].invents:
            self._check_invented()

    def _check_words(self) -> None:
        if not all(MODELS[member].sparse for member in self.members):
            able = ", ".join(name for name, each in MODELS.items() if each.sparse)
            raise SettingError(f"features 'words': {self.model!r} cannot count words: choose from {able}")
        if self.steps or self.sampling:
            raise SettingError(
                "features 'words': are not scaled, projected or sampled: leave --steps and --sampling out"
            )

    def _check_invented(self) -> None:
        """Raise where the model must know more of a track than can be invented."""
        if self.class_weights is not None:
            raise SettingError(
                f"sampling {self.sampling!r}: makes genres equal already: leave class weights out"
            )
        for name in self.members:
            if MODELS[self.learner(name)].grouped:
                raise SettingError(
                    f"sampling {self.sampling!r}: invented tracks have no artist, whom {name!r} must know:"
                    " choose under or over"
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
    return tuple(sorted({*named, *model.settings, *model.space} - {"seed", "threads"}))


def parse_settings(written: Iterable[str]) -> dict[str, Any]:
    """Read settings written as ``name=value``; a value is JSON, or else text.

    Raises
    ------
    SettingError
        When one is written otherwise, or twice.

    Examples
    --------
    >>> parse_settings(["n_estimators=500", "max_features=sqrt", "max_depth=null"])
    {'n_estimators': 500, 'max_features': 'sqrt', 'max_depth': None}
    """
    read: dict[str, Any] = {}
    for one in written:
        name, value = _setting(one)
        if name in read:
            raise SettingError(f"setting {one!r}: {name} is given twice: give it once")
        read[name] = value
    return read


def _setting(written: str) -> tuple[str, Any]:
    name, equals, text = written.partition("=")
    if not (equals and name.strip() and text.strip()):
        raise SettingError(f"setting {written!r}: is not written as NAME=VALUE: write it so")
    try:
        return name.strip(), json.loads(text)
    except ValueError:
        return name.strip(), text.strip()


def _plain(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings as they come back from the disk.

    Raises
    ------
    SettingError
        When one cannot be written there.
    """
    for name, value in settings.items():
        try:
            json.dumps(value, allow_nan=False)
        except (TypeError, ValueError) as error:
            raise SettingError(
                f"setting {name!r}: {value!r} is no number, word, truth value or list: give one"
            ) from error
    plain: dict[str, Any] = json.loads(json.dumps(dict(settings)))
    return plain


def _listed(written: Sequence[str]) -> tuple[str, ...]:
    """Return steps as a tuple; one alone, which Python would read letter by letter, is one step."""
    return (written,) if isinstance(written, str) else tuple(written)
