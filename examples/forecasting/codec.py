"""The codec: one series to what the network sees of it, and its answers back.

Letters: N windows, L steps read, H steps forecast.
"""

from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import boxcox1p, inv_boxcox1p
from scipy.stats import boxcox_normmax

from common.errors import UserError, check_choice, check_real, check_whole
from examples.forecasting.config import LEVELS, SCALES, SEASONS, TRANSFORMS
from examples.forecasting.series import Series

INTERVALS = ("80", "95")  # per cent of the values that should lie within
# Exponents of Box-Cox by name; None: the likeliest of each series' past.
POWERS = {"log": 0.0, "sqrt": 0.5, "boxcox": None}


@dataclass(frozen=True)
class Codec:
    """Turns values into what the network reads, and its answers into values."""

    frequency: str
    period: int
    window: int  # L
    horizon: int  # H, the run's
    transform: str
    season: str
    level: str
    scale: str
    target: str
    covariates: dict[str, tuple[float, float]]  # name: mean, standard deviation
    pooled: float = 1.0  # what remains to be divided by, for all series alike
    # Half the width of the intervals by step (H,), over `Windows.roughness`.
    widths: dict[str, list[float]] = field(default_factory=dict)

    def view(self, one: Series, cut: int) -> "View":
        """Return a series as the network sees it who knows what is before `cut`.

        Raises:
            UserError: a value that the transform does not allow.
        """
        past = one.values[:cut]
        power = None
        if self.transform != "none":
            if one.values.min() < 0:
                raise UserError(
                    f"--transform {self.transform} needs values of at least 0; series "
                    f"{one.name!r} holds {one.values.min():g} (--transform none)"
                )
            power = POWERS[self.transform]
            if power is None:
                power = _likeliest_power(past)
        transformed = one.values if power is None else boxcox1p(one.values, power)
        season = self._season(transformed[:cut])
        adjusted = transformed - at(season, np.arange(len(one)), self.period)
        spread = max(adjusted[:cut].std(), 1e-9)
        return View(
            series=one,
            cut=cut,
            power=power,
            season=season,
            period=self.period,
            adjusted=adjusted,
            center=float(adjusted[:cut].mean()),
            scale=self.pooled * (spread if self.scale == "series" else 1.0),
        )

    def _season(self, past: np.ndarray) -> np.ndarray:
        """Return the season of every step of the past.

        STL finds a season in noise too. So it counts only by its strength, the share of
        the detrended variance that it explains (Wang, Smith and Hyndman 2006).
        """
        if self.season == "none" or self.period < 2 or len(past) < 2 * self.period:
            return np.zeros(max(len(past), self.period))
        from statsmodels.tsa.seasonal import STL  # slow to import

        # A window that wide makes every year's season the same.
        steady = 10 * len(past) + 1
        parts = STL(past, self.period, seasonal=steady, seasonal_deg=0).fit()
        total = np.var(parts.seasonal + parts.resid)
        strength = max(0.0, 1 - np.var(parts.resid) / total) if total > 0 else 0.0
        return parts.seasonal * strength

    def levels(self, pasts: np.ndarray, centers: np.ndarray) -> np.ndarray:
        """Return what is subtracted from every window (N, L), as (N, 1)."""
        if self.level == "series":
            return centers[:, None]
        return pasts[:, -1:] if self.level == "last" else pasts.mean(1, keepdims=True)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, value: Any) -> "Codec":
        """Rebuild a codec.

        Raises:
            UserError: `value` is not what `to_json` returns.
        """
        try:
            covariates = {
                name: (float(mean), float(deviation))
                for name, (mean, deviation) in value["covariates"].items()
            }
            codec = cls(**{**value, "covariates": covariates})
            steps = {len(codec.widths[name]) for name in INTERVALS}
        except (TypeError, KeyError, ValueError, AttributeError):
            needs = ", ".join(cls.__dataclass_fields__)
            raise UserError(f"a codec needs {needs}, and nothing else") from None
        check_choice("transform of a codec", codec.transform, TRANSFORMS)
        check_choice("season of a codec", codec.season, SEASONS)
        check_choice("level of a codec", codec.level, LEVELS)
        check_choice("scale of a codec", codec.scale, SCALES)
        check_whole("period of a codec", codec.period, at_least=1)
        check_whole("window of a codec", codec.window, at_least=2)
        check_whole("horizon of a codec", codec.horizon, at_least=1)
        check_real("pooled of a codec", codec.pooled, above=0)
        if steps != {codec.horizon}:
            raise UserError("the widths of a codec must be one for each step")
        return codec


def _likeliest_power(past: np.ndarray) -> float:
    """Return the exponent of Box-Cox, 0 to 1, after which values are most normal."""
    if np.ptp(past) == 0:
        return 1.0  # any will do

    def within(badness):
        return minimize_scalar(badness, bounds=(0, 1), method="bounded")

    return float(boxcox_normmax(past + 1, method="mle", optimizer=within))


def at(season: np.ndarray, steps: np.ndarray, period: int) -> np.ndarray:
    """Return the season at `steps`; after its end the last period comes again."""
    beyond = np.maximum(steps - len(season), 0)
    again = len(season) - period + beyond % period
    return season[np.where(steps < len(season), steps, again)]


@dataclass(frozen=True)
class View:
    """A series transformed and without its season, by what was known before `cut`."""

    series: Series
    cut: int
    power: float | None  # of Box-Cox; None: not transformed
    season: np.ndarray  # (cut,)
    period: int
    adjusted: np.ndarray  # (length of the series,)
    center: float
    scale: float

    def to_units(self, adjusted: np.ndarray, steps: np.ndarray) -> np.ndarray:
        """Undo what was done to values at `steps`; both of any one shape."""
        values = adjusted + at(self.season, steps, self.period)
        if self.power is None:
            return values
        # No value was below 0, so no forecast is.
        least = -np.inf if self.power == 0 else -1 / self.power
        return np.maximum(inv_boxcox1p(np.maximum(values, least), self.power), 0)
