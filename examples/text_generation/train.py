"""Train, test beside the baselines, and leave all of it in a run folder."""

import dataclasses
import time
from collections.abc import Callable

import keras
from rich.console import Console

from common import files
from common.comparison import compare as comparison
from common.training import console_tables, fitting, metrics, models, plots, run_folder
from examples.text_generation.config import Compare, Config
from examples.text_generation.data import CODEC, EXAMPLE, SPLITS, Data, load
from examples.text_generation.evaluate import (
    METRIC,
    baseline_bits,
    bits,
    counted_nats,
    draw,
    evaluate,
    show,
    surprisals,
)
from examples.text_generation.model import build_model, cell_of
from examples.text_generation.predict import Writer

# After every epoch the network writes a little, always by the same chances.
STEPS_PER_CALL = 10  # batches per call from Python: a little less time a step
SAMPLE = {"prompt": "\n", "length": 160, "temperature": 0.8, "seed": 0}


def train(config: Config, console: Console | None = None) -> run_folder.Run:
    """Train one model and return its run folder.

    Raises:
        UserError: the text or the run folder cannot be used.
    """
    started = time.perf_counter()
    console = console or Console()
    data = load(config)
    describe(data, console)
    run = run_folder.begin(EXAMPLE, config)
    with run.locked():
        files.write_json(run / CODEC, data.codec.to_json())
        model = compiled_model(config, data)
        writer = Writer(network(config, data), data.codec)
        fitted = fitting.fit(
            model,
            train_streams(config, data, config.seed),
            validation=data.validation.streams(config.batch_size, chunk=config.chunk),
            run=run,
            epochs=config.epochs,
            monitor="val_loss",
            better="lower",
            console=console,
            samples=sampler(writer),
        )
        writer.network.set_weights(model.get_weights())
        models.save(run, writer.network)
        python = config.data is None and config.dataset == "python_source"
        evaluation = evaluate(writer, data, python=python)
        document = metrics.document(
            EXAMPLE,
            config,
            model,
            fitted,
            dataset=config.data or config.dataset,
            total_seconds=time.perf_counter() - started,
            **evaluation.values,
        )
        files.write_text(run / "sample.txt", evaluation.sample)
        figures = run / "figures"
        plots.learning_curves(
            figures / "learning_curves.png",
            fitted.history,
            best_epoch=fitted.best_epoch,
        )
        draw(figures, evaluation, writer, data)
        files.write_json(run / run_folder.METRICS, document)
        run_folder.finish(run, can_resume=fitted.interrupted)
    show(document, evaluation, data, console)
    console.print(f"run folder: {run.path}", highlight=False, markup=False)
    return run


def describe(data: Data, console: Console):
    """Print the size of every split, and the notes."""
    rows = [(name, len(getattr(data, name).text)) for name in SPLITS]
    title = f"text; {len(data.codec.vocabulary) - 2} characters known"
    console_tables.show(console, title, ("split", "characters"), rows)
    for note in data.notes:
        console.print(f"note: {note}", highlight=False, markup=False)


def train_streams(config: Config, data: Data, seed: int):
    """Return the training batches of `config`, cut by `seed`."""
    return data.train.streams(config.batch_size, chunk=config.chunk, seed=seed)


def network(config: Config, data: Data, streams: int | None = None) -> keras.Model:
    """Return a new network in the form that `model.build_model` describes."""
    return build_model(
        cell=config.cell,
        units=config.units,
        characters=len(data.codec.vocabulary),
        dropout=config.dropout,
        seed=config.seed,
        streams=streams,
    )


def sampler(writer: Writer) -> Callable[[keras.Model], str]:
    """Return a function that says what the network in training writes by now."""

    def write(model: keras.Model) -> str:
        writer.network.set_weights(model.get_weights())
        text = "".join(writer.write(**SAMPLE))
        return "\n".join(f"    | {line}" for line in text.strip("\n").splitlines())

    return write


def compiled_model(config: Config, data: Data) -> keras.Model:
    """Return a new model, ready to train; the same seed gives the same weights."""
    keras.utils.set_random_seed(config.seed)
    model = network(config, data, streams=config.batch_size)
    batches = train_streams(config, data, config.seed).num_batches
    model.compile(
        optimizer=keras.optimizers.AdamW(
            keras.optimizers.schedules.CosineDecay(
                config.learning_rate, config.epochs * batches
            ),
            weight_decay=1e-2,
            # Through many steps a gradient can grow without bound (Pascanu, Mikolov
            # and Bengio 2013, section 3.2).
            global_clipnorm=1.0,
        ),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        steps_per_execution=STEPS_PER_CALL,
        jit_compile=False,  # XLA's loop takes longer on a CPU at this width
    )
    return model


def compare(config: Compare, console: Console | None = None) -> run_folder.Run:
    """Compare the four cells and return the run folder.

    Raises:
        UserError: the text or the run folder cannot be used.
    """
    data = load(config)

    def measure(model: keras.Model) -> float:
        carrying = network(dataclasses.replace(config, cell=cell_of(model)), data)
        carrying.set_weights(model.get_weights())
        return bits(surprisals(Writer(carrying, data.codec), data.test.ids))

    task = comparison.Task(
        example=EXAMPLE,
        dataset=config.data or config.dataset,
        metric=METRIC,
        better="lower",
        monitor="val_loss",
        build=lambda cell, seed: compiled_model(
            dataclasses.replace(config, cell=cell, seed=seed), data
        ),
        train=lambda seed: train_streams(config, data, seed),
        validation=data.validation.streams(config.batch_size, chunk=config.chunk),
        measure=measure,
        baselines=lambda: baseline_bits(data, counted_nats(data)),
    )
    return comparison.compare(
        task, config, seeds=config.seeds, console=console or Console()
    )
