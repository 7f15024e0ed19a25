"""Run the command line: ``python -m genrelab``."""

from genrelab.cli import main

main()
