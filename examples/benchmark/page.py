"""Tables and findings of a benchmark, and the page that holds them."""

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from common import files
from common.comparison import results_page, timing
from common.errors import UserError, one_line
from examples.benchmark import ways
from examples.benchmark.config import Benchmark, middle

COMMAND = "python -m examples benchmark"
Document = Mapping[str, Any]
KERAS = [ways.BUILTIN, ways.TEXTBOOK, ways.CONCISE, ways.HOISTED, ways.ROW_LOOKUP]
KERAS += [ways.UNROLL, ways.XLA, ways.TEN, ways.TOGETHER, ways.GRU, ways.LSTM]
# Ratios of times: of one way to another.
CLAIMS = [(ways.CONCISE, ways.TEXTBOOK), (ways.ROW_LOOKUP, ways.ONE_HOT)]
CLAIMS += [(ways.BUILTIN, ways.TORCH), (ways.TOGETHER, ways.TORCH)]
PAIRS = [(way, ways.TORCH) for way in [*KERAS, ways.ONE_HOT]]
PAIRS += [(way, ways.BUILTIN) for way in KERAS[1:]] + CLAIMS[:2]
ABOUT = """
Ways are timed in turns, A B C, then C B A, in {rounds} rounds of a batch of {batch}
sequences. Inputs have as many features as there are units. GRU and LSTM do three and
four times the work of SimpleRNN. nn.RNN computes what SimpleRNN computes; in one
process, TensorFlow and PyTorch slow each other down.

A ratio of times is the median over the rounds and its 95 % interval. One way is faster
or slower than another if the interval is more than {noise:.0%} away from 1, as fast if
it is less than that away, else undecided. The concise cell has one product of [x ; h]
with [W_F ; W_R], the textbook cell two products and a sum.

Percent of peak is the rate of a step's matrix products, relative to one large product
({side} by {side}, float32, all cores) timed in the same turns. With B sequences, T steps,
D features and U units, the forward pass counts 2 B T (D + U) U operations, the gradient
of the weights as many, that of the state 2 B T U U. The gradient of the input is not
computed.

[CONTRIBUTING](CONTRIBUTING.md) says how to repeat the benchmark.
"""


class Section(NamedTuple):
    """A table, and the sentences around it."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    findings: Sequence[str] = ()
    about: str = ""


def command(options: Benchmark) -> str:
    """Return the command that repeats a benchmark."""
    usual = Benchmark(preset=options.preset, **Benchmark.PRESETS[options.preset])
    words = [COMMAND]
    if options.preset != Benchmark.preset:
        words.append(f"--preset {options.preset}")
    for field in dataclasses.fields(options):
        value = getattr(options, field.name)
        if field.name != "runs_dir" and value != getattr(usual, field.name):
            several = " ".join(map(str, value)) if isinstance(value, tuple) else value
            words.append(f"--{field.name.replace('_', '-')} {several}")
    return " ".join(words)


def facts(document: Document) -> list[str]:
    """Return lines on the machine and the versions."""
    machine = document["machine"]
    memory = f", {machine['memory']} GiB" if machine["memory"] else ""
    return [
        f"{document['date']}: {machine['cpu']}, cores used: {machine['cores']}, "
        f"threads: {document['threads']}{memory}",
        ", ".join(f"{name} {found}" for name, found in document["versions"].items()),
    ]


def split(document: Document) -> tuple[list[Document], list[Document]]:
    """Return the sizes that differ in units, and those that differ in steps."""
    units, steps = (middle(document["settings"][name]) for name in ("units", "steps"))
    sizes = sorted(document["sizes"], key=lambda size: (size["units"], size["steps"]))
    widths = [size for size in sizes if size["steps"] == steps]
    return widths, [size for size in sizes if size["units"] == units]


def sections(document: Document) -> Iterator[Section]:
    """Yield the tables, in the order of the page."""
    widths, counts = split(document)
    yield from _by_size(widths, "units", f"{widths[0]['steps']} steps")
    if len(counts) > 1:
        yield from _by_size(counts, "steps", f"{counts[0]['units']} units")
    yield _lengths(document["lengths"])
    yield from map(_example, document["examples"])


def _by_size(sizes: Sequence[Document], by: str, fixed: str) -> Iterator[Section]:
    """Yield the tables with one column for each size."""
    names = list(sizes[0]["seconds"])

    def section(title: str, rows: Mapping[str, Callable], findings=()) -> Section:
        columns = ["", *(f"{size[by]} {by}" for size in sizes)]
        cells = [[name, *map(cell, sizes)] for name, cell in rows.items()]
        return Section(f"{title}, by {by}; {fixed}", columns, cells, findings)

    yield section(
        "milliseconds per training step",
        {
            way: lambda size, way=way: milliseconds(size["seconds"][way])
            for way in names
        },
    )
    yield section(
        "ratio of times",
        {
            f"{way} / {base}": lambda size, pair=(way, base): interval(size, *pair)
            for way, base in PAIRS
            if base in names
        },
        [finding(sizes, *pair, by) for pair in CLAIMS if pair[1] in names],
    )
    best = [max(names, key=lambda way: peak(size, way)) for size in sizes]  # noqa: B023
    listed = "; ".join(f"{way} at {s[by]}" for way, s in zip(best, sizes, strict=True))
    yield section(
        "percent of peak",
        {
            "peak, 10^9 operations per second": lambda size: digits(_rate(size) / 1e9),
            **{way: lambda size, way=way: f"{peak(size, way):.0%}" for way in names},
        },
        [f"Highest percent of peak, by {by}: {listed}."],
    )
    yield section(
        "seconds until the first step is done, compiling included",
        {way: lambda size, way=way: digits(size["first_call"][way]) for way in names},
    )


def _rate(size: Document) -> float:
    return median(size["operations_per_second"])


def peak(size: Document, way: str) -> float:
    """Return the rate of a way's products over that of one large product."""
    return size["operations"][way] / median(size["seconds"][way]) / _rate(size)


def milliseconds(seconds: Sequence[float]) -> str:
    """Return the median in milliseconds."""
    return digits(1000 * median(seconds))


def digits(value: float) -> str:
    """Return a number with three digits, or its whole part."""
    return f"{value:,.{0 if value >= 100 else 1 if value >= 10 else 2}f}"


def interval(size: Document, way: str, base: str) -> str:
    """Return the ratio of the times of two ways, and its interval."""
    return words(timing.ratio(size["seconds"][way], size["seconds"][base]))


def words(ratio: Mapping[str, float]) -> str:
    """Return a ratio as text: median (low to high)."""
    return f"{ratio['median']:.2f} ({ratio['low']:.2f} to {ratio['high']:.2f})"


def finding(sizes: Sequence[Document], way: str, base: str, by: str) -> str:
    """Say at which sizes a way is faster than another, slower, as fast or undecided."""
    groups: dict[str, list[str]] = {}
    for size in sizes:
        ratio = timing.ratio(size["seconds"][way], size["seconds"][base])
        says = "half the time or less" if ratio["high"] <= 0.5 else timing.says(ratio)
        groups.setdefault(says, []).append(str(size[by]))
    parts = [f"{says} at {', '.join(at)} {by}" for says, at in groups.items()]
    return f"{way[0].upper()}{way[1:]} against {base}: {'; '.join(parts)}."


def _lengths(rows: Sequence[Document]) -> Section:
    findings = []
    for way in dict.fromkeys(row["way"] for row in rows):
        own = [row for row in rows if row["way"] == way]
        steps, seconds = (own[-1][key] / own[0][key] for key in ("steps", "seconds"))
        kib = 2**10 * (own[-1]["memory"] - own[-1]["before"]) / own[-1]["steps"]
        findings.append(
            f"{way}: {steps:.0f} times the steps take {seconds:.0f} times the time. "
            f"Memory grows by {kib:.0f} KiB per time step."
        )
    return Section(
        f"growth with the length of the sequence; {rows[0]['units']} units",
        ("", "steps", "ms per step", "us per time step", "peak MiB", "MiB before"),
        [
            (
                row["way"],
                f"{row['steps']:,}",
                digits(1000 * row["seconds"]),
                digits(1e6 * row["seconds"] / row["steps"]),
                f"{row['memory']:,.0f}",
                f"{row['before']:,.0f}",
            )
            for row in rows
        ],
        findings,
        "Each length in a process of its own. Its memory before the first step includes "
        "the libraries.",
    )


def _example(part: Document) -> Section:
    """Return the table of an example's own model."""
    defaults = {row["cell"]: row for row in part["ways"] if row["default"]}
    rows, faster = [], dict.fromkeys(defaults, (1.0, ""))
    for row in part["ways"]:
        base = defaults.get(row["cell"], defaults["builtin"])
        ratio = timing.ratio(row["seconds"], base["seconds"])
        rows.append(
            (
                f"{row['name']}{' *' * row['default']}",
                milliseconds(row["seconds"]),
                words(ratio),
                digits(row["first_call"]),
            )
        )
        if timing.says(ratio) == "faster" and row["cell"] in defaults:
            found = (ratio["median"], f"{row['name']}, {words(ratio)}")
            faster[row["cell"]] = min(faster[row["cell"]], found)
    ratio = timing.ratio(*(defaults[cell]["seconds"] for cell in ("custom", "builtin")))
    return Section(
        f"{part['example']}: its own model, preset {part['preset']}",
        ("way", "ms per step", "ratio to the default", "seconds to first step"),
        rows,
        [
            *(
                f"Faster than {c}'s default: {w or 'none'}."
                for c, (_, w) in faster.items()
            ),
            f"Custom / builtin, both defaults: {words(ratio)}, {timing.says(ratio)}.",
        ],
        f"One batch {tuple(part['batch'])}, in memory, again and again. * marks the "
        "default of each cell. PyTorch is compared with the default of builtin.",
    )


def markdown(document: Document) -> str:
    """Return the page of a benchmark."""
    settings = document["settings"]
    about = {"rounds": settings["rounds"], "batch": settings["batch_size"]}
    paragraphs = [
        f"{results_page.marker(COMMAND)}\n# Benchmark: the time of a training step",
        f"```bash\n{document['command']}\n```",
        "; ".join(facts(document)) + ".",
        ABOUT.strip().format(**about, noise=timing.NOISE, side=ways.PRODUCT_SIDE),
    ]
    for section in sections(document):
        title = section.title[0].upper() + section.title[1:]
        rule = ["---"] + ["--:"] * (len(section.columns) - 1)
        lines = (section.columns, rule, *section.rows)
        table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
        table = table.replace(" * |", r" \* |")
        paragraphs += [f"## {title}", section.about, table, *section.findings]
    return "\n\n".join(filter(None, paragraphs)) + "\n"


def write(path: Path, document: Document):
    """Write the page.

    Raises:
        UserError: it cannot be written.
    """
    try:
        files.write_text(path, markdown(document))
    except OSError as error:
        raise UserError(f"{path} cannot be written: {one_line(error)}") from None
