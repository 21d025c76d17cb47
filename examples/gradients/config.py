"""Settings of the measurements, and their presets."""

import typing
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

from common.errors import UserError
from common.settings import MAX_SEED, Checked, Limits

Network = Literal[
    "tanh_glorot", "tanh_orthogonal", "relu_identity", "gated_block", "gru"
]
EXAMPLE = __package__.rpartition(".")[2]


@dataclass(frozen=True, kw_only=True)
class Config(Checked):
    """What to measure. Every setting has a default."""

    preset: str = "default"
    """Named set of defaults; other flags override single values of it."""
    part: Literal["all", "norms", "adding", "digits"] = "all"
    """What to do: norms of gradients, the adding problem, the digits, or all three."""
    units: Annotated[int, Limits(2, 512)] = 32
    """Width of the hidden state where gradients are measured, and of the adder."""
    digit_units: Annotated[int, Limits(2, 512)] = 64
    """Width of the networks that read digits."""
    steps: Annotated[int, Limits(2, 1000)] = 100
    """Time steps over which gradients are measured."""
    lengths: Annotated[tuple[int, ...], Limits(2, 1000)] = (50, 100, 200)
    """Time steps of the adding problem. Each is trained on its own."""
    updates: Annotated[int, Limits(1, 1_000_000)] = 1000
    """Training steps of the adding problem."""
    networks: tuple[Network, ...] = typing.get_args(Network)[:-1]
    """What reads the digits: activation and start of W_R, a block, a GRU.
    Not all by default, for time."""
    epochs: Annotated[int, Limits(1, 10_000)] = 25
    """Passes over the training digits."""
    seeds: Annotated[int, Limits(1, 100)] = 3
    """Networks of each kind. Their seeds count up from --seed."""
    seed: Annotated[int, Limits(0, MAX_SEED)] = 0
    """Fixes initial weights, sequences, batch order and dropout."""
    runs_dir: str = "runs"
    """Folder for run folders. This run becomes RUNS_DIR/gradients/DATE-TIME."""

    def __post_init__(self):
        super().__post_init__()
        for name in ("lengths", "networks"):
            if not getattr(self, name):
                raise UserError(f"--{name} must have at least one value; received none")

    PRESETS: ClassVar[dict[str, dict[str, Any]]] = {
        "default": {},
        # Seconds; what it prints means nothing.
        "smoke": {
            "units": 4,
            "digit_units": 4,
            "steps": 10,
            "lengths": (4,),
            "updates": 20,
            "networks": ("tanh_orthogonal",),
            "epochs": 1,
            "seeds": 2,
        },
    }
