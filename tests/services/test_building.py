"""The use cases are put together by name: moving a field or a parameter swaps nothing."""

import ast
import inspect
from inspect import Parameter

import pytest

from services import Services, building
from services.subscriptions import Subscriptions


@pytest.mark.parametrize("whole", [Services, Subscriptions])
def test_what_holds_many_parts_takes_them_by_name(whole: type) -> None:
    kinds = {one.name: one.kind for one in inspect.signature(whole).parameters.values()}
    own = kinds.keys() - {"db", "clock"}
    assert {name for name in own if kinds[name] is not Parameter.KEYWORD_ONLY} == set()


def test_nothing_is_given_by_its_place_in_a_row() -> None:
    tree = ast.parse(inspect.getsource(building))
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    assert [ast.unparse(one) for one in calls if any(isinstance(arg, ast.Starred) for arg in one.args)] == []
