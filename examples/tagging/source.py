"""The class of every character of Python source, from `tokenize` and `ast`.

Letters: N characters.
"""

import ast
import builtins
import io
import keyword
import tokenize
from collections.abc import Iterator

_BUILTINS = frozenset(dir(builtins))


def classes_of(source: str) -> list[str]:
    """Return the class of every character (N,).

    A name is a `definition` behind `def` or `class`, and a `builtin` where the file
    reads a name of Python that it gives no other meaning. An f-string is a string as a
    whole. `match`, `case` and `type` are keywords only where they begin a statement.

    Raises:
        SyntaxError: it is not the source of this Python version.
        ValueError: it holds a character that no source may hold.
    """
    lines = io.StringIO(source).readlines()  # as `tokenize` counts them
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    tree = ast.parse(source)
    special = {
        starts[line - 1] + column: name for line, column, name in _names(tree, lines)
    }
    found, before, opened = ["space"] * len(source), "", None
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        start, end = (
            starts[min(row, len(lines)) - 1] + at
            for row, at in (token.start, token.end)
        )
        kind = tokenize.tok_name[token.type]
        # From Python 3.12 on, an f-string comes in parts, which may hold other strings.
        if kind == "FSTRING_START":
            opened = [start] if opened is None else [*opened, start]
        if opened is not None:
            if kind == "FSTRING_END":
                begin = opened.pop()
                if not opened:
                    found[begin:end] = ["string"] * (end - begin)
                    opened, before = None, ""
            continue
        if end > start and (
            name := _class(kind, token.string, before, special.get(start))
        ):
            found[start:end] = [name] * (end - start)
            before = token.string
    return found


def _class(kind: str, text: str, before: str, special: str | None) -> str | None:
    """Return the class of a token, or `None` if it is white space."""
    if kind == "NAME":
        if keyword.iskeyword(text):
            return "keyword"
        return "definition" if before in ("def", "class") else special or "name"
    kinds = {
        "STRING": "string",
        "COMMENT": "comment",
        "NUMBER": "number",
        "OP": "operator",
    }
    return kinds.get(kind)


def _names(tree: ast.AST, lines: list[str]) -> Iterator[tuple[int, int, str]]:
    """Yield line, column and class of the names that are no plain names."""
    nodes = list(ast.walk(tree))
    bound = {node.arg for node in nodes if isinstance(node, ast.arg)}
    for node in nodes:
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            bound.add(node.id)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            bound.add(node.name)
        elif isinstance(node, ast.alias):
            bound.add((node.asname or node.name).partition(".")[0])
    for node in nodes:
        if isinstance(node, ast.Name) and node.id in _BUILTINS - bound:
            # Python counts bytes here, and characters in tokens.
            before = lines[node.lineno - 1].encode()[: node.col_offset]
            yield node.lineno, len(before.decode()), "builtin"
        elif isinstance(node, ast.Match) or type(node).__name__ == "TypeAlias":
            yield node.lineno, node.col_offset, "keyword"
        elif isinstance(node, ast.match_case):
            line = lines[node.pattern.lineno - 1]
            yield node.pattern.lineno, len(line) - len(line.lstrip()), "keyword"
