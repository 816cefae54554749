"""The repository as its tests read it: the sources of its packages, parsed once."""

import ast
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]


def sources(*packages: str) -> list[Path]:
    return sorted(path for package in packages for path in (ROOT / package).rglob("*.py"))


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(), str(path))
