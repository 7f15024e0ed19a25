"""A drawer of studies, one module per published system. To add one, write a file that defines ``STUDY``.

A study sets three columns side by side: what was *published*, what comes of doing the same again (*repeated*,
leaks included), and what is left on artists that no model has heard (*honest*).
"""

from genrelab.studies._page import as_dict, tabulate, tabulate_overview, write
from genrelab.studies._plan import STUDIES, Material, Measure, Study, Trial, draw
from genrelab.studies._running import Row, StudyReport, missing, study

__all__ = [
    "STUDIES",
    "Material",
    "Measure",
    "Row",
    "Study",
    "StudyReport",
    "Trial",
    "as_dict",
    "draw",
    "missing",
    "study",
    "tabulate",
    "tabulate_overview",
    "write",
]
