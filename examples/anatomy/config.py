"""Settings of the anatomy: which network, and how much it reads."""

from dataclasses import dataclass
from typing import Literal

from common.errors import UserError, check_choice, check_whole
from examples.anatomy.shapes import layers_of, parameters

OUTPUTS = ("dense", "recurrent")
MAX_SIZES = 8  # more layers do not fit into a figure
MAX_PARAMETERS = 20_000_000  # the network is built, in memory
MAX_COUNT = 1_000_000  # sequences, or steps


@dataclass(frozen=True, kw_only=True)
class Config:
    """Which network to take apart; every setting has a default."""

    layers: tuple[int, ...] = (3, 7, 1)
    """Numbers read at a step, units of every recurrent layer, numbers put out."""
    output: Literal["dense", "recurrent"] = "dense"
    """Kind of the last layer; of two --layers the last is recurrent in any case."""
    batch: int = 64
    """Sequences that are read side by side."""
    steps: int = 10
    """Time steps of a sequence."""
    seed: int = 0
    """Fixes the weights and the sequence that the trace shows."""
    figure: str | None = None
    """PNG file to draw; default: a new one in RUNS_DIR/anatomy."""
    overwrite: bool = False
    """Let --figure replace a file that is there already."""
    runs_dir: str = "runs"
    """Folder that takes the figure if --figure does not say where."""

    def __post_init__(self):
        if not 2 <= len(self.layers) <= MAX_SIZES:
            raise UserError(
                f"--layers must have 2..{MAX_SIZES} sizes, the input's first; "
                f"received {len(self.layers)}"
            )
        for size in self.layers:
            check_whole("every size of --layers", size, at_least=1)
        check_choice("--output", self.output, OUTPUTS)
        check_whole("--batch", self.batch, at_least=1, at_most=MAX_COUNT)
        check_whole("--steps", self.steps, at_least=1, at_most=MAX_COUNT)
        check_whole("--seed", self.seed, at_least=0, at_most=2**31 - 1)
        count = sum(map(parameters, layers_of(self.layers, output=self.output)))
        if count > MAX_PARAMETERS:
            raise UserError(
                f"--layers must give at most {MAX_PARAMETERS:,} parameters, since the "
                f"network is built; {' '.join(map(str, self.layers))} gives {count:,}"
            )
        if self.figure is not None and not self.figure.lower().endswith(".png"):
            raise UserError(f"--figure must end in .png; received {self.figure!r}")
        if not self.runs_dir.strip():
            raise UserError("--runs-dir must name a folder; received an empty text")
