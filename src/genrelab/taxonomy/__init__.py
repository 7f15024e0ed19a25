"""Taxonomy: from free tags to the genres of one label space.

A taxonomy is a TOML file. Its genres stand in order, each with aliases (tags that mean exactly this genre)
and patterns (regular expressions searched for in a tag)::

    name = "three"
    meaning = "an example"
    origin = "where the rules come from"
    pick = "first_genre"
    ignore = ["seen live"]

    [[genres]]
    name = "rock"
    aliases = ["grunge"]
    patterns = ["rock", "^new wave$"]

Tags, aliases and patterns are compared without case. An ignored tag is as good as absent; a tag that is an
alias means that genre and is not searched by patterns; any other tag matches every genre that has a pattern
in it. `pick` says what a track gets whose tags match several genres:

- ``"first_genre"``: the one that stands first in the taxonomy;
- ``"first_tag"``: the one that its first matching tag gives, by the taxonomy's order;
- ``"only"``: none, since only a track that matches exactly one genre is labelled.
"""

from genrelab.taxonomy.binning import Binned, bin  # noqa: A004 - the field's verb
from genrelab.taxonomy.reading import TAXONOMIES, load
from genrelab.taxonomy.space import Genre, Taxonomy

__all__ = ["TAXONOMIES", "Binned", "Genre", "Taxonomy", "bin", "load"]
