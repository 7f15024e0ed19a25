"""The public API, in the order in which data walks through it."""

__all__ = [
    "CONTRACT",
    "MODELS",
    "SOURCES",
    "TAXONOMIES",
    "Audit",
    "Binned",
    "Classifier",
    "Cleaned",
    "Dataset",
    "GenrelabError",
    "Prepared",
    "Reading",
    "Recipe",
    "Report",
    "announce",
    "audit",
    "bin",
    "clean",
    "compare",
    "dataset",
    "evaluate",
    "honesty",
    "join",
    "label",
    "load",
    "prepare",
    "read",
    "save",
    "train",
    "validate",
    "write_html",
]

from . import audit, dataset
from .audit import Audit
from .classifier import Classifier
from .cleaning import Cleaned, clean
from .dataset import Dataset
from .errors import GenrelabError
from .insight.comparison import compare
from .insight.evaluation import announce, evaluate, honesty
from .insight.report import write_html
from .insight.results import Report
from .labelling import label
from .models import MODELS
from .preparation import Prepared, prepare
from .recipe import Recipe
from .schema import CONTRACT, validate
from .sources import SOURCES, Reading
from .sources.table import join, read
from .store import load, save
from .taxonomy import TAXONOMIES, Binned, bin
from .training import train
