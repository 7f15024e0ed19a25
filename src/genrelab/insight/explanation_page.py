"""The page of an explanation: what a model reads, what speaks for each genre, how sure it is, one song."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from genrelab.insight import document
from genrelab.insight import explanation_plots as plots
from genrelab.insight import explanation_tables as tables
from genrelab.insight.document import Card, Section
from genrelab.insight.explanation import Explanation
from genrelab.insight.explanation_song import Song

GLOSSARY = {
    "gain": "How much purer in genre the tracks became by splits on a feature, while the model learned.",
    "permutation importance": "A column is shuffled, so that it says nothing of its track; what the model"
    " then loses is what the column was worth. Of two columns that say the same, each looks dispensable.",
    "log loss": "Minus the logarithm of the probability of the true genre, on average: lower is better.",
    "SHAP value": "What a feature adds to what the model says of one track, in such shares that all features"
    " together make the whole difference from the average track.",
    "log-probability": "Adding 0.7 about doubles a genre's odds against the others; adding 2.3 is tenfold."
    " For a blend, what its models say is added up on this scale by their weights.",
    "coefficient": "The weight with which a linear model adds a feature to a genre's score.",
    "confidence": "The probability of the genre that the model names.",
    "text": "Title, artist and album as words, as far as the model may read them; counted as one feature.",
}


def write_html(
    found: Explanation, path: Path | str, title: str = "Why does it say so?", song: Song | None = None
) -> None:
    """Write an explanation as one HTML file that needs no network; sections that cannot be made are left out.

    Raises
    ------
    MissingExtra
        When plotly is not installed.
    OutputError
        When the file cannot be written.
    """
    made = [_song(song)] if song is not None else []
    made += [_read(found), *_genres(found), *_coefficients(found), *_tree(found), _confidence(found)]
    sections = [section for section in made if section.cards or section.notes]
    document.write(path, title, sections, glossary=GLOSSARY, synthetic=found.synthetic)


def _read(found: Explanation) -> Section:
    cards = []
    if found.permutation.height:
        accuracy = ("accuracy_drop", "accuracy_spread", "accuracy lost")
        loss = ("log_loss_rise", "log_loss_spread", "log loss gained")
        for kind in (accuracy, loss):
            told = tables.tabulate_permutation(found, f"Permutation importance: {kind[-1]}")
            cards.append(Card(told, plots.draw_permutation(found, *kind)))
    if found.shap.height:
        cards.append(Card(tables.tabulate_shap(found), plots.draw_shap(found)))
    if found.importance.height:
        cards.append(Card(tables.tabulate_importance(found), plots.draw_importance(found)))
    return Section("What it reads", tuple(cards), found.notes)


def _genres(found: Explanation) -> list[Section]:
    if not found.shap.height:
        return []
    cards = [Card(tables.tabulate_directions(found))]
    cards += [Card(tables.tabulate_genre(found, g), plots.draw_swarm(found, g)) for g in found.genres]
    return [Section("What speaks for each genre", tuple(cards))]


def _coefficients(found: Explanation) -> list[Section]:
    if not found.coefficients.height:
        return []
    pairs = found.coefficients.select("member", "genre").unique(maintain_order=True).iter_rows()
    cards = [
        Card(tables.tabulate_coefficients(found, *pair), plots.draw_coefficients(found, *pair))
        for pair in pairs
    ]
    return [Section("Coefficients", tuple(cards))]


def _tree(found: Explanation) -> list[Section]:
    if found.tree is None:
        return []
    card = Card(tables.tabulate_tree(found.tree), plots.draw_tree(found.tree, found.genres), wide=True)
    return [Section("The tree", (card,))]


def _confidence(found: Explanation) -> Section:
    kinds = found.densities["of"].unique(maintain_order=True)
    cards = [Card(tables.tabulate_density(found, of), plots.draw_density(found, of)) for of in kinds]
    return Section("How sure it is", tuple(cards))


def _song(song: Song) -> Section:
    cards = [Card(tables.tabulate_probabilities(song))]
    if song.contributions.height:
        told = tables.tabulate_song(song)
        told = replace(told, tells=f"{song.sentence}. {told.tells}")
        cards.insert(0, Card(told, plots.draw_waterfall(song)))
    if song.words.height:
        cards.append(Card(tables.tabulate_words(song)))
    notes = song.notes if song.contributions.height else (song.sentence, *song.notes)
    return Section("This song", tuple(cards), notes)
