"""Documents of AcousticBrainz: what is kept of the low-level and of the high-level analysis of a recording.

What is kept is flat: a mapping with the columns of `LOW` or `HIGH`, all but ``track_id``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl

from genrelab.schema import REAL, TEXT, TEXTS, WHOLE
from genrelab.sources._convert import MODES, PITCH_CLASSES
from genrelab.sources._values import at, items, number, text, year

MBID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
"""A MusicBrainz identifier."""

METADATA: dict[str, pl.DataType] = {
    "title": TEXT, "artist": TEXT, "album": TEXT, "release_year": WHOLE, "duration": REAL, "tags": TEXTS,
}  # fmt: skip

_SOUND: dict[str, tuple[str, ...]] = {
    "tempo": ("rhythm", "bpm"),
    "beats_count": ("rhythm", "beats_count"),
    "onset_rate": ("rhythm", "onset_rate"),
    "rhythm_danceability": ("rhythm", "danceability"),
    "bpm_first_peak": ("rhythm", "bpm_histogram_first_peak_bpm", "mean"),
    "bpm_second_peak": ("rhythm", "bpm_histogram_second_peak_bpm", "mean"),
    "beats_loudness_mean": ("rhythm", "beats_loudness", "mean"),
    "key_strength": ("tonal", "key_strength"),
    "chords_changes_rate": ("tonal", "chords_changes_rate"),
    "chords_number_rate": ("tonal", "chords_number_rate"),
    "chords_strength_mean": ("tonal", "chords_strength", "mean"),
    "hpcp_entropy_mean": ("tonal", "hpcp_entropy", "mean"),
    "tuning_frequency": ("tonal", "tuning_frequency"),
    "tuning_diatonic_strength": ("tonal", "tuning_diatonic_strength"),
    "replay_gain": ("metadata", "audio_properties", "replay_gain"),
    "average_loudness": ("lowlevel", "average_loudness"),
    "dynamic_complexity": ("lowlevel", "dynamic_complexity"),
    **{
        f"{name}_{statistic}": ("lowlevel", name, statistic)
        for name in (
            "dissonance", "hfc", "pitch_salience", "spectral_centroid", "spectral_complexity",
            "spectral_decrease", "spectral_energy", "spectral_entropy", "spectral_flux", "spectral_kurtosis",
            "spectral_rms", "spectral_rolloff", "spectral_skewness", "spectral_spread",
            "spectral_strongpeak", "zerocrossingrate",
        )
        for statistic in ("mean", "var")
    },
}  # fmt: skip
"""Our name of a number to its place in a low-level document."""

_VECTORS: dict[str, tuple[int, tuple[str, ...]]] = {
    "mfcc": (13, ("lowlevel", "mfcc", "mean")),
    "spectral_contrast": (6, ("lowlevel", "spectral_contrast_coeffs", "mean")),
}
"""Our name of a list of numbers to its length and its place."""

LOW: dict[str, pl.DataType] = {
    **METADATA,
    **dict.fromkeys(_SOUND, REAL),
    "key": WHOLE,
    "mode": WHOLE,
    **{f"{name}_{i}_mean": REAL for name, (size, _) in _VECTORS.items() for i in range(1, size + 1)},
}
"""Columns of a low-level document."""

_CHANCES: dict[str, tuple[str, str]] = {
    "danceability": ("danceability", "danceable"),
    "acousticness": ("mood_acoustic", "acoustic"),
    "instrumentalness": ("voice_instrumental", "instrumental"),
    "female_voice": ("gender", "female"),
    "bright_timbre": ("timbre", "bright"),
    "tonal": ("tonal_atonal", "tonal"),
    **{f"mood_{mood}": (f"mood_{mood}", mood)
       for mood in ("aggressive", "electronic", "happy", "party", "relaxed", "sad")},
}  # fmt: skip
"""Our name of a probability to the model and the class it is of; the model's other class has the rest."""

_MODELS: dict[str, tuple[str, ...]] = {
    "moods_mirex": ("cluster1", "cluster2", "cluster3", "cluster4", "cluster5"),
    "ismir04_rhythm": (
        "chachacha", "jive", "quickstep", "rumba_american", "rumba_international", "rumba_misc",
        "samba", "tango", "viennesewaltz", "waltz",
    ),
    "genre_dortmund": (
        "alternative", "blues", "electronic", "folkcountry", "funksoulrnb", "jazz", "pop", "raphiphop",
        "rock",
    ),
    "genre_electronic": ("ambient", "dnb", "house", "techno", "trance"),
    "genre_rosamerica": ("cla", "dan", "hip", "jaz", "pop", "rhy", "roc", "spe"),
    "genre_tzanetakis": ("blu", "cla", "cou", "dis", "hip", "jaz", "met", "pop", "reg", "roc"),
}  # fmt: skip
"""Models of several classes; each class gets a column named after the model and the class."""
_OTHER_NAMES = {"bl": "blu", "co": "cou"}
"""What an older version of a model calls its classes."""

HIGH: dict[str, pl.DataType] = {
    **METADATA,
    **dict.fromkeys(_CHANCES, REAL),
    **{f"{model}_{kind}": REAL for model, kinds in _MODELS.items() for kind in kinds},
}
"""Columns of a high-level document."""


def parts(document: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield what a document holds: ``"low"``, ``"high"`` or both, each with what is kept of it.

    Examples
    --------
    >>> [(part, kept["tempo"]) for part, kept in parts({"rhythm": {"bpm": 120}})]
    [('low', 120.0)]
    """
    if not isinstance(document, Mapping):
        return
    if any(isinstance(document.get(name), Mapping) for name in ("lowlevel", "rhythm", "tonal")):
        yield "low", low(document)
    models = document.get("highlevel")
    if not isinstance(models, Mapping) and any(
        isinstance(at(one, "all"), Mapping) for one in document.values()
    ):
        models = document  # the models alone, as some keep them
    if isinstance(models, Mapping):
        yield "high", high(models, document)


def low(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is kept of a low-level document."""
    kept = _metadata(document) | {name: number(at(document, *path)) for name, path in _SOUND.items()}
    kept["key"] = PITCH_CLASSES.get((text(at(document, "tonal", "key_key")) or "").lower())
    kept["mode"] = MODES.get((text(at(document, "tonal", "key_scale")) or "").lower())
    for name, (size, path) in _VECTORS.items():
        values = items(at(document, *path))
        if len(values) == size:
            kept |= {f"{name}_{i}_mean": number(value) for i, value in enumerate(values, start=1)}
    return _filled(kept)


def high(models: Mapping[str, Any], document: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is kept of high-level models, and of the metadata beside them."""
    chances = {name: number(at(models, model, "all", kind)) for name, (model, kind) in _CHANCES.items()}
    for model in _MODELS:
        answered = at(models, model, "all")
        for theirs, chance in answered.items() if isinstance(answered, Mapping) else ():
            kind = theirs.lower().replace("-", "_")
            name = f"{model}_{_OTHER_NAMES.get(kind, kind)}"
            if name in HIGH:
                chances[name] = number(chance)
    return _filled(_metadata(document) | chances)


def recording(document: Any) -> str | None:
    """Return the MusicBrainz recording that a document says it is of."""
    found = text(_first(at(document, "metadata", "tags"), "musicbrainz_recordingid", "musicbrainz_trackid"))
    return found.lower() if found and MBID.fullmatch(found) else None


def _metadata(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the file that was analysed said of itself."""
    tags = at(document, "metadata", "tags")
    genres = [
        name
        for one in items(at(tags, "genre"))
        for part in re.split("[;|]", text(one) or "")
        if (name := part.strip())
    ]
    return {
        "title": text(_first(tags, "title")),
        "artist": text(_first(tags, "artist", "artists", "albumartist")),
        "album": text(_first(tags, "album")),
        "release_year": year(_first(tags, "originaldate", "originalyear", "date", "year")),
        "duration": number(at(document, "metadata", "audio_properties", "length")),
        "tags": genres or None,
    }


def _first(tags: Any, *names: str) -> Any:
    """Return the first value of the first of these fields that has one."""
    return next((values[0] for name in names if (values := items(at(tags, name)))), None)


def _filled(kept: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in kept.items() if value is not None}
