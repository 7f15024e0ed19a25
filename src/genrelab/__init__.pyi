"""The public API, in the order in which data walks through it."""

__all__ = [
    "CONTRACT",
    "MODELS",
    "SERVICES",
    "SOURCES",
    "STUDIES",
    "TAXONOMIES",
    "Audit",
    "Binned",
    "Choice",
    "Classifier",
    "Cleaned",
    "Clusters",
    "Collected",
    "Dataset",
    "Explanation",
    "Exploration",
    "Exported",
    "GenrelabError",
    "Prepared",
    "Reading",
    "Recipe",
    "Report",
    "Song",
    "StudyReport",
    "Suspects",
    "Tuned",
    "announce",
    "audit",
    "bin",
    "choose_k",
    "clean",
    "cluster",
    "collect",
    "collecting",
    "compare",
    "crosswalk",
    "dataset",
    "evaluate",
    "explain",
    "explain_song",
    "explore",
    "honesty",
    "join",
    "label",
    "load",
    "prepare",
    "read",
    "save",
    "study",
    "suspects",
    "train",
    "train_few",
    "train_tuned",
    "tune",
    "validate",
    "write_html",
]

from . import audit, collecting, crosswalk, dataset
from .audit import Audit
from .classifier import Classifier
from .cleaning import Cleaned, clean
from .collecting import Collected, Exported, collect
from .dataset import Dataset
from .errors import GenrelabError
from .few import train_few
from .insight.cluster_choice import Choice, choose_k
from .insight.clustering import Clusters, cluster
from .insight.comparison import compare
from .insight.evaluation import announce, evaluate, honesty
from .insight.explanation import Explanation, explain
from .insight.explanation_song import Song, explain_song
from .insight.exploration import Exploration, explore
from .insight.report import write_html
from .insight.results import Report
from .insight.suspects import Suspects, suspects
from .labelling import label
from .models import MODELS
from .preparation import Prepared, prepare
from .recipe import Recipe
from .schema import CONTRACT, validate
from .services import SERVICES
from .sources import SOURCES, Reading, read
from .sources.table import join
from .store import load, save
from .studies import STUDIES, StudyReport, study
from .taxonomy import TAXONOMIES, Binned, bin
from .training import train
from .tuning import Tuned, train_tuned, tune
