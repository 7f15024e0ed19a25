"""Measure accuracy: every table, every model, three seeds; ours, the published systems', and peers'.

    python benchmarks/accuracy.py [--tables NAMES] [--models NAMES] [--seeds 0,1,2] [--limit SECONDS]

What was measured is kept in ``benchmarks/results/accuracy/``, a cell a line, and is not measured again
until code, rows, limit or a peer's pins change: stop it and start it at will, here or elsewhere. Whatever
there is goes into ``benchmarks/results/accuracy.md`` and ``.json``, with what is missing; what stood there
before stays until it is measured anew. Peers live in ``$GENRELAB_CACHE`` (or the user's cache). Names are
separated by commas; models may be named by group: all, best, finer, single, baselines, published, peers.
"""

from __future__ import annotations

import argparse
import json
import re
import shlex
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

import accuracy_page
import record
from accuracy_cells import FINER, PEER_MODELS, Cells, Job, published_models, with_truth
from accuracy_earlier import with_earlier
from accuracy_summary import kept, lenient, promises, summarise
from genrelab.errors import GenrelabError
from genrelab.models import MODELS
from tables import FOLDS, TABLES, named

PROMISED = ("spotify_30k", "spotify_30k_audio")
SEEDS = (0, 1, 2)
SHARES = (0.125, 0.25, 0.5, 1.0)
GROUPS = ("all", "best", "finer", "single", "baselines", "published", "peers")


def main() -> None:
    """Measure what is missing, and write what there is."""
    asked = _arguments(sys.argv[1:])
    cells = Cells(limit=asked.limit, threads=asked.threads, reuse=asked.reuse_commit)
    jobs = list(dict.fromkeys(_jobs(asked)))
    if asked.plan:
        left = [job for job in jobs if cells.find(job) is None]
        print("\n".join([*map(_named, left), f"{len(left)} of {len(jobs)} cells are to be measured"]))
        return
    before = _before(asked)
    if not asked.summary:
        _measure(cells, jobs, again=not asked.only_missing)
    # What stands in the results is all that there is, not only what was asked for this time.
    figures = _named_gaps(with_earlier(_figures(cells, asked), before))
    command = shlex.join(["python", "benchmarks/accuracy.py", *sys.argv[1:]])
    record.write("accuracy", command, figures, list(accuracy_page.lines(figures)))


def _arguments(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tables", default="all", help=f"all, or some of {', '.join(TABLES)}")
    parser.add_argument("--models", default="all", help=f"names, or groups: {', '.join(GROUPS)}")
    parser.add_argument("--seeds", default=",".join(map(str, SEEDS)), help="which of them")
    parser.add_argument("--folds", type=int, default=FOLDS, help="folds of spotify_30k to promise over")
    parser.add_argument("--limit", type=float, default=300.0, help="seconds that a peer may fit")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--curve", action="store_true", help="learn from shares of the artists as well")
    parser.add_argument("--only-missing", action="store_true", help="leave alone what failed before")
    parser.add_argument("--reuse-commit", default="", help="take our own figures of this commit, or any")
    parser.add_argument("--summary", action="store_true", help="measure nothing, write what there is")
    parser.add_argument("--plan", action="store_true", help="measure nothing, say what would be")
    return parser.parse_args(words)


def _jobs(asked: argparse.Namespace) -> Iterator[Job]:
    """Yield what is to be measured: first what decides, then the rest, table by table."""
    tables = _chosen(asked.tables, list(TABLES))
    for seed in map(int, asked.seeds.split(",")):
        for table in tables:
            for model in _models(asked.models, table):
                yield from (Job(table, model, seed, share=s) for s in (SHARES if asked.curve else (1.0,)))
    if "best" in {model for table in tables for model in _models(asked.models, table)} and not asked.curve:
        for table in (name for name in PROMISED[:1] if name in tables):
            yield from (Job(table, "best", 0, fold) for fold in range(asked.folds))


@cache
def _models(asked: str, table: str) -> list[str]:
    """Name the models that were asked for and that are for this table."""
    usable = [name for name, model in MODELS.items() if not model.reads_sequences]
    named = published_models(table)
    finer = [FINER] if TABLES[table].finer else []
    groups = {
        "best": ["best"],
        "finer": finer,
        "single": [n for n in usable if not (MODELS[n].baseline or MODELS[n].members)],
        "baselines": [n for n in usable if MODELS[n].baseline],
        "published": list(named),
        "peers": list(PEER_MODELS),
    }
    groups["all"] = [name for group in ("best", "finer", "peers", "published", "single", "baselines")
                     for name in groups[group]]  # fmt: skip
    known = {*usable, FINER, *PEER_MODELS, *named, *(n for t in TABLES for n in published_models(t))}
    # Names of peers hold commas themselves: they are taken whole, the longest first.
    pattern = "|".join(re.escape(name) for name in sorted({*groups, *known}, key=len, reverse=True))
    if not re.fullmatch(f"(?:{pattern})(?:,(?:{pattern}))*", asked):
        raise SystemExit(f"--models {asked}: choose from {', '.join(sorted({*groups, *known}))}")
    words = re.findall(f"(?:^|,)({pattern})(?=,|$)", asked)
    chosen = dict.fromkeys(name for word in words for name in groups.get(word, [word]))
    peers = [n for n, peer in PEER_MODELS.items() if TABLES[table].artists or not peer.grouped]
    return [name for name in chosen if name in (*usable, *peers, *named, *finer)]


def _chosen(asked: str, known: Sequence[str]) -> list[str]:
    if asked == "all":
        return list(known)
    names = asked.split(",")
    for name in names:
        if name not in known:
            raise SystemExit(f"--tables {name}: choose from {', '.join(known)}")
    return names


def _measure(cells: Cells, jobs: Sequence[Job], *, again: bool) -> None:
    """Measure every cell that is not there, and say how it went."""
    for number, job in enumerate(jobs, start=1):
        known = cells.fresh(job)
        if known is not None and not (again and "failed" in known):
            continue
        start = time.perf_counter()
        cell = cells.measure(job)
        told = cell.get("failed") or f"{cell['true']['accuracy']['value']:.4f}"
        print(
            f"{number}/{len(jobs)}  {_named(job)}: {told}  ({time.perf_counter() - start:.0f} s)", flush=True
        )


def _named(job: Job) -> str:
    part = f", fold {job.fold}" if job.fold else ""
    return f"{job.table}, {job.model}, seed {job.seed}{part}" + ("" if job.share >= 1 else f", {job.share:g}")


def _figures(cells: Cells, asked: argparse.Namespace) -> dict[str, Any]:
    """Sum up every cell that there is, of all tables and models."""
    found: dict[str, Any] = {}
    curves: list[dict[str, Any]] = []
    gaps: dict[str, dict[str, list[int]]] = {}
    failed: dict[str, str] = {}
    for table in TABLES:
        jobs = [Job(table, model, seed) for model in _models("all", table) for seed in SEEDS]
        there = []
        for job in jobs:
            cell = _comparable(cells, job, failed)
            if cell is None:
                gaps.setdefault(job.model, {}).setdefault(table, []).append(job.seed)
            else:
                there.append(cell)
        if there:
            found[table] = {"facts": cells.facts(table), **summarise(there), "lenient": _lenient(there)}
        curves += _curve(cells, table)
    promised = (Job(table, "best", 0, fold) for table in PROMISED for fold in range(FOLDS))
    announced = [cell for job in promised if (cell := _comparable(cells, job, {}))]
    # Where the split is fixed, another seed is no other test part.
    every = {
        Job(name, "best", seed) for name in TABLES for seed in (SEEDS[:1] if TABLES[name].fixed else SEEDS)
    }
    every |= {Job(PROMISED[0], "best", 0, fold) for fold in range(FOLDS)}
    ordered = sorted(every, key=lambda job: (list(TABLES).index(job.table), job.seed, job.fold))
    looked_at = [cell for job in ordered if (cell := _comparable(cells, job, {}))]
    return {
        "limit": asked.limit,
        "threads": asked.threads,
        "tables": found,
        "promises": promises(announced),
        "kept": kept(looked_at),
        "curves": curves,
        "missing": gaps,
        "failed": failed,
    }


def _before(asked: argparse.Namespace) -> dict[str, Any]:
    """Read what stands in the results, which must be of the same limit and threads."""
    path = record.RESULTS / "accuracy.json"
    if not path.exists():
        return {"tables": {}, "promises": [], "kept": [], "curves": []}
    found: dict[str, Any] = json.loads(path.read_text("utf-8"))["figures"]
    if (found["limit"], found["threads"]) != (asked.limit, asked.threads):
        raise SystemExit(
            f"results are of --limit {found['limit']:g} --threads {found['threads']}: ask for these, or move"
            f" {path} away"
        )
    return found


def _named_gaps(figures: dict[str, Any]) -> dict[str, Any]:
    """Say of each model where it was not measured, as briefly as it can be said."""
    return {**figures, "missing": {model: _where(model, gaps) for model, gaps in figures["missing"].items()}}


def _comparable(cells: Cells, job: Job, failed: dict[str, str]) -> dict[str, Any] | None:
    """Return a cell with the truth beside it; None, and the reason where there is one, if there is none."""
    cell = cells.find(job)
    if cell is None:
        return None
    if "failed" in cell:
        failed[_named(job)] = cell["failed"]
        return None
    try:
        beside = with_truth(cell)
    except (FileNotFoundError, GenrelabError) as error:
        failed[_named(job)] = f"cannot be compared here: {error}"
        return None
    if beside is None:
        failed[_named(job)] = "was measured on other rows than the table has now"
    return beside


def _lenient(there: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Count any genre that a track's tags name as right; nothing where labels were not made of tags."""
    marked = [(cell, marks) for cell in there if (marks := named(cell)) is not None]
    found = lenient(marked) if marked else None
    return [] if found is None else [found]


def _where(model: str, gaps: dict[str, list[int]]) -> list[str]:
    """Say where a model was not measured, as briefly as it can be said."""
    possible = [table for table in TABLES if model in _models("all", table)]
    if len(possible) == len(gaps) and all(len(seeds) == len(SEEDS) for seeds in gaps.values()):
        return ["every table"] if len(possible) > 1 else possible
    return [
        table if len(seeds) == len(SEEDS) else f"{table} (seed {', '.join(map(str, seeds))})"
        for table, seeds in gaps.items()
    ]


def _curve(cells: Cells, table: str) -> Iterator[dict[str, Any]]:
    """Sum up the models that were measured on shares of the artists."""
    for model in _models("all", table):
        by_share: dict[float, list[dict[str, Any]]] = {}
        for share in SHARES:
            jobs = (Job(table, model, seed, share=share) for seed in SEEDS)
            got = [cell for job in jobs if (cell := _comparable(cells, job, {}))]
            if got:
                by_share[share] = got
        if len(by_share) < 2:
            continue
        # Of the same splits: points of others would make no curve.
        seeds = set.intersection(*({cell["seed"] for cell in got} for got in by_share.values()))
        for share, got in by_share.items() if seeds else ():
            same = [cell for cell in got if cell["seed"] in seeds]
            yield {"table": table, "share": share, **summarise(same)["models"][0]}


if __name__ == "__main__":
    main()
