"""One model on one part of one table: measured once, and kept until rows, code or limit change.

Cells lie beside the results, a file a table and a line a cell, so that a benchmark begun on one machine goes
on on another. A cell holds no data: it says which genre a model chose for each test track, in the order of
the split, from which all comparisons follow where the table is at hand.
"""

from __future__ import annotations

import base64
import hashlib
import importlib
import json
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
import zlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import polars as pl

import genrelab
import record
import tables
from genrelab import dataset, scoring
from genrelab.dataset import Codes
from genrelab.errors import GenrelabError
from genrelab.files import written_aside
from genrelab.insight import confidence
from genrelab.models import MODELS
from genrelab.published import cache_folder
from genrelab.recipe import Recipe
from genrelab.scoring import Score
from genrelab.studies import STUDIES
from tables import TABLES, Part

PEERS = record.ROOT / "benchmarks" / "peers"
SOURCES = (*(record.ROOT / "src" / "genrelab").rglob("*.py"), *(record.ROOT / "src").rglob("*.toml"))
FINER = "best, finer words"
"""Our best, told the finer words of the tracks that it learns from, where a table has any."""
Kind = Literal["own", "published", "peer"]


@dataclass(frozen=True, slots=True)
class Peer:
    """Another system, run in an environment of its own: a script, its pins, and whether it knows artists."""

    script: str
    pins: str
    grouped: bool = False


AUTOGLUON = Peer("fit_autogluon.py", "autogluon")
PEER_MODELS: Mapping[str, Peer] = {
    "autogluon": AUTOGLUON,
    "autogluon, folds by artist": replace(AUTOGLUON, grouped=True),
    "mljar": Peer("fit_mljar.py", "mljar"),
    "plain lightgbm": Peer("fit_lightgbm.py", "lightgbm"),
    "plain catboost": Peer("fit_catboost.py", "catboost"),
    "plain realmlp": Peer("fit_realmlp.py", "realmlp"),
}
"""Every peer by the name that it has in the results."""


@dataclass(frozen=True, slots=True)
class Job:
    """What to measure: a model, a table, a seed, a fold of it, and a share of the artists to learn from."""

    table: str
    model: str
    seed: int
    fold: int = 0
    share: float = 1.0

    @property
    def kind(self) -> Kind:
        """Whose model it is."""
        if self.model in PEER_MODELS:
            return "peer"
        return "own" if self.model in (*MODELS, FINER) else "published"

    @property
    def stem(self) -> str:
        """Start of its file's name."""
        named = re.sub(r"\W+", "_", self.model)
        part = "" if self.share >= 1 else f"-share{self.share:g}"
        return f"{named}-seed{self.seed}-fold{self.fold}{part}"


def published_models(table: str) -> dict[str, tuple[Recipe, tuple[str, ...]]]:
    """Name the models of the study that was made for a table, with their recipes and columns."""
    study, words = TABLES[table].study, TABLES[table].words
    if not study:
        return {}
    columns = importlib.import_module(f"genrelab.studies.{study}").COLUMNS
    return {
        f"{study}: {trial.name}": (trial.honest, (*columns, "title") if words else columns)
        for trial in STUDIES[study].trials
        if trial.honest is not None and (trial.honest.features == "words") == words
    }


class Cells:
    """Cells beside the results, which may be asked for, measured and read; other files lie in a cache."""

    def __init__(
        self,
        folder: Path = record.RESULTS / "accuracy",
        *,
        limit: float,
        threads: int,
        reuse: str = "",
        cache: Path | None = None,
    ) -> None:
        self.folder, self.cache = folder, cache or _cache()
        self.limit, self.threads, self.reuse = limit, threads, reuse
        self.sources = _digest(sorted(SOURCES))

    def find(self, job: Job) -> dict[str, Any] | None:
        """Return what was measured, or None; whether its rows are still the same is not looked at."""
        cell = self._kept(job.table).get(self._name(job))
        if cell is None:
            return None
        reused = self.reuse == "any" or (self.reuse and cell["commit"].startswith(self.reuse))
        return cell if cell["code"] == self._code(job) or (reused and job.kind != "peer") else None

    def fresh(self, job: Job) -> dict[str, Any] | None:
        """Return what was measured on the rows that the table has now, or None."""
        cell = self.find(job)
        return cell if cell is not None and cell["rows"] == self._rows(job) else None

    def measure(self, job: Job) -> dict[str, Any]:
        """Measure, keep and return a cell; what fails is a cell that says why."""
        part = tables.part(job.table, job.seed, job.fold, job.share)
        try:
            found = _peer(job, part, self) if job.kind == "peer" else _own(job, part, self.threads)
        except (GenrelabError, PeerError) as error:
            found = {"failed": str(error)}
        except Exception as error:  # noqa: BLE001 - one model's fault must not end a day of measuring
            traceback.print_exc()
            found = {"failed": f"{type(error).__name__}: {error}"}
        cell = {
            **{name: getattr(job, name) for name in ("table", "model", "seed", "fold", "share", "kind")},
            "rows": part.rows,
            "code": self._code(job),
            "commit": record.commit(),
            "limit": self.limit if job.kind == "peer" else None,
            "threads": self.threads,
            "machine": _machine(),
            "measured": time.strftime("%Y-%m-%d %H:%M"),
            **found,
        }
        self.keep(job, cell)
        return cell

    def keep(self, job: Job, cell: Mapping[str, Any]) -> None:
        """Write a cell among those of its table, which are ordered by name."""
        kept = {**self._kept(job.table), self._name(job): cell}
        lines = [json.dumps({**one, "name": name}) + "\n" for name, one in sorted(kept.items())]
        self.folder.mkdir(parents=True, exist_ok=True)
        with written_aside(self.folder / f"{job.table}.jsonl") as file:
            file.write_text("".join(lines), "utf-8")

    def facts(self, table: str) -> dict[str, Any]:
        """Say what a table holds; read anew only where the code has changed."""
        path = self.cache / table / f"table-{self.sources}.json"
        if not path.exists():
            _write(path, tables.facts(table))
        said: dict[str, Any] = json.loads(path.read_text("utf-8"))
        return said

    def _kept(self, table: str) -> dict[str, dict[str, Any]]:
        path = self.folder / f"{table}.jsonl"
        lines = path.read_text("utf-8").splitlines() if path.exists() else []
        return {cell["name"]: cell for cell in map(json.loads, lines)}

    def _rows(self, job: Job) -> str:
        """Name the rows that a job has now; found once for each state of the code."""
        made = _digest([*sorted(SOURCES), Path(tables.__file__)])
        path = self.cache / job.table / f"rows-{made}.json"
        known: dict[str, str] = json.loads(path.read_text("utf-8")) if path.exists() else {}
        key = f"{job.seed}-{job.fold}-{job.share:g}"
        if key not in known:
            known[key] = tables.part(job.table, job.seed, job.fold, job.share).rows
            _write(path, known)
        return known[key]

    def _name(self, job: Job) -> str:
        return f"{job.stem}-{self.limit:g}s" if job.kind == "peer" else job.stem

    def _code(self, job: Job) -> str:
        """Name the state of what a cell is made by: our sources, or a peer's pins and script."""
        if job.kind != "peer":
            return self.sources
        peer = PEER_MODELS[job.model]
        return _digest([PEERS / f"{peer.pins}.txt", PEERS / peer.script, PEERS / "task.py"])


def with_truth(cell: Mapping[str, Any]) -> dict[str, Any] | None:
    """Set what a model chose beside the truth and the artists of the test rows: ``chosen, truth, groups``.

    None where the table has other rows now than were measured.
    """
    part = tables.part(cell["table"], cell["seed"], cell["fold"], cell["share"])
    if part.rows != cell["rows"] or list(part.train.genres) != cell["genres"]:
        return None
    return {**cell, "chosen": unpacked(cell["chosen"]), "truth": part.truth, "groups": part.groups}


def packed(chosen: Codes) -> str:
    """Write codes below 256 as text.

    Examples
    --------
    >>> unpacked(packed(np.array([3, 0, 0, 1]))).tolist()
    [3, 0, 0, 1]
    """
    return base64.b64encode(zlib.compress(chosen.astype(np.uint8).tobytes(), 9)).decode()


def unpacked(text: str) -> Codes:
    """Read what `packed` wrote."""
    return np.frombuffer(zlib.decompress(base64.b64decode(text)), dtype=np.uint8).astype(np.int64)


class PeerError(Exception):
    """A peer could not be installed, gave up, or took far too long."""


def _own(job: Job, part: Part, threads: int) -> dict[str, Any]:
    """Train one of our models, or one of a published study's by our own trainer."""
    recipe, columns = published_models(job.table).get(job.model, (None, part.train.columns))
    kept = tuple(name for name in columns if name in part.train.tracks.columns)
    data = replace(part.train, columns=kept)
    if job.model == FINER:
        data, recipe = dataset.tell_finer(data, TABLES[job.table].finer), Recipe("best")
    start = time.perf_counter()
    classifier = genrelab.train(
        data,
        job.model if recipe is None else recipe,
        seed=part.seed,
        threads=threads,
    )
    fit_seconds = time.perf_counter() - start
    start = time.perf_counter()
    probabilities = classifier.predict_proba(part.test)
    predict_seconds = time.perf_counter() - start
    together = None
    if classifier.card.together is not None:
        beside = classifier.predict_proba(part.test, together=True)
        together = float((beside.argmax(axis=1) == part.truth).mean())
    announced = classifier.card.scores["accuracy"]
    return {
        **_judged(part, probabilities),
        "announced": _plain(announced),
        "promises": _promises(classifier, part, probabilities),
        "together": together,
        "fit_seconds": fit_seconds,
        "predict_seconds": predict_seconds,
        "megabytes": _megabytes(classifier),
        "versions": dict(classifier.card.versions),
        "note": "",
    }


def _judged(part: Part, probabilities: Any) -> dict[str, Any]:
    """Score probabilities of the test rows, and keep what later comparisons need."""
    given = np.asarray(probabilities, dtype=float)
    scores = scoring.score(given, part.truth, part.groups)
    return {
        "true": {name: _plain(one) for name, one in scores.items()},
        "genres": list(part.train.genres),
        "tested": len(given),
        "chosen": packed(given.argmax(axis=1)),
        "calibration_by_chance": scoring.calibration_error_by_chance(given.max(axis=1)),
    }


def _promises(classifier: genrelab.Classifier, part: Part, probabilities: Any) -> list[dict[str, Any]]:
    """Set what a classifier promises by its confidence beside what is found on the test rows."""
    told = confidence.measure(
        classifier, probabilities, part.truth, part.groups, {}, unheard=True, seed=part.seed
    )
    return [
        {
            "name": one.name,
            "promised": one.promised,
            "announced": _plain(one.announced),
            "found": None if one.found is None else one.found.value,
        }
        for one in (() if told is None else told.kept)
    ]


def _plain(score: Score) -> dict[str, float]:
    return {"value": score.value, "low": score.low, "high": score.high}


def _megabytes(classifier: genrelab.Classifier) -> float:
    with tempfile.TemporaryDirectory() as folder:
        saved = genrelab.save(classifier, Path(folder, "model"))
        return sum(path.stat().st_size for path in saved.iterdir()) / 1e6


def _peer(job: Job, part: Part, cells: Cells) -> dict[str, Any]:
    """Give a peer the same rows and columns, and judge what it answers."""
    peer = PEER_MODELS[job.model]
    python = _environment(cells.cache.parent / "peers" / peer.pins, PEERS / f"{peer.pins}.txt")
    with tempfile.TemporaryDirectory(prefix="genrelab-peer-") as name:
        folder = Path(name)
        task = _task(part, peer, folder, cells)
        try:
            _run([str(python), str(PEERS / peer.script), str(task)], folder, cells)
        finally:
            _keep_log(folder / "log.txt", cells.cache / job.table / f"{job.stem}.log")
        answer: dict[str, Any] = json.loads((folder / "answer.json").read_text("utf-8"))
    value = answer.pop("announced")
    probabilities = answer.pop("probabilities")
    announced = None if value is None else {"value": value, "low": None, "high": None}
    return {**_judged(part, probabilities), "announced": announced, "together": None, **answer}


def _task(part: Part, peer: Peer, folder: Path, cells: Cells) -> Path:
    """Write what a peer is given; artists only where its folds are to keep them apart."""
    columns = [*part.numbers, *part.texts]
    data = part.train
    learned = data.tracks.select(*columns, pl.col(data.label).alias("genre"))
    if peer.grouped:
        learned = learned.with_columns(group=pl.Series(data.groups))
    learned.write_parquet(folder / "train.parquet")
    part.test.select(columns).write_parquet(folder / "test.parquet")
    said = {
        "train": str(folder / "train.parquet"),
        "test": str(folder / "test.parquet"),
        "numbers": list(part.numbers),
        "texts": list(part.texts),
        "genres": list(data.genres),
        "grouped": peer.grouped,
        "limit": cells.limit,
        "threads": cells.threads,
        "seed": part.seed,
        "folder": str(folder / "model"),
        "answer": str(folder / "answer.json"),
    }
    task = folder / "task.json"
    task.write_text(json.dumps(said), "utf-8")
    return task


def _run(command: list[str], folder: Path, cells: Cells) -> None:
    """Run a peer in a session of its own, and end that session where it takes far too long."""
    count = str(cells.threads)
    surroundings = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    surroundings |= {
        "OMP_NUM_THREADS": count,
        "MKL_NUM_THREADS": count,
        "OPENBLAS_NUM_THREADS": count,
        "CUDA_VISIBLE_DEVICES": "",
        "HF_HUB_OFFLINE": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONWARNINGS": "ignore",
    }
    log = folder / "log.txt"
    with log.open("w") as told:
        running = subprocess.Popen(
            command, cwd=folder, env=surroundings, stdout=told, stderr=told, start_new_session=True
        )
        try:
            code = running.wait(timeout=3 * cells.limit + 300)
        except subprocess.TimeoutExpired:
            raise PeerError(f"was ended after {3 * cells.limit + 300:g} s") from None
        finally:
            # Workers that it started may outlive it; they are all in its session.
            with suppress(ProcessLookupError):
                os.killpg(running.pid, signal.SIGKILL)
            running.wait()
    if code:
        lines = log.read_text("utf-8", errors="replace").strip().splitlines() or [""]
        raise PeerError(f"exit code {code}: {' / '.join(line.strip() for line in lines[-3:])[-400:]}")


def _keep_log(log: Path, place: Path) -> None:
    """Keep what a peer said, in the cache."""
    place.parent.mkdir(parents=True, exist_ok=True)
    with suppress(OSError):
        shutil.copyfile(log, place)


def _environment(folder: Path, pins: Path) -> Path:
    """Make a peer's environment, or take the one that is there if its pins are the same."""
    made, python = folder / "pins.txt", folder / "bin" / "python"
    if made.exists() and made.read_text("utf-8") == pins.read_text("utf-8"):
        return python
    print(f"installing {pins.stem} into {folder}", file=sys.stderr, flush=True)
    for command in (
        [sys.executable, "-m", "venv", str(folder)],
        [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", str(pins)],
    ):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise PeerError(f"{pins.name} could not be installed: {done.stderr.strip()[-400:]}")
    shutil.copyfile(pins, made)
    return python


def _cache() -> Path:
    named = os.environ.get("GENRELAB_CACHE")
    return (Path(named) if named else cache_folder()) / "accuracy"


def _digest(paths: list[Path]) -> str:
    told = hashlib.sha256()
    for path in paths:
        told.update(path.name.encode() + path.read_bytes())
    return told.hexdigest()[:10]


def _machine() -> str:
    """Name the kind of machine."""
    with suppress(OSError):
        found = re.search(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text("utf-8"))
        if found:
            return f"{os.cpu_count()} cores, {found.group(1)}"
    return f"{os.cpu_count()} cores, {platform.machine()}"


def _write(path: Path, content: Mapping[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with written_aside(path) as file:
        file.write_text(json.dumps(content), "utf-8")
