"""What the end-to-end tests ask the journal for, read from their source."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

HERE = Path(__file__).parents[1]
PACKAGE = "tests.e2e."


@cache
def modules() -> list[str]:
    """The end-to-end modules, by dotted names."""
    return sorted(".".join(path.relative_to(HERE).with_suffix("").parts) for path in HERE.rglob("*.py"))


@cache
def tree(module: str) -> ast.Module:
    return ast.parse(HERE.joinpath(*module.split(".")).with_suffix(".py").read_text(), module)


def neighbour(node: ast.ImportFrom) -> str | None:
    """The end-to-end module that names are imported from, if it is one."""
    name = (node.module or "").removeprefix(PACKAGE)
    return name if name != node.module and name in modules() else None


def words_of(module: str) -> dict[str, str]:
    """The constants a module gives names to, its own and those it imports from its neighbours."""
    found: dict[str, str] = {}
    for node in tree(module).body:
        if isinstance(node, ast.ImportFrom):
            theirs = words_of(name) if (name := neighbour(node)) else {}
            found |= {n.asname or n.name: theirs.get(n.name, "") for n in node.names}
        elif isinstance(node, ast.Assign) and isinstance(node.value, (ast.Constant, ast.Tuple)):
            found |= named(node)
    return found


def named(node: ast.Assign) -> dict[str, str]:
    (target,) = node.targets
    pairs = [(target, node.value)]
    if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
        pairs = list(zip(target.elts, node.value.elts, strict=True))
    return {
        name.id: value.value
        for name, value in pairs
        if isinstance(name, ast.Name) and isinstance(value, ast.Constant) and isinstance(value.value, str)
    }


def pattern_of(node: ast.expr, words: dict[str, str]) -> str:
    """A regular expression for what is asked for; what a test fills in has a digit, as ids have."""
    if isinstance(node, ast.Name):
        return re.escape(words.get(node.id, "")).replace(r"\*", ".*")
    if isinstance(node, ast.JoinedStr):
        return "".join(pattern_of(part, words) for part in node.values)
    if isinstance(node, ast.Constant):
        return re.escape(str(node.value)).replace(r"\*", ".*")
    return r"\w*\d\w*"


def questions(module: str) -> Iterator[tuple[str, str, str]]:
    """What a module's tests find in the journal: service, method and path; what is found missing is none."""
    words = words_of(module)
    without = {
        id(inside)
        for node in ast.walk(tree(module))
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)
        for inside in ast.walk(node)
    }
    for node in ast.walk(tree(module)):
        asks = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        if asks and node.func.attr == "calls" and len(node.args) == 3 and id(node) not in without:  # type: ignore[attr-defined]
            service, method, path = (pattern_of(argument, words) for argument in node.args)  # type: ignore[attr-defined]
            yield service, method, path
