"""HDHive's client before the scripted server, and how HDHive says yes and no."""

from typing import Any

import pytest

from clients.hdhive.client import HDHive
from tests.clients.scripts import Connect, Script, answer


@pytest.fixture
def hive(connect: Connect) -> HDHive:
    return HDHive(connect("hdhive"), "app_1", "app-secret")


def ok(data: Any = None, **more: Any) -> Script:
    return answer({"success": True, "code": "200", "message": "success", "data": data, **more})


def refused(status: int, code: str, **more: Any) -> Script:
    body = {"success": False, "code": code, "message": "no", "description": "不行", **more}
    return answer(body, status)
