"""Settings of the anatomy: the sizes of a network, and how to write it."""

from dataclasses import dataclass
from typing import Annotated, Literal

from common.errors import UserError
from common.settings import MAX_COUNT, MAX_SEED, Checked, Limits

from .shapes import layers_of

EXAMPLE = __package__.rpartition(".")[2]
MAX_SIZES = 8  # more layers do not fit into a figure
MAX_PARAMETERS = 20_000_000  # the network is built, in memory


@dataclass(frozen=True, kw_only=True)
class Config(Checked):
    """The network to show. Every setting has a default."""

    layers: Annotated[tuple[int, ...], Limits(1, MAX_COUNT)] = (3, 7, 1)
    """Size of the input, units of each recurrent layer, size of the output."""
    cell: Literal["simple", "gru", "lstm"] = "simple"
    """Cell of the recurrent layers."""
    output: Literal["dense", "recurrent"] = "dense"
    """Kind of the last layer. With two --layers, the only layer is recurrent."""
    notation: Literal["rows", "columns"] = "rows"
    """Vectors as rows, z = x W_F + h W_R + b, as in Keras; or as columns,
    z = W_F x + W_R h + b, as in many books."""
    batch_size: Annotated[int, Limits(1, MAX_COUNT)] = 64
    """Sequences in a batch."""
    steps: Annotated[int, Limits(1, MAX_COUNT)] = 10
    """Time steps of a sequence."""
    seed: Annotated[int, Limits(0, MAX_SEED)] = 0
    """Fixes the random weights and the random sequence of the trace."""
    runs_dir: str = "runs"
    """Folder for the figures. They go to RUNS_DIR/anatomy/DATE-TIME."""

    def __post_init__(self):
        super().__post_init__()
        if not 2 <= len(self.layers) <= MAX_SIZES:
            raise UserError(
                f"--layers must have 2..{MAX_SIZES} sizes, the input's first; "
                f"received {len(self.layers)}"
            )
        layers = layers_of(self.layers, output=self.output, cell=self.cell)
        count = sum(layer.parameters for layer in layers)
        if count > MAX_PARAMETERS:
            raise UserError(
                f"--layers must give at most {MAX_PARAMETERS:,} parameters, since the "
                f"network is built; {' '.join(map(str, self.layers))} gives {count:,}"
            )
