"""The command line of an example, or of all together: a verb, then its flags.

The flags are made from a settings class.
"""

import argparse
import contextlib
import io
import logging
import os
import sys
import tempfile
import typing
from collections.abc import Callable, Sequence
from typing import Any

import tyro

from common import settings
from common.errors import UserError, one_line
from common.report import pages
from common.training import run_folder

Verb = Callable[[Any], run_folder.Run | None]


def main(
    example: str,
    *verbs: Verb,
    presets: dict[str, dict[str, Any]],
    args: Sequence[str] | None = None,
    keras: bool = True,
):
    """Run one verb of an example and exit.

    Args:
        example: name of the example's package, `sentiment`; or "", for the verbs of
            `python -m examples` itself.
        *verbs: functions of one settings object, the default verb first. A verb's
            name is its flag-less word on the command line, its docstring the help,
            and its parameter's annotation the dataclass that flags are made from.
        presets: differences from the defaults, by preset name.
        args: what the user typed; `None` for `sys.argv`.
        keras: whether the verbs need Keras, which is then imported before them.

    Exits with status 2 and one line on stderr where the input is wrong.
    """
    words = list(sys.argv[1:] if args is None else args)
    by_name = {verb.__name__: verb for verb in verbs}
    try:
        verb = verbs[0]
        if words and not words[0].startswith("-"):
            name = words.pop(0)
            if name not in by_name:
                raise UserError(
                    f"the verb must be one of {', '.join(by_name)}; received {name!r}"
                )
            verb = by_name[name]
        _run(verb, _parse(example, verb, verbs, presets, words), keras=keras)
    except UserError as error:
        print(f"error: {one_line(error)}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        sys.exit(130)
    except BrokenPipeError:
        # The reader of our output (`| head`) has gone; nothing is left to tell it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)


def _run(verb: Verb, options: Any, *, keras: bool):
    if keras:
        import_keras()
    done = verb(options)
    if isinstance(done, run_folder.Run):
        pages.leave(done)


def import_keras():
    """Import Keras while stderr is put aside.

    TensorFlow 2.21 writes log lines at import whatever TF_CPP_MIN_LOG_LEVEL says. What
    was written is shown only if the import fails.
    """
    sys.stderr.flush()
    kept = os.dup(2)
    with tempfile.TemporaryFile() as aside:
        os.dup2(aside.fileno(), 2)
        try:
            import keras  # noqa: F401  slow, so never before the flags are checked
        except BaseException:
            aside.seek(0)
            os.write(kept, aside.read())
            raise
        finally:
            os.dup2(kept, 2)
            os.close(kept)
    # It advises to trace less often, too. Each model here is traced once, but there are
    # many of them in a backtest or a comparison.
    logging.getLogger("tensorflow").setLevel(logging.ERROR)


def _parse(
    example: str,
    verb: Verb,
    verbs: Sequence[Verb],
    presets: dict[str, dict[str, Any]],
    words: list[str],
) -> Any:
    """Turn the user's words into the settings object that `verb` takes."""
    (kind,) = [
        hint for name, hint in typing.get_type_hints(verb).items() if name != "return"
    ]
    default = tyro.MISSING_NONPROP
    started_with = None
    # Of the verbs of all examples, one may have presets of its own.
    presets = getattr(kind, "PRESETS", presets)
    described = one_line(verb.__doc__)
    trains = issubclass(kind, settings.Settings)
    if trains or hasattr(kind, "PRESETS"):
        described += f" Presets: {', '.join(presets)}."
        early = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
        # `nargs="?"`: a flag whose value is missing is left to tyro to complain about.
        early.add_argument("--preset", nargs="?", default="default", const="default")
        early.add_argument("--runs-dir", "--runs_dir", nargs="?", default=kind.runs_dir)
        early.add_argument("--resume", action="store_true")
        known, _ = early.parse_known_args(words)
        if trains and known.resume:
            run = run_folder.find_unfinished(example, known.runs_dir)
            started_with = run_folder.read_config(example, run)
            default = settings.from_json(kind, started_with)
        else:
            default = settings.from_preset(kind, presets, known.preset)
    parsed = _tyro(example, verb, verbs, kind, default, words, described)
    if started_with is not None:
        _check_unchanged(settings.to_json(parsed), started_with)
    return parsed


def _tyro(example, verb, verbs, kind, default, words, description) -> Any:
    """Call tyro; its framed error messages become one line."""
    prog = f"python -m examples.{example}" if example else "python -m examples"
    others = [other for other in verbs if other is not verb]
    if verb is verbs[0]:
        lines = [
            f"  {prog} {other.__name__}: {one_line(other.__doc__)}" for other in others
        ]
        if lines:
            description = "\n".join([description, "", "Other verbs:", *lines])
    else:
        prog = f"{prog} {verb.__name__}"
    errors = io.StringIO()
    columns = os.environ.get("COLUMNS")
    wants_help = "-h" in words or "--help" in words
    try:
        if not wants_help:
            os.environ["COLUMNS"] = "2000"  # so that no message is broken in two
        with contextlib.redirect_stderr(errors):
            return tyro.cli(
                kind, prog=prog, description=description, default=default, args=words
            )
    except SystemExit as exit_:
        if not exit_.code:
            raise
        raise UserError(
            _unframed(errors.getvalue()) + f" (see {prog} --help)"
        ) from None
    finally:
        os.environ.pop("COLUMNS", None)
        if columns is not None:
            os.environ["COLUMNS"] = columns


def _unframed(message: str) -> str:
    """Return the sentence at the top of one of tyro's boxes, without the frame."""
    sentence = []
    for line in message.splitlines()[1:]:
        inside = line.strip("│ ")
        if not inside.strip("─╰╯"):
            break
        sentence.append(inside)
    return one_line(" ".join(sentence)) or one_line(message)


def _check_unchanged(now: dict[str, Any], before: dict[str, Any]):
    for name, value in now.items():
        if value != before[name]:
            flag = "--" + name.replace("_", "-")
            raise UserError(
                f"--resume keeps the settings of the interrupted run: {flag} was "
                f"{before[name]!r}; received {value!r}"
            )
