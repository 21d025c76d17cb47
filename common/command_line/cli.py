"""The command line of an example, or of all together: a verb, then its flags.

tyro makes the flags from a settings class.
"""

import contextlib
import io
import itertools
import os
import sys
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import tyro

from common import settings, starting
from common.errors import UserError, check_choice, one_line
from common.report import pages
from common.training import run_folder

Verb = Callable[[Any], run_folder.Run | None]
OPTIONS = (tyro.conf.FlagCreatePairsOff,)  # --resume, and no --no-resume beside it


@dataclass(frozen=True)
class _Early:
    """Flags that decide which defaults the others have."""

    preset: str | None = None
    data: str | None = None
    runs_dir: str = "runs"
    resume: bool = False


def main(
    package: str,
    *verbs: Verb,
    presets: Mapping[str, Mapping[str, Any]],
    keras: bool = True,
):
    """Run one verb of an example and exit.

    Args:
        package: the example's `__package__`, `examples.sentiment`.
        *verbs: functions of one settings object, the default verb first. A verb's
            name is its word on the command line, its docstring the help, and its
            parameter's annotation the dataclass that the flags are made from. If it
            returns a run, its report is written.
        presets: differences from the defaults, by preset name. If there is one named
            "own", it replaces "default" for a user's own --data.
        keras: whether the verbs need Keras, which is then imported before them; a
            settings class with `NEEDS_KERAS = False` does without it.

    Exits with status 2 and one line on stderr where the input is wrong.
    """
    words = sys.argv[1:]
    by_name = {verb.__name__: verb for verb in verbs}
    try:
        verb = verbs[0]
        if words and not words[0].startswith("-"):
            check_choice("the verb", words[0], by_name)
            verb = by_name[words.pop(0)]
        _run(verb, _parse(package, verb, verbs, presets, words), keras=keras)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        sys.exit(130)
    except BrokenPipeError:
        # The reader of our output (`| head`) has gone; nothing is left to tell it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    # A full disk, a folder that cannot be written to, a name that is too long.
    except (UserError, OSError, MemoryError) as error:
        print(f"error: {one_line(error) or 'out of memory'}", file=sys.stderr)
        sys.exit(2)


def _run(verb: Verb, options: Any, *, keras: bool):
    if keras and getattr(options, "NEEDS_KERAS", True):
        starting.keep_memory()
        starting.import_keras()
    run = verb(options)
    if run is not None:
        pages.leave(run)
        run_folder.close(run)


def _parse(package: str, verb: Verb, verbs, presets: Mapping, words: list[str]) -> Any:
    """Turn the user's words into the settings object that `verb` takes."""
    kind, *_ = typing.get_type_hints(verb).values()  # the parameter comes first
    presets = getattr(kind, "PRESETS", presets)
    trains = issubclass(kind, settings.Settings)
    help_text = one_line(verb.__doc__)
    default, before = tyro.MISSING_NONPROP, {}
    if trains or hasattr(kind, "PRESETS"):
        help_text += f" Presets: {', '.join(presets)}."
        early = _early(words)
        if trains and early.resume:
            example = package.rpartition(".")[2]
            compares = issubclass(kind, settings.Repeats)
            prefix = run_folder.COMPARISON if compares else ""
            run = run_folder.find_unfinished(example, early.runs_dir, prefix)
            before = run_folder.read_config(example, run)
            default = settings.from_json(kind, before)
        else:
            own = "own" if early.data and "own" in presets else "default"
            default = settings.from_preset(kind, presets, early.preset or own)
    prog = f"python -m {package}"
    if verb is not verbs[0]:
        prog += f" {verb.__name__}"
    elif len(verbs) > 1:
        others = [f"  {prog} {v.__name__}: {one_line(v.__doc__)}" for v in verbs[1:]]
        help_text = "\n".join([help_text, "", "Other verbs:", *others])
    parsed = _tyro(kind, default, words, prog, help_text)
    for name, value in before.items():
        if (now := settings.to_json(parsed)[name]) != value:
            raise UserError(
                "--resume keeps the settings of the interrupted run: "
                f"{settings.flag(name)} was {value!r}; received {now!r}"
            )
    return parsed


def _early(words: list[str]) -> _Early:
    options = {"return_unknown_args": True, "add_help": False, "config": OPTIONS}
    try:
        return tyro.cli(_Early, args=words, console_outputs=False, **options)[0]
    except SystemExit:
        return _Early()  # the full parser complains


def _tyro(kind: type, default: Any, words: list[str], prog: str, help_text: str) -> Any:
    """Call tyro; its framed error messages become one line."""
    errors, columns = io.StringIO(), os.environ.get("COLUMNS")
    options = {"prog": prog, "description": help_text, "config": OPTIONS}
    try:
        if not {"-h", "--help"} & set(words):
            os.environ["COLUMNS"] = "2000"  # so that no message is broken in two
        with contextlib.redirect_stderr(errors):
            return tyro.cli(kind, default=default, args=words, **options)
    except SystemExit as exit_:
        if not exit_.code:
            raise
        # The sentence stands below the title and above the next rule of a frame, which
        # is drawn with "-" where the terminal is not UTF-8.
        _, *lines = (line.strip("│ ") for line in errors.getvalue().splitlines())
        texts = [line.strip("─╰╯-") for line in lines]
        body = itertools.dropwhile(lambda text: not text, texts)
        sentence = one_line(" ".join(itertools.takewhile(bool, body)))
        raise UserError(f"{sentence} (see {prog} --help)") from None
    finally:
        os.environ.pop("COLUMNS", None)
        if columns is not None:
            os.environ["COLUMNS"] = columns
