"""Crosswalks: which genres of a model mean which genre of another collection.

A crosswalk is a TOML file that a person edits. Each line names a genre of the collection, and the genre or
genres of the model that mean it::

    [genres]
    "Hip-Hop" = ["hip hop", "rap"]
    "Soul-RnB" = "r&b"

Both label spaces are brought to a common one by three rules:

- Genres of the collection that share a genre of the model cannot be told apart, and count as one, with all
  genres of the model in their lines. Its probability is the sum of theirs.
- A genre of the collection that stands in no line, or in a line with an empty list, is left out of the score.
- A genre of the model that stands in no line is `ELSEWHERE`: to name it is wrong.

No probability is shared out anew: what a model gives to genres elsewhere, it takes from the right one. Genres
elsewhere are not added up, since they are not one genre: the likeliest of them stands for all. So the genre
that a track gets is the one that the model names, but for genres that the crosswalk brings together.
"""

from genrelab.crosswalk.drafting import check, draft, write
from genrelab.crosswalk.reading import load
from genrelab.crosswalk.space import ELSEWHERE, Common, Crosswalk, Group, common

__all__ = ["ELSEWHERE", "Common", "Crosswalk", "Group", "check", "common", "draft", "load", "write"]
