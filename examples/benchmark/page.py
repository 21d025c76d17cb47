"""What the numbers of a benchmark say: tables and sentences, and the page of both."""

import dataclasses
import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from common import files
from common.comparison import results_page, timing
from common.errors import UserError, one_line
from examples.benchmark import ways
from examples.benchmark.config import Benchmark

COMMAND = "python -m examples benchmark"
LEVEL = 1.02  # up to this ratio of times two ways count as level: so far they vary
Document = Mapping[str, Any]


class Section(NamedTuple):
    """A table, and what stands above and below it."""

    title: str
    about: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    says: Sequence[str]


def command(options: Benchmark) -> str:
    """Return what the user types to have the same measured."""
    usual = Benchmark(**Benchmark.PRESETS[options.preset])
    words = ["python -m examples benchmark"]
    if options.preset != usual.preset:
        words.append(f"--preset {options.preset}")
    for field in dataclasses.fields(options):
        value = getattr(options, field.name)
        if field.name in ("preset", "runs_dir") or value == getattr(usual, field.name):
            continue
        several = " ".join(map(str, value)) if isinstance(value, tuple) else value
        words.append(f"--{field.name.replace('_', '-')} {several}")
    return " ".join(words)


def facts(document: Document) -> list[str]:
    """Return lines on the machine and the versions."""
    machine = document["machine"]
    memory = f", {machine['memory']} GiB" if machine["memory"] else ""
    versions = ", ".join(f"{name} {v}" for name, v in document["versions"].items())
    return [
        f"{document['date']}: {machine['cpu']}, cores used: {machine['cores']}, "
        f"threads: {document['threads']}{memory}",
        versions,
    ]


def sections(document: Document) -> list[Section]:
    """Return the tables, in the order in which they are read."""
    return [
        *_widths(document),
        *_step_counts(document),
        _lengths(document),
        *_examples(document),
    ]


def milliseconds(values: Sequence[float]) -> str:
    """Return the median in milliseconds, three digits of it."""
    return _digits(1000 * statistics.median(values))


def _digits(value: float) -> str:
    decimals = 0 if value >= 100 else 1 if value >= 10 else 2
    return f"{value:,.{decimals}f}"


def _ratio(values: Sequence[float], base: Sequence[float]) -> str:
    median, low, high = timing.spread(values, base)
    return f"{median:.2f} ({low:.2f} to {high:.2f})"


def split(document: Document) -> tuple[list[Document], list[Document]]:
    """Return the sizes that differ in width, and those that differ in steps."""
    steps = sorted(document["settings"]["steps"])
    units = sorted(document["settings"]["units"])
    middle = (steps[len(steps) // 2], units[len(units) // 2])
    sizes = document["sizes"]
    widths = [size for size in sizes if size["steps"] == middle[0]]
    counts = [size for size in sizes if size["units"] == middle[1]]
    return widths, sorted(counts, key=lambda size: size["steps"])


def _by_way(
    sizes: Sequence[Document],
    names: Sequence[str],
    cell: Callable[[Document, str], str],
) -> list[list[str]]:
    return [[way, *(cell(size, way) for size in sizes)] for way in names]


def _widths(document: Document) -> Iterator[Section]:
    sizes, _ = split(document)
    steps, batch = sizes[0]["steps"], sizes[0]["batch"]
    columns = ["", *(f"{size['units']} units" for size in sizes)]
    names = list(sizes[0]["seconds"])
    where = f"sequences of {steps} steps, {batch} in a batch"
    yield Section(
        "milliseconds a training step, by width",
        f"Median; {where}. Each step reads as many numbers as there are units.",
        columns,
        _by_way(sizes, names, lambda size, way: milliseconds(size["seconds"][way])),
        [],
    )
    others = [way for way in names if way != ways.TORCH]
    if ways.TORCH in names:
        yield Section(
            "time over PyTorch nn.RNN's, by width",
            "Median of the ratios round by round, smallest and largest. Below 1, the "
            "way is faster than nn.RNN, which computes what SimpleRNN does. GRU and "
            "LSTM do three and four times the work. In one process the two libraries "
            "slow each other somewhat.",
            columns,
            _by_way(sizes, others, lambda size, way: _over(size, way, ways.TORCH)),
            list(_against_torch(sizes)),
        )
    yield Section(
        "concise over textbook",
        "Time of one product of [x ; h] with [W_F ; W_R] over that of two products and "
        "a sum.",
        columns,
        _by_way(sizes, [ways.CONCISE], lambda s, way: _over(s, way, ways.TEXTBOOK)),
        [concise_claim(sizes)],
    )
    yield Section(
        "time over SimpleRNN's, by width",
        "The row lookup cell over SimpleRNN on one-hot input, the others over "
        "SimpleRNN.",
        columns,
        _by_way(
            sizes,
            [way for way in others if way not in (ways.BUILTIN, ways.ONE_HOT)],
            lambda size, way: _over(
                size, way, ways.ONE_HOT if way == ways.ROW_LOOKUP else ways.BUILTIN
            ),
        ),
        [],
    )
    rates = [
        ["matrix product, 10^9 operations a second"]
        + [_digits(_rate(size) / 1e9) for size in sizes]
    ]
    shares = _by_way(sizes, names, lambda size, way: f"{share(size, way):.0%}")
    yield Section(
        "share of the possible, by width",
        "Operations a second of the step's matrix products, as a share of the rate of "
        f"one large product ({ways.PRODUCT_SIDE} by {ways.PRODUCT_SIDE}, float32, all "
        "cores), timed in the same turns. Counted, of B sequences, T steps, D numbers "
        "read, U units: forward 2 B T (D + U) U, the gradient by the weights as "
        "many, that by the state 2 B T U U. (Three times forward would count the "
        "gradient by the input, too, which nobody needs.)",
        columns,
        rates + shares,
        [_possible(sizes)],
    )


def _over(size: Document, way: str, base: str) -> str:
    return _ratio(size["seconds"][way], size["seconds"][base])


def _rate(size: Document) -> float:
    return statistics.median(size["operations_per_second"])


def share(size: Document, way: str) -> float:
    """Return the rate of a way's products over that of one large product."""
    seconds = statistics.median(size["seconds"][way])
    return size["operations"][way] / seconds / _rate(size)


def _median_ratio(size: Document, way: str, base: str) -> float:
    return timing.spread(size["seconds"][way], size["seconds"][base])[0]


def _against_torch(sizes: Sequence[Document]) -> Iterator[str]:
    for way in (ways.BUILTIN, ways.TOGETHER):
        by_units = {
            size["units"]: _median_ratio(size, way, ways.TORCH) for size in sizes
        }
        half = _listed(units for units, ratio in by_units.items() if ratio <= 0.5)
        behind = _listed(units for units, ratio in by_units.items() if ratio > LEVEL)
        name = way[0].upper() + way[1:]
        level = f"not level at {behind} units" if behind else "at least level"
        reached = f"half the time or less at {half} units" if half else "nowhere half"
        yield f"{name}, against nn.RNN: {level} (up to {LEVEL:.2f}); {reached}."


def concise_claim(sizes: Sequence[Document]) -> str:
    """Say where one large product is faster than two, and where it is not."""
    ratios = {
        size["units"]: _median_ratio(size, ways.CONCISE, ways.TEXTBOOK)
        for size in sizes
    }
    faster = _listed(units for units, ratio in ratios.items() if ratio < 1 / LEVEL)
    slower = _listed(units for units, ratio in ratios.items() if ratio > LEVEL)
    level = _listed(u for u, ratio in ratios.items() if 1 / LEVEL <= ratio <= LEVEL)
    verdict = "holds" if not slower and faster else "does not hold"
    if faster and slower:
        verdict = "holds in part"
    parts = [
        f"{word} at {units} units"
        for word, units in (("faster", faster), ("slower", slower), ("level", level))
        if units
    ]
    return (
        "That one large product is more efficient than two "
        f"{verdict} here: it is {', '.join(parts)}."
    )


def _possible(sizes: Sequence[Document]) -> str:
    best = {
        size["units"]: max((share(size, way), way) for way in size["seconds"])
        for size in sizes
    }
    parts = [
        f"{share_:.0%} at {units} ({way})" for units, (share_, way) in best.items()
    ]
    return f"The most that was reached, by units: {'; '.join(parts)}."


def _listed(values) -> str:
    return ", ".join(map(str, values))


def _step_counts(document: Document) -> Iterator[Section]:
    _, sizes = split(document)
    if len(sizes) < 2:
        return
    names = list(sizes[0]["seconds"])
    columns = ["", *(f"{size['steps']} steps" for size in sizes)]
    yield Section(
        "milliseconds a training step, by steps",
        f"Median; {sizes[0]['units']} units, {sizes[0]['batch']} sequences in a batch.",
        columns,
        _by_way(sizes, names, lambda size, way: milliseconds(size["seconds"][way])),
        [],
    )
    base = ways.TORCH if ways.TORCH in names else ways.BUILTIN
    yield Section(
        f"time over {base}'s, by steps",
        "",
        columns,
        _by_way(
            sizes,
            [way for way in names if way != base],
            lambda size, way: _over(size, way, base),
        ),
        [],
    )
    yield Section(
        "seconds until the first step is done, by steps",
        "Tracing, compiling and the step: what unrolling and XLA cost.",
        columns,
        _by_way(sizes, names, lambda size, way: _digits(size["first_call"][way])),
        [],
    )


def _lengths(document: Document) -> Section:
    rows = document["lengths"]
    says = []
    for way in dict.fromkeys(row["way"] for row in rows):
        first, *_, last = [row for row in rows if row["way"] == way] * 2
        times = last["steps"] / first["steps"]
        if times > 1:
            grown = last["memory"] - last["before"]
            says.append(
                f"{way}: {times:.0f} times the steps take "
                f"{last['seconds'] / first['seconds']:.0f} times the time, and "
                f"{2**10 * grown / last['steps']:.0f} KiB of memory for each step."
            )
    return Section(
        "growth with the length of the sequence",
        f"A training step of {rows[0]['units']} units on {rows[0]['batch']} sequences, "
        "each length in a fresh process: its largest memory, and that before the first "
        "step, libraries loaded.",
        ("", "steps", "ms a step", "us a step of one", "MiB at most", "MiB before"),
        [
            (
                row["way"],
                f"{row['steps']:,}",
                _digits(1000 * row["seconds"]),
                _digits(1e6 * row["seconds"] / row["steps"]),
                f"{row['memory']:,.0f}",
                f"{row['before']:,.0f}",
            )
            for row in rows
        ],
        says,
    )


def _examples(document: Document) -> Iterator[Section]:
    for part in document["examples"]:
        rows = part["ways"]
        defaults = {row["cell"]: row for row in rows if row["default"]}
        yield Section(
            f"{part['example']}: its own model, preset {part['preset']}",
            f"One batch {tuple(part['batch'])} in memory again and again; each cell's "
            "ratios are over its example's default, marked *.",
            (
                "way",
                "ms a step",
                "over the default's time",
                "seconds to first step",
            ),
            [
                (
                    describe(row) + (" *" if row["default"] else ""),
                    milliseconds(row["seconds"]),
                    _ratio(row["seconds"], defaults[row["cell"]]["seconds"]),
                    _digits(row["first_call"]),
                )
                for row in rows
            ],
            list(_example_says(rows, defaults)),
        )


def describe(row: Document) -> str:
    """Return a way of an example in words."""
    loop = "unrolled" if row["unroll"] else "loop"
    xla = ", XLA" if row["xla"] else ""
    return f"{row['cell']}, {loop}{xla}, {row['at_once']} a call"


def _example_says(rows, defaults) -> Iterator[str]:
    for cell, default in defaults.items():
        same = [row for row in rows if row["cell"] == cell]
        best = min(same, key=lambda row: statistics.median(row["seconds"]))
        ratio, *_ = timing.spread(best["seconds"], default["seconds"])
        if best is default or ratio > 1 / LEVEL:
            yield f"{cell}: none is faster than the default by more than 2 %."
        else:
            yield f"{cell}: {describe(best)}, takes {ratio:.2f} of the default's time."
    custom, builtin = defaults["custom"], defaults["builtin"]
    ratio = _ratio(custom["seconds"], builtin["seconds"])
    yield f"custom over built-in, both as their example sets them: {ratio}."


def write(path: Path, document: Document):
    """Write the page.

    Raises:
        UserError: it cannot be written.
    """
    try:
        files.write_text(path, markdown(document))
    except OSError as error:
        raise UserError(f"{path} cannot be written: {one_line(error)}") from None


def markdown(document: Document) -> str:
    """Return the page of a benchmark."""
    paragraphs = [
        f"{results_page.marker(COMMAND)}\n# Benchmark: the time of a training step",
        f"```bash\n{document['command']}\n```",
        "; ".join(facts(document)) + ".",
        f"Everything is timed in turns, A B C A B C, {document['settings']['rounds']} "
        "rounds. [CONTRIBUTING](CONTRIBUTING.md) says how to have it measured anew.",
    ]
    for section in sections(document):
        title = section.title[0].upper() + section.title[1:]
        paragraphs += [f"## {title}", section.about, _table(section), *section.says]
    return "\n\n".join(filter(None, paragraphs)) + "\n"


def _table(section: Section) -> str:
    rule = ["---"] + ["--:"] * (len(section.columns) - 1)
    lines = [section.columns, rule, *section.rows]
    cells = [[str(cell).replace("*", r"\*") for cell in line] for line in lines]
    return "\n".join(f"| {' | '.join(line)} |" for line in cells)
