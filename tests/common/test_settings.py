"""Settings check themselves by the annotations of their fields."""

from dataclasses import dataclass
from typing import Annotated, Literal

import pytest

from common import settings
from common.errors import UserError
from common.settings import ANY_TEXT, Checked, Limits


@dataclass(frozen=True, kw_only=True)
class Config(settings.Settings):
    kind: Literal["a", "b"] = "a"
    sizes: Annotated[tuple[int, ...], Limits(1, 9)] = (1,)
    share: Annotated[float, Limits(0, 1, below=True)] = 0.0
    top: Annotated[int | None, Limits(1, 5)] = None
    stop: Annotated[str | None, ANY_TEXT] = None
    name: str | None = None
    on: bool = False


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"units": 0}, "--units must be a whole number, 1..16384; received 0"),
        ({"units": 2.0}, "--units must be a whole number"),
        ({"units": True}, "--units must be a whole number"),
        ({"epochs": 10**5000}, "received a number of more than 4,300 digits"),
        ({"learning_rate": 0}, "--learning-rate must be a number above 0 and at most"),
        ({"learning_rate": float("nan")}, "--learning-rate must be a number"),
        ({"share": 1}, "--share must be a number at least 0 and below 1; received 1"),
        ({"kind": "c"}, "--kind must be one of a, b; received 'c'"),
        ({"cell": None}, "--cell must be one of builtin, custom, gru, lstm"),
        ({"sizes": (3, 10)}, "every value of --sizes must be a whole number, 1..9"),
        ({"sizes": 3}, "--sizes must be several values"),
        ({"top": 6}, "--top must be"),
        ({"on": 1.5}, "--on must be one of True, False"),
        ({"name": " "}, "--name must not be empty"),
        ({"stop": ""}, "--stop must not be empty"),
        ({"name": "a\0"}, "--name must not hold the character NUL"),
        ({"name": "\udcff"}, "--name must be UTF-8 text"),
        ({"name": 5}, "--name must be a text"),
        ({"seed": 2**31}, "--seed must be"),
    ],
)
def test_illegal_values_are_refused(values, message):
    with pytest.raises(UserError) as caught:
        Config(**values)
    assert message in str(caught.value)
    assert str(caught.value).isprintable()


def test_legal_values_are_taken():
    made = Config(top=5, stop=" ", name="a", sizes=(1, 9), learning_rate=10)
    assert (made.top, made.stop) == (5, " ")


def test_json_gives_the_same_settings_back():
    made = Config(sizes=(2, 3), runs_dir="elsewhere", resume=True)
    values = settings.to_json(made)
    assert values["sizes"] == [2, 3]
    assert "runs_dir" not in values
    assert settings.from_json(Config, values) == Config(sizes=(2, 3))
    for odd in ({**values, "more": 1}, {k: v for k, v in values.items() if k != "on"}):
        with pytest.raises(UserError, match=r"fields differ: (more|on)"):
            settings.from_json(Config, odd)
    with pytest.raises(UserError, match="--units"):
        settings.from_json(Config, {**values, "units": "8"})


def test_presets_are_differences_from_the_defaults():
    presets = {"default": {}, "small": {"units": 3}}
    made = settings.from_preset(Config, presets, "small")
    assert (made.preset, made.units, made.epochs) == ("small", 3, 10)
    with pytest.raises(UserError, match="--preset must be one of default, small"):
        settings.from_preset(Config, presets, "large")


def test_a_number_without_limits_is_a_mistake():
    @dataclass(frozen=True, kw_only=True)
    class Endless(Checked):
        count: int = 1

    with pytest.raises(StopIteration):
        Endless()
