"""Settings of the forecasting example, and its presets.

They are many because a time series has many sides: file, splits, transforms, network.
"""

from dataclasses import dataclass
from typing import Literal

from common.errors import UserError, check_choice, check_real, check_whole
from common.settings import Repeats, Settings

DATASETS = ("sunspots", "jena_climate")
STRATEGIES = ("direct", "autoregressive")
TRANSFORMS = ("none", "log", "sqrt", "boxcox")
SEASONS = ("none", "stl")
LEVELS = ("series", "mean", "last")
SCALES = ("pooled", "series")
LOSSES = ("mae", "mse")
METRICS = ("smape", "mae", "rmse", "mase", "relative_variance")


@dataclass(frozen=True, kw_only=True)
class Config(Settings):
    """What to train and on what; every setting has a default."""

    units: int = 8
    """Width of the hidden state."""
    epochs: int = 24
    """Each is --passes over the training windows, and a validation."""
    passes: int = 10
    """Passes over the training windows in an epoch."""
    batch_size: int = 32
    """Windows in a training step."""
    learning_rate: float = 5e-3
    """Step size at the start; it falls to zero along a cosine."""
    dataset: Literal["sunspots", "jena_climate"] = "sunspots"
    """Yearly sunspot numbers, or hourly weather (Keras downloads it)."""
    data: str | None = None
    """Your own .csv or .tsv file: one series, or several."""
    id_column: str = "unique_id"
    """Column of your file that tells several series apart."""
    time_column: str = "ds"
    """Column of your file with the times, ISO 8601."""
    target: str = "y"
    """Column of your file with the values to forecast."""
    covariates: tuple[str, ...] = ()
    """Further columns that the network reads, known up to the present."""
    until: str | None = None
    """Last time of your file that is used; None: all of it."""
    max_gap: int = 3
    """Most missing values in a row; each is taken from the step before it."""
    horizon: int = 1
    """Steps to forecast."""
    window: int = 9
    """Steps that the network reads."""
    strategy: Literal["direct", "autoregressive"] = "direct"
    """Forecast all steps at once; or one, which is read to forecast the next."""
    test_steps: int | None = None
    """Last steps of every series, for the test alone; None: as many as the horizon, of
    a single series a tenth; with a data set, its own split."""
    validation_steps: int | None = None
    """Steps before those; they choose the epoch. None: as many as the test has, and
    with a data set, its own split."""
    backtest: int = 3
    """Origins before the test at which a network is trained and tried; the widths of
    the intervals come from their errors."""
    refit: bool = True
    """Before the test, train anew with the validation part too, for all epochs; else
    the epoch is kept that did best in validation."""
    transform: Literal["none", "log", "sqrt", "boxcox"] = "sqrt"
    """Taken of the values + 1 first, which must not be negative with it; "boxcox": with
    the exponent, 0 to 1, that makes each series' past most normal."""
    season: Literal["none", "stl"] = "none"
    """Subtract the season, as far as it explains the past (STL), and add it again."""
    period: int | None = None
    """Steps after which the season comes back; None: a year, a week or a day."""
    level: Literal["series", "mean", "last"] = "last"
    """Subtracted from a window: its series' mean so far, its own mean, its last."""
    scale: Literal["pooled", "series"] = "pooled"
    """One scale for all series, or each series' own."""
    members: int = 4
    """Networks that are trained side by side; the forecast is their mean."""
    linear: bool = True
    """Add a linear function of the window to each network's answer."""
    noise: float = 0.1
    """Standard deviation of the noise that training adds to scaled values."""
    weight_decay: float = 1e-2
    """Share of the weights that is taken away, times the step size, at each step."""
    loss: Literal["mae", "mse"] = "mse"
    """Mean absolute or mean squared error."""
    metric: Literal["smape", "mae", "rmse", "mase", "relative_variance"] = (
        "relative_variance"
    )
    """What the test reports first; the others are beside it."""

    def __post_init__(self):
        super().__post_init__()
        check_choice("--dataset", self.dataset, DATASETS)
        check_choice("--strategy", self.strategy, STRATEGIES)
        check_choice("--transform", self.transform, TRANSFORMS)
        check_choice("--season", self.season, SEASONS)
        check_choice("--level", self.level, LEVELS)
        check_choice("--scale", self.scale, SCALES)
        check_choice("--loss", self.loss, LOSSES)
        check_choice("--metric", self.metric, METRICS)
        check_whole("--max-gap", self.max_gap, at_least=0)
        check_whole("--horizon", self.horizon, at_least=1, at_most=10_000)
        check_whole("--window", self.window, at_least=2, at_most=10_000)
        check_whole("--backtest", self.backtest, at_least=1, at_most=100)
        check_whole("--passes", self.passes, at_least=1)
        check_whole("--members", self.members, at_least=1, at_most=100)
        check_real("--noise", self.noise, at_least=0, at_most=10)
        check_real("--weight-decay", self.weight_decay, at_least=0, below=1)
        for flag, value in (
            ("--test-steps", self.test_steps),
            ("--validation-steps", self.validation_steps),
        ):
            if value is not None:
                check_whole(flag, value, at_least=self.horizon)
        if self.period is not None:
            check_whole("--period", self.period, at_least=1)
        if len(set(self.covariates) | {self.target}) <= len(self.covariates):
            raise UserError(
                "--covariates must differ from each other and from --target; "
                f"received {' '.join(self.covariates)}"
            )
        if self.covariates and self.strategy == "autoregressive":
            raise UserError(
                "--strategy autoregressive cannot use --covariates: their future, "
                "which it would have to read, is not known"
            )

    @property
    def steps_at_once(self) -> int:
        """Steps that the network answers with: the horizon, or one."""
        return self.horizon if self.strategy == "direct" else 1


# Presets that are made for a file of one's own, and what it should hold.
FOR_FILES = {"full": "many monthly series", "etth1": "the file ETTh1.csv"}

# Differences from the defaults above, which forecast the sunspots in a minute.
PRESETS = {
    "default": {},
    # A few seconds, for tests: enough to beat the last value, no more.
    "smoke": {"units": 6, "members": 1, "epochs": 5, "backtest": 1},
    # Many monthly series, one model: --data m3_monthly.csv. After Hewamalage, Bergmeir
    # and Bandara (2021): logarithm, STL, windows beside their last value.
    "full": {
        "horizon": 18,
        "window": 15,
        "units": 64,
        "passes": 1,
        "batch_size": 256,
        "learning_rate": 3e-3,
        "transform": "log",
        "season": "stl",
        "members": 3,
        "linear": False,
        "noise": 0.0,
        "weight_decay": 1e-3,
        "loss": "mae",
        "metric": "smape",
        "backtest": 1,
    },
    # Informer's task: --data ETTh1.csv. A year to train and four months each to
    # validate and test; nothing is learned from the validation part, as there.
    "etth1": {
        "time_column": "date",
        "target": "OT",
        "until": "2018-02-20 23:00",
        "test_steps": 2880,
        "validation_steps": 2880,
        "horizon": 24,
        "window": 96,
        "units": 32,
        "epochs": 6,
        "passes": 1,
        "batch_size": 128,
        "learning_rate": 1e-3,
        "transform": "none",
        "members": 1,
        "noise": 0.0,
        "backtest": 1,
        "refit": False,
    },
}


@dataclass(frozen=True, kw_only=True)
class Compare(Repeats, Config):
    """Settings of `compare`: those of the training, and how often to repeat it."""


@dataclass(frozen=True, kw_only=True)
class Forecast:
    """What to forecast, how far, and with which run."""

    data: str | None = None
    """Your own file, with the columns of the run's; default: on from the end of the
    data that the run was trained on."""
    horizon: int | None = None
    """Steps to forecast; default: the run's. Beyond the run's, it goes on from its own
    forecasts."""
    time_column: str | None = None
    """Column with the times; default: as in the run."""
    id_column: str | None = None
    """Column that tells several series apart; default: as in the run."""
    target: str | None = None
    """Column with the values; default: as in the run."""
    output: str = "forecast.csv"
    """File for the forecasts; a figure of the same name, .png, comes beside it."""
    overwrite: bool = False
    """Replace the two files if they are there."""
    run: str | None = None
    """Run folder to use; default: the newest finished run."""
    runs_dir: str = "runs"
    """Folder of the run folders."""

    def __post_init__(self):
        if self.horizon is not None:
            check_whole("--horizon", self.horizon, at_least=1, at_most=10_000)
        if not self.output.lower().endswith(".csv"):
            raise UserError(f"--output must end in .csv; received {self.output!r}")
