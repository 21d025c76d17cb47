"""Settings of the forecasting example, and its presets."""

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from common.errors import UserError, check_choice
from common.settings import MAX_COUNT, Checked, Limits, Repeats, Settings

EXAMPLE = __package__.rpartition(".")[2]
MAX_STEPS = 10_000  # of a horizon or a window

Steps = Annotated[int, Limits(1, MAX_STEPS)]
Transform = Literal["none", "log", "sqrt", "boxcox"]


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """What a preset fixes besides its settings; not on the command line."""

    made_for: str = ""  # which file, if it is made for one
    until: str | None = None  # last time that is read from a file
    metric: str = "relative_variance"  # the main one, see evaluate.scores
    passes: int = 10  # over the training windows in an epoch
    ensemble_size: int = 4  # networks trained side by side; their mean is the forecast
    linear: bool = True  # add a linear function of the window to each answer
    noise: float = 0.1  # standard deviation of the noise added to training windows
    weight_decay: float = 1e-2  # of AdamW
    backtest: int = 3  # cutoffs before the test at which a network is trained and tried
    refit: bool = True  # before the test, train again with the validation part


@dataclass(frozen=True, kw_only=True)
class Config(Settings):
    """What to train and on what. Every setting has a default."""

    # Network and training
    units: Annotated[int, Limits(1, 16_384)] = 8
    """Width of the hidden state."""
    layers: Annotated[int, Limits(1, 100)] = 1
    """Recurrent layers. Each above the first stands in a gated residual block."""
    epochs: Annotated[int, Limits(1, MAX_COUNT)] = 24
    """Rounds of training. Each is 1 or 10 passes over the windows, and a validation."""
    batch_size: Annotated[int, Limits(1, MAX_COUNT)] = 32
    """Windows in one training step."""
    learning_rate: Annotated[float, Limits(0, 10, above=True)] = 5e-3
    """Initial step size of the optimizer. It falls to zero along a cosine."""

    # Data
    data: str | None = None
    """A .csv, .tsv or .jsonl file with series. None: the preset's data."""
    time_column: str = "ds"
    """Column with the times, ISO 8601."""
    target: str = "y"
    """Column with the values to forecast."""
    id_column: str = "unique_id"
    """Column with the name of the series, if the file holds several."""
    covariates: tuple[str, ...] = ()
    """Further columns that the network reads. Their future need not be known."""
    max_gap: Annotated[int, Limits(0, MAX_COUNT)] = 3
    """Maximum number of missing values in a row. Each repeats the value before it."""

    # Windows
    horizon: Steps = 1
    """Number of steps to forecast."""
    window: Annotated[int, Limits(2, MAX_STEPS)] = 9
    """Number of past steps that the network reads."""
    test_steps: Annotated[int | None, Limits(1, MAX_COUNT)] = None
    """Number of last steps of each series for the test. None: the horizon, or a tenth
    of the series if there is only one and that is more."""

    # Transform
    transform: Transform = "sqrt"
    """Transform applied to y + 1; y must be at least 0. boxcox fits its exponent."""
    season_length: Annotated[int | None, Limits(0, MAX_STEPS)] = None
    """Steps per season that STL removes; 0 removes none. None: a year, week or day."""

    def __post_init__(self):
        super().__post_init__()
        check_choice("--preset", self.preset, PRESETS)
        if self.test_steps is not None and self.test_steps < self.horizon:
            raise UserError(
                f"--test-steps must be at least the --horizon, {self.horizon}; "
                f"received {self.test_steps}"
            )
        if len(set(self.covariates) | {self.target}) <= len(self.covariates):
            raise UserError(
                "--covariates must differ from each other and from --target; "
                f"received {' '.join(self.covariates)}"
            )

    @property
    def recipe(self) -> Recipe:
        """What the preset fixes besides the settings."""
        return RECIPES.get(self.preset, Recipe())


# Only of presets that differ from the defaults of `Recipe`.
RECIPES = {
    "smoke": Recipe(ensemble_size=1, backtest=1),
    "full": Recipe(
        made_for="many monthly series",
        metric="smape",
        passes=1,
        ensemble_size=3,
        linear=False,
        noise=0.0,
        weight_decay=1e-3,
        backtest=1,
    ),
    # The published split ends here; validation chooses the epoch, as in the paper.
    "etth1": Recipe(
        made_for="the file ETTh1.csv",
        until="2018-02-20 23:00",
        passes=1,
        ensemble_size=1,
        noise=0.0,
        backtest=1,
        refit=False,
    ),
}
# Differences from the defaults above, which forecast the sunspots in a minute.
PRESETS = {
    "default": {},
    # A few seconds, for tests: trains just enough to beat the last value.
    "smoke": {"units": 6, "epochs": 5},
    # Many monthly series, one model: --data m3_monthly.csv. After Hewamalage, Bergmeir
    # and Bandara (2021): logarithm, STL, windows minus their last value.
    "full": {"horizon": 18, "window": 15, "transform": "log"}
    | {"units": 64, "batch_size": 256, "learning_rate": 3e-3},
    # Informer's task, a day of hours from the four before it: --data ETTh1.csv, four
    # months each to validate and to test.
    "etth1": {"time_column": "date", "target": "OT", "test_steps": 2880}
    | {"horizon": 24, "window": 96, "transform": "none", "season_length": 0}
    | {"units": 32, "epochs": 6, "batch_size": 128, "learning_rate": 1e-3},
}


@dataclass(frozen=True, kw_only=True)
class Compare(Repeats, Config):
    """Settings of `compare`: those of a training, and the number of seeds."""


@dataclass(frozen=True, kw_only=True)
class Forecast(Checked):
    """What to forecast, how far, and with which run."""

    NEEDS_KERAS: ClassVar[bool] = False  # where NumPy can answer

    data: str | None = None
    """File with the series. None: continue the data that the run was trained on."""
    horizon: Annotated[int | None, Limits(1, MAX_STEPS)] = None
    """Number of steps to forecast. None: the run's."""
    time_column: str | None = None
    """Column with the times. None: as in the run."""
    target: str | None = None
    """Column with the values. None: as in the run."""
    id_column: str | None = None
    """Column with the name of the series. None: as in the run."""
    output: str = "forecast.csv"
    """File for the forecasts. A figure is written beside it, ending in .png."""
    overwrite: bool = False
    """Replace the two files if they exist."""
    run: str | None = None
    """Run folder to use. None: the newest finished run."""
    runs_dir: str = "runs"
    """Folder for run folders."""

    def __post_init__(self):
        super().__post_init__()
        if not self.output.lower().endswith(".csv"):
            raise UserError(f"--output must end in .csv; received {self.output!r}")
