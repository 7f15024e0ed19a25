"""One booster over descriptors and text: small on disk, and quick."""

from genrelab.models import Model

MODEL = Model(
    "boosted trees over descriptors and text, by LightGBM alone: small on disk, and quick",
    members=("lightgbm",),
    reads_text=True,
)
