"""Wrong input of every kind: one line, exit status 2, and nothing is written.

All cases run in one process, on runs and files of toy size.
"""

import contextlib
import dataclasses
import importlib
import io
import shutil
import sys
import typing
import zipfile
from pathlib import Path

import pytest

from common.settings import Limits
from examples import __main__ as all_examples
from examples import new_example
from tests.conftest import (
    ROOT,
    newest,
    write_code,
    write_conllu,
    write_named,
    write_reviews,
    write_sentences,
    write_series,
    write_signals,
)

EXAMPLES = new_example.templates(ROOT)
MAINS = {
    name: importlib.import_module(f"examples.{name}.__main__") for name in EXAMPLES
} | {"all": all_examples}
# A toy training of each example, and what its own verb is given.
TRAINED = {
    "sentiment": ["--data", "reviews.csv", "--units", "4", "--epochs", "1"],
    "sorting": [
        *("--units", "8", "--length", "4", "--epochs", "1"),
        *("--steps-per-epoch", "10"),
    ],
    "text_generation": [
        *("--data", "text.txt", "--units", "8", "--epochs", "1"),
        *("--batch-size", "8"),
    ],
    "tagging": ["--data", "words.conllu", "--units", "4", "--epochs", "1"],
    "signals": ["--data", "signals.csv", "--units", "4", "--epochs", "1"],
    "grammar": [
        *("--data", "sentences.txt", "--units", "4", "--epochs", "1", "--copies", "1"),
    ],
    "naming": ["--data", "named.csv", "--units", "4", "--epochs", "1"],
    "forecasting": ["--preset", "smoke", "--data", "series.csv", "--epochs", "1"],
}
VERBS = {
    "sentiment": ["classify", "a good text"],
    "sorting": ["sort", "3", "1", "2"],
    "text_generation": ["generate", "--length", "5"],
    "signals": ["classify", "signals.csv"],
    "grammar": ["check", "The cat a sees."],
    "tagging": ["colour", "text.txt"],
    "naming": ["name", "1,2"],
    "forecasting": ["forecast", "--output", "out.csv"],
}
LONG = "n" * 300  # longer than a file name may be
HUGE = "9" * 400


def call(name, words, stdin=b""):
    """Run a command in this process; return status, stdout and stderr."""
    out, err = io.StringIO(), io.StringIO()
    before = sys.argv, sys.stdin
    sys.argv = [name, *words]
    sys.stdin = io.TextIOWrapper(io.BytesIO(stdin))
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            MAINS[name].main()
        status = 0
    except SystemExit as exit_:
        status = exit_.code
    finally:
        sys.argv, sys.stdin = before
    return status, out.getvalue(), err.getvalue()


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Return a folder with small files and a finished run of every example."""
    folder = tmp_path_factory.mktemp("place")
    write_reviews(folder / "reviews.csv")
    write_code(folder / "text.txt")
    write_sentences(folder / "sentences.txt")
    write_series(folder / "series.csv")
    write_signals(folder / "signals.csv")
    write_conllu(folder / "words.conllu")
    write_named(folder / "named.csv")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setattr("common.training.plots.save", lambda *_, **__: None)  # quicker
        for name, words in TRAINED.items():
            status, out, err = call(name, words)
            assert status == 0, out + err
    return folder


@pytest.fixture
def here(place, monkeypatch):
    """Work in the folder; return a function that expects a complaint in one line."""
    monkeypatch.chdir(place)

    def complains(name, words, *, stdin=b"", runs="runs"):
        if name in EXAMPLES and "--runs-dir" not in words:
            words = [*words, "--runs-dir", runs]
        before = listing(place)
        status, _, err = call(name, words, stdin)
        announced = [line for line in err.splitlines() if line.startswith("run: ")]
        (line,) = [line for line in err.splitlines() if line not in announced]
        assert status == 2, err
        assert line.startswith("error: ")
        assert line.isprintable()
        assert len(line) < 900
        assert listing(place) == before
        return line

    return complains


def listing(folder):
    return sorted(
        (str(path.relative_to(folder)), path.stat().st_size)
        for path in folder.rglob("*")
        if path.name != ".lock"
    )


def verbs(name):
    """Return the verbs of an example with their settings: (words, class)."""
    module = MAINS[name]
    names = ["train", "compare", VERBS[name][0]]
    for verb in names:
        (hints,) = [
            hint
            for key, hint in typing.get_type_hints(getattr(module, verb)).items()
            if key != "return"
        ]
        yield verb, hints


def limits_of(hint):
    """Return the limits in an annotation, or `None`."""
    marks = getattr(hint, "__metadata__", ())
    found = [mark for mark in marks if isinstance(mark, Limits)]
    return found[0] if found else None


def number_cases():
    """Yield wrong values of every number that an example's verbs take."""
    for name in EXAMPLES:
        for verb, kind in verbs(name):
            hints = typing.get_type_hints(kind, include_extras=True)
            for field in dataclasses.fields(kind):
                limits = limits_of(hints[field.name])
                if limits is None or (verb == "compare" and field.name != "seeds"):
                    continue
                flag = "--" + field.name.replace("_", "-")
                over = limits.at_most + (0 if limits.below else 1)
                # The other two are wrong for every number in the same way.
                values = (f"{over:.0f}", HUGE, "nan")
                for value in values if field.name == "seed" else values[:1]:
                    yield pytest.param(name, [verb, flag, value], id=f"{name} {flag}")


@pytest.mark.parametrize(("name", "words"), number_cases())
def test_number_beyond_its_limit(here, name, words):
    assert words[1] in here(name, words)


def text_cases():
    """Yield texts that no setting takes, for every setting that takes text."""
    for name in EXAMPLES:
        for verb, kind in verbs(name):
            for field in dataclasses.fields(kind):
                hint = typing.get_type_hints(kind)[field.name]
                if hint not in (str, str | None) or field.name == "preset":
                    continue
                flag = "--" + field.name.replace("_", "-")
                for value in ("", "a\0b", "\udcff"):
                    words = [verb, flag, value]
                    yield pytest.param(name, words, id=f"{name} {verb} {flag}")


@pytest.mark.parametrize(("name", "words"), text_cases())
def test_text_that_is_none(here, name, words):
    assert words[1] in here(name, words)


FLAGS = {
    "classfy": "the verb must be one of",
    "--epoch 3": "Unrecognized options",
    "--units": "--units",
    "--units x": "--units",
    "--units 3 4": "4",
    "--preset tiny": "--preset must be one of",
    "--preset": "--preset",
    "--preset smoke --preset tiny": "--preset must be one of",
    "--resume=1": "--resume",
    "--no-resume": "--no-resume",
    "--resume": "--resume needs an interrupted run",
    "compare --resume": "--resume needs an interrupted comparison",
    "--cell rnn": "--cell",
    "--seed -1": "--seed",
    "compare --seeds 0": "--seeds",
    "compare --cell gru": "--cell",
    f"--runs-dir {LONG}": "--runs-dir",
    "--runs-dir series.csv": "--runs-dir",
}


@pytest.mark.parametrize("name", EXAMPLES)
@pytest.mark.parametrize("words", FLAGS)
def test_flag_that_is_wrong(here, name, words):
    assert FLAGS[words] in here(name, words.split())


DATA = {
    "missing.csv": None,
    "folder.csv": Path,
    "empty.csv": b"",
    "blank.csv": b" \n\n",
    "latin.csv": b"text,label\n\xe9,a\n",
    "kind.xyz": b"text",
    "header.csv": b"text,label,ds,y\n",
    "twice.csv": b"text,text,ds,ds,y,y\na,b,c,d,1,2\n",
    "ragged.csv": b"text,label\na,b,c\n",
    "nul.csv": b"text,label\na\0,b\n",
    "other.csv": b"a,b\n1,2\n",
    "open.csv": b'text,label\n"a,b\n',
    f"{LONG}.csv": None,
}
FEW = "\n".join(f"text {n},{n % 2}" for n in range(8)).encode()
REGRESSION = "\n".join(f"text {n},{n / 7}" for n in range(60)).encode()
ONE = "\n".join(f"text {n},a" for n in range(60)).encode()
DEEP = b'{"text": ' + b"[" * 100_000 + b"\n"
DATA_OF = {
    "sentiment": {
        **DATA,
        "few.csv": b"text,label\n" + FEW,
        "numbers.csv": b"text,label\n" + REGRESSION,
        "one.csv": b"text,label\n" + ONE,
        "a.jsonl": b"[1]\n",
        "b.jsonl": b'{"text": 5, "label": "a"}\n',
        "deep.jsonl": DEEP,
        "digits.jsonl": b'{"text": "a", "label": ' + b"9" * 400 + b"}\n",
        "half.jsonl": b'{"text": "a"',
    },
    "text_generation": {
        "missing.txt": None,
        "empty.txt": b"",
        "latin.txt": b"\xe9" * 20_000,
        "nul.txt": b"a\0" * 20_000,
        "short.txt": b"short",
        "empty_folder": Path,
        "distinct.txt": "".join(chr(0x4E00 + n) for n in range(20_000)).encode(),
    },
    "tagging": {
        "missing.conllu": None,
        "folder.conllu": Path,
        "empty.conllu": b"",
        "latin.conllu": b"\xe9",
        "nul.conllu": b"1\ta\0\n",
        "cells.conllu": b"1\ta\tNOUN\n",
        "few.conllu": b"1\ta\t_\tNOUN" + b"\t_" * 6 + b"\n",
        "broken.py": b"def f(:\n",
        "few.py": b"x = 1\n",
        "kind.csv": b"x",
    },
    "grammar": {
        "missing.txt": None,
        "folder": Path,
        "empty.txt": b"",
        "latin.txt": b"\xe9",
        "nul.txt": b"A word is a\0 word.\n" * 200,
        "few.txt": b"The cat sees a dog here.\n",
        "again.txt": b"The cat sees a dog here.\n" * 200,
        "no_end.txt": b"the cat sees a dog here\n" * 200,
    },
    "signals": {
        **DATA,
        "words.csv": b"unique_id,x,label\na,one,u\n",
        "wide.csv": b"x_0,x_1,y_0,label\n1,2,3,u\n",
        "few.csv": b"unique_id,x,label\na,1,u\nb,2,v\n",
        "two.csv": b"unique_id,x,label\na,1,u\na,2,v\n",
        "alone.csv": b"unique_id,label\na,u\n",
        "deep.jsonl": DEEP,
    },
    "naming": {
        **DATA,
        "words.csv": b"name,x\na,one\n",
        "infinite.csv": b"name,x\na,inf\n",
        "few.csv": b"name,x\na,1\nb,2\n",
        "alone.csv": b"name\na\n",
        "deep.jsonl": DEEP,
    },
    "forecasting": {
        **DATA,
        "words.csv": b"ds,y\n" + b"2001-01-01,many\n" * 30,
        "infinite.csv": b"ds,y\n2001-01-01,inf\n2002-01-01,1\n2003-01-01,2\n",
        "times.csv": b"ds,y\nyesterday,1\ntoday,2\ntomorrow,3\n",
        "before.csv": b"ds,y\n-0044-03-15,1\n-0043-03-15,2\n-0042-03-15,3\n",
        "back.csv": b"ds,y\n2003-01-01,1\n2002-01-01,2\n2001-01-01,3\n",
        "again.csv": b"ds,y\n2001-01-01,1\n2001-01-01,2\n2003-01-01,3\n",
        "zones.csv": b"ds,y\n2001-01-01T00:00+01:00,1\n2001-01-02T00:00,2\n"
        b"2001-01-03T00:00,3\n",
        "two.csv": b"ds,y\n2001-01-01,1\n2002-01-01,2\n",
        "flat.csv": b"ds,y\n"
        + b"".join(b"%d-01-01,5\n" % year for year in range(1900, 1960)),
        "gap.csv": b"ds,y\n"
        + b"".join(
            b"%d-01-01,%d\n" % (year, year % 7)
            for year in range(1900, 1980)
            if not 1930 < year < 1950
        ),
    },
}


@pytest.mark.parametrize(
    ("name", "file"),
    [
        pytest.param(name, file, id=f"{name} {file[:20]}")
        for name, files in DATA_OF.items()
        for file in files
    ],
)
def test_data_that_cannot_be_learned_from(here, place, name, file):
    content, path = DATA_OF[name][file], place / file
    if content is Path:
        path.mkdir()
    elif content is not None:
        path.write_bytes(content)
    try:
        here(name, ["--data", file])
    finally:
        if content is Path:
            path.rmdir()
        elif content is not None:
            path.unlink()


def bomb():
    """Return a small zip file that unpacks to more than a model may have."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("metadata.json", "config.json", "model.weights.h5"):
            archive.writestr(name, b"0" * 2**20)
    # The sizes that the directory claims are checked before anything is unpacked.
    return content.getvalue().replace(
        (2**20).to_bytes(4, "little"), (2**32 - 2).to_bytes(4, "little")
    )


DAMAGE = {
    "gone": None,
    "folder": Path,
    "empty": b"",
    "bytes": b"\xff\xfe\x00",
    "half": b'{"a": ',
    "list": b"[1, 2]",
    "text": b'"a"',
    "number": b"5",
    "null": b"null",
    "digits": b'{"a": ' + b"9" * 400 + b"}",
    "deep": b"[" * 100_000,
    "bomb": bomb(),
}
PARTS = ("config.json", "metrics.json", "preprocessor.json", "model.keras")


@pytest.mark.parametrize("name", EXAMPLES)
@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("damage", DAMAGE)
def test_run_that_is_damaged(here, place, name, part, damage):
    run = newest(place / "runs", name)
    damaged = run.with_name("damaged")
    shutil.copytree(run, damaged)
    path, content = damaged / part, DAMAGE[damage]
    path.unlink()
    if content is Path:
        path.mkdir()
    elif content is not None:
        path.write_bytes(content)
    try:
        here(name, [*VERBS[name], "--run", str(damaged)])
    finally:
        shutil.rmtree(damaged)


@pytest.mark.parametrize("name", EXAMPLES)
def test_weights_that_are_not_finite(here, place, name):
    import keras
    import numpy as np

    run = newest(place / "runs", name)
    damaged = run.with_name("not_finite")
    shutil.copytree(run, damaged)
    importlib.import_module(f"examples.{name}.predict")
    model = keras.saving.load_model(damaged / "model.keras", compile=False)
    model.set_weights([np.full_like(w, np.nan) for w in model.get_weights()])
    model.save(damaged / "model.keras")
    try:
        line = here(name, [*VERBS[name], "--run", str(damaged)])
        assert "not finite" in line
    finally:
        shutil.rmtree(damaged)


@pytest.mark.parametrize("name", EXAMPLES)
def test_run_of_another_example(here, place, name):
    other = EXAMPLES[EXAMPLES.index(name) - 1]
    run, own = newest(place / "runs", other), newest(place / "runs", name)
    here(name, [*VERBS[name], "--run", str(run)])
    # Its settings say that it is of this example; its layers are the other's.
    mixed = own.with_name("mixed")
    shutil.copytree(own, mixed)
    shutil.copy(run / "model.keras", mixed)
    try:
        here(name, [*VERBS[name], "--run", str(mixed)])
    finally:
        shutil.rmtree(mixed)


@pytest.mark.parametrize("name", EXAMPLES)
@pytest.mark.parametrize("latest", [b"", b"..", b"a/b", b"\xff", b"none", b"x\0y"])
def test_latest_that_names_no_run(here, place, name, latest):
    path = place / "elsewhere" / name / "latest"
    path.parent.mkdir(parents=True)
    path.write_bytes(latest)
    try:
        here(name, [*VERBS[name]], runs="elsewhere")
    finally:
        shutil.rmtree(place / "elsewhere")


INPUT = {
    "sentiment": {
        "--validation-data reviews.csv": b"",
        "evaluate": b"",
        "evaluate missing.csv": b"",
        "evaluate reviews.csv --label-column text": b"",
        "export --output reviews.csv": b"",
        "export --output missing/folder": b"",
        "--data reviews.csv --test-data signals.csv": b"",
        "--data reviews.csv --test-data missing.csv": b"",
        "--data reviews.csv --test-data reviews.csv": b"",
        "classify": b"",
        "classify --file missing": b"",
        f"classify --file {LONG}": b"",
        "classify --file .": b"",
        "classify --file reviews.csv text": b"",
        "classify ": b"\xff\n",
    },
    "sorting": {
        "sort": b"",
        "sort 1 x": b"",
        "sort 1 nan": b"",
        "sort 1 1e400": b"",
        f"sort 1 {HUGE}": b"",
        "sort 1 -2": b"",
        "sort 1 2 3 4 5": b"",
        "sort 1": b"",
        "sort --file missing": b"",
        "sort ": b"1 2\n1 x\n",
    },
    "text_generation": {
        "generate --prompt \u20ac": b"",
        "generate --prompt a --prompt-file text.txt": b"",
        "generate --prompt-file missing": b"",
        f"generate --prompt-file {LONG}": b"",
        "--data . --glob *.none": b"",
        "--data . --glob **a": b"",
        "--data text.txt --batch-size 999999": b"",
    },
    "tagging": {
        "colour": b"",
        "colour missing.py": b"",
        "colour .": b"",
        "colour text.txt --html series.csv": b"",
        "colour text.txt --html missing/a.html": b"",
        "--data words.conllu --context 128": b"",
        "--data words.conllu --test-data text.txt": b"",
    },
    "grammar": {
        "check": b"",
        "check --file missing": b"",
        f"check --file {LONG}": b"",
        "check --file sentences.txt text": b"",
        "check ": b"\xff\n",
        "--validation-data sentences.txt": b"",
        "--data sentences.txt --test-data text.txt": b"",
        "--data sentences.txt --max-length 5": b"",
    },
    "signals": {
        "classify": b"",
        "classify missing.csv": b"",
        "classify reviews.csv": b"",
        "classify signals.csv --stride 3": b"",
        "classify signals.csv --window 999": b"",
        "--data signals.csv --channels z": b"",
        "--data signals.csv --group-column z": b"",
        "--validation-data signals.csv": b"",
        "evaluate": b"",
        "evaluate reviews.csv": b"",
        "evaluate signals.csv --label-column who": b"",
    },
    "naming": {
        "name": b"",
        "name red": b"",
        "name 1,2,3": b"",
        "name 1,2 --file named.csv": b"",
        "name --file missing": b"",
        "name --beams 0 1,2": b"",
        "--data named.csv --text-column z": b"",
        "--data named.csv --input-columns z": b"",
        "--validation-data named.csv": b"",
    },
    "forecasting": {
        "forecast --data missing.csv": b"",
        "forecast --data reviews.csv": b"",
        "forecast --output out.txt": b"",
        "forecast --output missing/out.csv": b"",
        "forecast --output series.csv": b"",
        f"forecast --output {LONG}.csv": b"",
        "--data series.csv --target ds": b"",
        "--data series.csv --target z": b"",
        "--data series.csv --covariates y": b"",
        "--data series.csv --window 9000": b"",
    },
}


@pytest.mark.parametrize(
    ("name", "words"),
    [
        pytest.param(name, words, id=f"{name} {words[:40]}")
        for name, cases in INPUT.items()
        for words in cases
    ],
)
def test_input_that_cannot_be_answered(here, name, words):
    here(name, words.split(), stdin=INPUT[name][words])


@pytest.mark.parametrize(
    "words",
    [
        "train",
        "new",
        "new my_task",
        "new my-task --from sorting",
        "new sorting --from sorting",
        "new my_task --from anatomy",
        "report --runs-dir missing",
        "report --runs-dir series.csv",
        f"report --runs-dir {LONG}",
        "compare --preset none --runs-dir elsewhere",
        "compare --seeds 0",
        f"compare --seeds {HUGE}",
        "compare --examples chess",
        "compare --from-runs --runs-dir missing --output page.md",
        "compare --from-runs --output missing/page.md",
        "compare --output text.txt",
        "benchmark --output text.txt",
        "benchmark --units 0",
        "benchmark --examples chess",
    ],
)
def test_command_about_all_examples(here, words):
    here("all", words.split())


def test_cases_are_enough(request):
    """Count what this file has collected; pytest would not say that some are gone."""
    own = [item for item in request.session.items if item.fspath == request.fspath]
    if len(own) > 1:  # else a single test was asked for
        assert len(own) > 300


def test_data_that_changed_before_a_resume_is_refused(here, place):
    for name, file, more in (
        ("sentiment", "reviews.csv", "good,one more text\n"),
        ("text_generation", "text.txt", "one more line\n"),
        ("forecasting", "series.csv", "s2,2005-01-01,5\n"),
    ):
        killed = place / "killed" / name / "20260101-000000"
        shutil.copytree(newest(place / "runs", name), killed)
        (killed / "state.npz").touch()
        content = (place / file).read_text()
        (place / file).write_text(content + more)
        try:
            assert "it has changed" in here(name, ["--resume"], runs="killed")
        finally:
            (place / file).write_text(content)
            shutil.rmtree(place / "killed")


def test_endless_file_is_refused(here, monkeypatch):
    from common import files

    monkeypatch.setattr(files, "MAX_BYTES", 2**20)
    line = here("sentiment", ["classify", "--file", "/dev/zero"])
    assert "at most" in line
