"""What several test files need: the command line, small data, real data."""

import csv
import functools
import io
import json
import os
import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from xdist.scheduler import LoadScopeScheduling

# The tests run in two processes (pyproject.toml), each with a core of its own. That
# must be said before TensorFlow is imported, and holds for the commands too.
for name in ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"):
    os.environ.setdefault(name, "1")

ROOT = Path(__file__).parents[1]
REAL_DATA = ROOT.parent / "shared" / "data"


class ByFixtures(LoadScopeScheduling):
    """Gives all tests of a file with fixtures of scope "module" to one process.

    Otherwise both processes would train what those fixtures train.
    """

    def _split_scope(self, nodeid: str) -> str:
        path = nodeid.partition("::")[0]
        return path if shares_fixtures(path) else nodeid


@functools.cache
def shares_fixtures(path: str) -> bool:
    return 'scope="module"' in (ROOT / path).read_text(encoding="utf-8")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    return ByFixtures(config, log)


@pytest.fixture
def command():
    """Return a function that runs `python -m examples.NAME ...` in the root."""

    def run(name, *words, check=0, text=None, env=None):
        done = subprocess.run(
            [sys.executable, "-m", f"examples.{name}", *map(str, words)],
            cwd=ROOT,
            input=text,
            capture_output=True,
            text=True,
            env={**os.environ, **(env or {})},
            timeout=300,
            check=False,
        )
        assert done.returncode == check, done.stdout + done.stderr
        return done

    return run


# Imports Keras and then runs each program that it is sent, in a fork of its own.
SERVER = """
import json, os, sys, keras
for line in sys.stdin:
    child = os.fork()
    if not child:
        exec(json.loads(line))
        os._exit(0)
    print(os.waitpid(child, 0)[1], flush=True)
"""


@pytest.fixture(scope="session")
def fresh():
    """Return a function that runs a program in a process which knows only Keras.

    It returns the exit status. There is one server for all programs, since importing
    Keras takes seconds.
    """
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    server = subprocess.Popen(
        [sys.executable, "-c", SERVER], cwd=ROOT, text=True, **pipes
    )

    def run(program):
        server.stdin.write(json.dumps(program) + "\n")
        server.stdin.flush()
        return int(server.stdout.readline())

    with server:
        yield run


@pytest.fixture
def in_process(monkeypatch, capsys):
    """Return a function that runs an example's `main` in this process: quicker.

    It returns what was printed. `errors` is what it said on stderr.
    """

    def run(main, *words, text="", check=0):
        monkeypatch.setattr(sys, "argv", ["example", *map(str, words)])
        stdin = io.TextIOWrapper(io.BytesIO(text.encode()))
        monkeypatch.setattr(sys, "stdin", stdin)
        status = 0
        try:
            main()
        except SystemExit as exit_:
            status = exit_.code
        captured = capsys.readouterr()
        run.errors = captured.err
        assert status == check, captured.err
        if check == 2:
            assert captured.err.startswith("error: ")
            assert captured.err.count("\n") == 1
            return captured.err
        assert not captured.err or captured.err.startswith("run: ")
        return captured.out

    return run


@pytest.fixture
def undrawn(monkeypatch):
    """Write no figures, which takes seconds, in a test that looks at none."""
    monkeypatch.setattr("common.training.plots.save", lambda *_, **__: None)


def write_reviews(path, *, rows=200, seed=0):
    """Write a file of short reviews of two labels that are easy to tell apart."""
    rng = random.Random(seed)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["label", "text"])
        for index in range(rows):
            label = ("bad", "good")[index % 2]
            filler = " ".join(rng.choices("abcdefgh", k=rng.randint(3, 9)))
            writer.writerow([label, f"{filler} {label}ish {index}"])
    return path


def write_code(path, *, lines=1000, seed=0):
    """Write a text with a simple grammar, some 20,000 characters."""
    rng = random.Random(seed)
    rows = []
    for _ in range(lines):
        name, one, two = rng.choices(["red", "blue", "green", "sum", "top"], k=3)
        rows.append(rng.choice([f"def {name}({one}):", f"    {one} = {two} + 1"]))
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


def write_sentences(path, *, count=300, seed=0):
    """Write sentences of one simple grammar, all different."""
    rng = random.Random(seed)
    adjectives, nouns = (
        ("red", "small", "old", "warm"),
        ("cat", "tree", "house", "boat"),
    )
    verbs, places = ("sees", "finds", "likes"), ("today", "here", "again", "now")
    lines = set()
    while len(lines) < count:
        a, b, one, two, verb, place = (
            rng.choice(words)
            for words in (*[adjectives] * 2, *[nouns] * 2, verbs, places)
        )
        lines.add(f"The {a} {one} {verb} a {b} {two} {place}.")
    path.write_text("\n".join(sorted(lines)) + "\n", encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def small_file(tmp_path_factory):
    """Return the path of a small file of labelled texts."""
    return write_reviews(tmp_path_factory.mktemp("data") / "small.csv")


def newest(runs_dir, example):
    """Return the folder of the newest finished run."""
    folder = Path(runs_dir) / example
    return folder / (folder / "latest").read_text().strip()


def results(folder):
    """Return `metrics.json` without the times, which differ from run to run."""
    document = json.loads((folder / "metrics.json").read_text())
    return {k: v for k, v in document.items() if "seconds" not in k}


def write_series(path, *, lengths=(60, 72, 48), seed=0, step="MS", covariate=False):
    """Write a long file of series with a trend, a season and noise, all above 0."""
    random = np.random.default_rng(seed)
    frames = []
    for number, length in enumerate(lengths):
        n = np.arange(length)
        season = 10 * np.sin(2 * np.pi * n / 12 + number)
        values = 50 + 20 * number + 0.2 * n + season + random.normal(0, 2, length)
        times = pd.date_range("2001-01-01", periods=length, freq=step)
        frame = pd.DataFrame({"unique_id": f"s{number}", "ds": times, "y": values})
        frames.append(frame.assign(x=n % 5) if covariate else frame)
    pd.concat(frames).to_csv(path, index=False)
    return path


def write_signals(path, *, windows=40, seed=0):
    """Write a long file of windows of unequal length: one label rises, one falls."""
    random = np.random.default_rng(seed)
    frames = []
    for number in range(windows):
        length, label = int(random.integers(4, 12)), ("down", "up")[number % 2]
        slope = (2 * (number % 2) - 1) * np.arange(length)
        frame = pd.DataFrame({"time": np.arange(length), "x": slope + random.normal()})
        frame["y"] = random.normal(size=length).round(3)
        names = {"unique_id": f"w{number}", "label": label, "who": number // 4}
        frames.append(frame.assign(**names))
    pd.concat(frames).to_csv(path, index=False)
    return path


def write_conllu(path, *, sentences=60, seed=0):
    """Write sentences in which a word's last letter tells its part of speech."""
    rng = random.Random(seed)
    lines = []
    for number in range(sentences):
        lines.append(f"# sent_id = {number}")
        for place in range(1, rng.randint(3, 8)):
            kind, end = rng.choice([("NOUN", "n"), ("VERB", "v"), ("ADJ", "j")])
            word = rng.choice("abcdefgh") + rng.choice("xyz") + end
            lines.append("\t".join([str(place), word, "_", kind, *"______"]))
        lines.append("")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def write_named(path, *, rows=80, seed=0):
    """Write rows of two numbers with a name: its last word tells the sign of x."""
    random = np.random.default_rng(seed)
    lines = ["name,x,y"]
    for number in range(rows):
        x, y = random.normal(size=2).round(3)
        word = "".join(random.choice(list("abcde"), 3))
        lines.append(f"{word}{number} {'up' if x > 0 else 'down'},{x},{y}")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path
