"""Taxonomy: from free tags to the genres of one label space.

A taxonomy is a TOML file. Its genres stand in order, each with aliases (tags that mean exactly this genre)
and patterns (regular expressions searched for in a tag)::

    name = "three"
    pick = "first_genre"
    ignore = ["seen live"]

    [[genres]]
    name = "rock"
    aliases = ["grunge"]
    patterns = ["rock", "^new wave$"]

An ignored tag is as good as absent; a tag that is an alias means that genre and is not searched by patterns;
any other tag matches every genre that has a pattern in it. `pick` says what a track gets whose tags match
several genres:

- ``"first_genre"``: the one that stands first in the taxonomy;
- ``"first_tag"``: the one that its first matching tag gives, by the taxonomy's order;
- ``"only"``: none, since only a track that matches exactly one genre is labelled;
- ``"vote"``: the one that most tags name. A tag then names one genre, the last that is found in it, and of
  two that end together the longer: pop rap is rap, rap rock is rock. The first tag that names a genre counts
  one, the second a half, the third a third; in a list in alphabetical order all count the same.

What does not have to be there, with what it is by default::

    meaning = ""                  # one phrase: what the genres are
    origin = "three.toml"         # where the rules come from; by default the file's name
    folding = "case"              # what does not count when tags are compared
    ignore_patterns = []          # regular expressions for ignored tags, tried when no genre is found
    ignore_artist_name = false    # whether a tag that is the artist's own name is ignored

    [artist_ignore]               # tags that are ignored for one artist, such as jokes
    "Paris Hilton" = ["brutal death metal"]

With ``folding = "spelling"`` tags are compared without accents and punctuation, ``&`` and ``'n'`` are *and*,
and spaces do not count: a whole tag meets an alias without them, and where a pattern has a space there may be
none, so that ``hip hop`` is found in ``Hip-Hop`` and ``hiphop``. Patterns are written in lower case, and see
words with single spaces between them. What that leaves to aliases is told in `genrelab.taxonomy.folding`.

A tag that means no genre and is the track's own title is ignored. Where most values of a column are one text
with commas in it, such as ``house, french house, dance``, each is parted into tags at its commas.
"""

from genrelab.taxonomy.binning import Binned, bin  # noqa: A004 - the field's verb
from genrelab.taxonomy.reading import TAXONOMIES, load
from genrelab.taxonomy.space import Genre, Taxonomy

__all__ = ["TAXONOMIES", "Binned", "Genre", "Taxonomy", "bin", "load"]
