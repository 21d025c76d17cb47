"""Tables and findings of a benchmark, and the page that holds them."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import jinja2

from common.comparison import timing
from examples import results_page
from examples.benchmark import ways
from examples.benchmark.config import middle

COMMAND = "python -m examples benchmark"
TEMPLATE = Path(__file__).with_name("page.md.jinja")
Document = Mapping[str, Any]
# Of each pair, the time of the first is divided by that of the second.
CLAIMS = [(ways.BUILTIN, ways.TORCH), (ways.TOGETHER, ways.TORCH)]
CLAIMS += [(ways.CONCISE, ways.TEXTBOOK), (ways.ROW_LOOKUP, ways.ONE_HOT)]


class Section(NamedTuple):
    """A table, and the sentences below it."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    findings: Sequence[str]


def facts(document: Document) -> list[str]:
    """Return lines on when and on what it was measured."""
    machine, versions = document["machine"], document["versions"]
    memory = f", {machine['memory']} GiB" if machine["memory"] else ""
    return [
        f"{document['date']}: {machine['cpu']}, cores used: {machine['cores']}, "
        f"threads: {document['threads']}{memory}",
        ", ".join(f"{name} {version}" for name, version in versions.items()),
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
    pairs = [(way, ways.TORCH) for way in names if way != ways.TORCH]
    pairs += [(w, ways.BUILTIN) for w in names if w not in (ways.BUILTIN, ways.TORCH)]
    pairs = [pair for pair in dict.fromkeys(pairs + CLAIMS) if pair[1] in names]
    tables = {
        "milliseconds per training step": {
            way: [digits(1000 * median(size["seconds"][way])) for size in sizes]
            for way in names
        },
        "ratio of times": {
            f"{way} / {base}": [words(ratio(size, way, base)) for size in sizes]
            for way, base in pairs
        },
        "percent of peak": {
            "peak, 10^9 operations per second": [
                digits(s["peak"] / 1e9) for s in sizes
            ],
            **{way: [f"{size['of_peak'][way]:.0%}" for size in sizes] for way in names},
        },
        "seconds until the first step is done, compiling included": {
            way: [digits(size["first_call"][way]) for size in sizes] for way in names
        },
    }
    best = [f"{max(names, key=s['of_peak'].get)} at {s[by]}" for s in sizes]
    findings = {
        "ratio of times": [finding(sizes, *p, by) for p in CLAIMS if p in pairs],
        "percent of peak": [f"Closest to the peak, by {by}: {'; '.join(best)}."],
    }
    for title, rows in tables.items():
        yield Section(
            f"{title}, by {by}; {fixed}, {sizes[0]['batch']} sequences",
            ["", *(f"{size[by]} {by}" for size in sizes)],
            [[name, *cells] for name, cells in rows.items()],
            findings.get(title, []),
        )


def ratio(size: Document, way: str, base: str) -> dict[str, float]:
    """Return the ratio of the times of two ways, and its interval."""
    return timing.ratio(size["seconds"][way], size["seconds"][base])


def digits(value: float) -> str:
    """Return a number with three digits, or its whole part."""
    return f"{value:,.{0 if value >= 100 else 1 if value >= 10 else 2}f}"


def words(ratio: Mapping[str, float]) -> str:
    """Return a ratio as text: median (low to high)."""
    return f"{ratio['median']:.2f} ({ratio['low']:.2f} to {ratio['high']:.2f})"


def finding(sizes: Sequence[Document], way: str, base: str, by: str) -> str:
    """Say at which sizes a way is faster than another, slower, as fast or undecided."""
    groups: dict[str, list[str]] = {}
    for size in sizes:
        found = ratio(size, way, base)
        says = "twice as fast or more" if found["high"] <= 0.5 else timing.says(found)
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
    cells = []
    for row in rows:
        ms, us = 1e3 * row["seconds"], 1e6 * row["seconds"] / row["steps"]
        numbers = map(digits, (ms, us, row["memory"], row["before"]))
        cells.append((row["way"], f"{row['steps']:,}", *numbers))
    title = f"long sequences, each length in a new process; {rows[0]['units']} units, "
    columns = ("", "steps", "ms per step", "us per time step", "peak MiB", "MiB before")
    return Section(f"{title}{rows[0]['batch']} sequences", columns, cells, findings)


def _example(part: Document) -> Section:
    """Return the table of an example's own model."""
    defaults = {row["cell"]: row for row in part["ways"] if row["default"]}
    builtin, rows = defaults["builtin"], []
    for row in part["ways"]:
        base = defaults.get(row["cell"], builtin)  # for PyTorch, that of SimpleRNN
        found = timing.ratio(row["seconds"], base["seconds"])
        says = "default" if row["default"] else timing.says(found)
        ms, first = digits(1000 * median(row["seconds"])), digits(row["first_call"])
        rows.append((row["name"], ms, words(found), says, first))
    found = timing.ratio(defaults["custom"]["seconds"], builtin["seconds"])
    says = f"custom / builtin, both defaults: {words(found)}, {timing.says(found)}."
    return Section(
        f"{part['example']}: its own model, preset {part['preset']}, one batch "
        f"{tuple(part['batch'])} again and again",
        ("way", "ms per step", "ratio to the default", "says", "seconds to first step"),
        rows,
        [says],
    )


def markdown(document: Document) -> str:
    """Return the page of a benchmark."""
    template = jinja2.Template(TEMPLATE.read_text(), trim_blocks=True)
    return template.render(
        document,
        marker=results_page.marker(COMMAND),
        facts="; ".join(facts(document)),
        noise=f"{timing.NOISE:.0%}",
        side=ways.PRODUCT_SIDE,
        sections=sections(document),
    )
