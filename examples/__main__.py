"""`python -m examples`: the index of the examples."""

import ast
from pathlib import Path


def index() -> dict[str, str]:
    """Return each example's name and the first line of its docstring."""
    packages = sorted(Path(__file__).parent.glob("*/__main__.py"))
    lines = {}
    for main in packages:
        # Parsed, not imported: the index must not pay for TensorFlow.
        tree = ast.parse((main.parent / "__init__.py").read_text(encoding="utf-8"))
        lines[main.parent.name] = (ast.get_docstring(tree) or "").partition("\n")[0]
    return lines


def main():
    """Print one line an example."""
    lines = index()
    width = max(map(len, lines))
    for name, line in lines.items():
        print(f"python -m examples.{name:<{width}}  {line}")
    print("\nEach answers --help, which explains every setting.")


if __name__ == "__main__":
    main()
