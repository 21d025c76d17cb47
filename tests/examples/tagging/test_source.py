"""The class of every character of Python source."""

import pytest

from examples.tagging.source import classes_of

LETTERS = {
    "space": ".",
    "keyword": "K",
    "name": "n",
    "definition": "D",
    "builtin": "B",
    "string": "s",
    "comment": "#",
    "number": "9",
    "operator": "o",
}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("# hi\n", "####."),
        ("import os\n", "KKKKKK.nn."),
        ("def f(x: int = 3): pass\n", "KKK.Dono.BBB.o.9oo.KKKK."),
        ("class A(ValueError): x = 1.5\n", "KKKKK.DoBBBBBBBBBBoo.n.o.999."),
        ("print(len(x), end='')\n", "BBBBBoBBBonoo.nnnosso."),
        ("x.print(1)\n", "nonnnnno9o."),
        ("list = 3; list\n", "nnnn.o.9o.nnnn."),
        ("é = 'ü'; print(é)\n", "n.o.ssso.BBBBBono."),
        ("match = case = 1\n", "nnnnn.o.nnnn.o.9."),
        ("match x:\n case 1: pass\n", "KKKKK.no..KKKK.9o.KKKK."),
        ("x = f'a{len(y):>{w}}b' 'c'\n", "n.o.ssssssssssssssssss.sss."),
        ("x = 1 + \\\n  2\n", "n.o.9.o.....9."),
        ('"""a\nb"""\nx = True\n', "sssssssss.n.o.KKKK."),
        ("\fx = 1\n", ".n.o.9."),
        ("x = 1  # c\n", "n.o.9..###."),
        ("", ""),
    ],
)
def test_every_character_has_its_class(source, expected):
    assert "".join(LETTERS[name] for name in classes_of(source)) == expected


def test_nested_formats_are_one_string():
    source = "f'{x:{y}}' + f'{a}{{b}}' + z\n"
    classes = "".join(LETTERS[name] for name in classes_of(source))
    assert classes == "ssssssssss.o.sssssssssss.o.n."


@pytest.mark.parametrize("source", ["def f(:\n", "x = '\n", "\0", "  x\n y\n"])
def test_source_that_is_none_is_refused(source):
    with pytest.raises((SyntaxError, ValueError)):
        classes_of(source)
