"""Measure everything, print it, and leave it on one page with three figures."""

import dataclasses
import time
from pathlib import Path

import keras
from rich.console import Console

from common import files
from common.errors import UserError
from common.report import pages
from common.report.pictures import read_pictures
from common.training import run_folder
from common.training.console import say, table

from . import figures, learn, measure, tables
from .config import EXAMPLE, Config

TEMPLATE = Path(__file__).with_name("page.html.jinja")
# Of each part: how it is measured, put into tables, and drawn.
PARTS = {
    "norms": (measure.norms, tables.norms, figures.draw_norms),
    "adding": (learn.adding_problem, tables.adding, figures.draw_adding),
    "digits": (learn.read_digits, tables.digits, figures.draw_digits),
}


def show(config: Config, console: Console | None = None) -> run_folder.Run:
    """Measure what `config` asks for; return the run folder.

    Raises:
        UserError: the run folder cannot be written, or Keras runs on another backend.
    """
    if (backend := keras.config.backend()) != "tensorflow":
        raise UserError(f"KERAS_BACKEND must be tensorflow here; received {backend}")
    console, started = console or Console(), time.process_time()
    settings = dataclasses.asdict(config)
    run = run_folder.start(EXAMPLE, config.runs_dir, settings)
    document, sections = {}, []
    for part, (work, in_tables, draw) in PARTS.items():
        if config.part not in ("all", part):
            continue
        document[part] = found = work(config)
        draw(run / "figures" / f"{part}.png", found)
        for section in in_tables(found, config):
            sections.append(section)
            columns = section.columns
            rows = [
                (name, *(row.get(column, "") for column in columns))
                for name, row in section.rows.items()
            ]
            say(console, "")
            table(console, section.title, ("network", *columns), rows)
            say(console, section.text)
    document["processor_seconds"] = round(time.process_time() - started, 1)
    files.write_json(run / "results.json", document)
    pictures, _ = read_pictures(run / "figures")
    template = pages.templates.from_string(TEMPLATE.read_text(encoding="utf-8"))
    page = template.render(sections=sections, pictures=pictures, settings=settings)
    files.write_text(run / pages.REPORT, page)
    seconds = document["processor_seconds"]
    say(console, f"\n{seconds:.0f} s of processor time; page: {run / pages.REPORT}")
    return run
