"""Halves of letters, which JSON can spell and nothing can store or send, are none once an answer is read."""

import json

import pytest

from clients.disktop.models import DeviceCode, DriveFile
from clients.hdhive.models import Resource

HALF = json.loads('"a\\ud83d b"')


def test_a_name_with_half_a_letter_can_be_sent() -> None:
    assert DriveFile.model_validate({"id": 1, "name": HALF}).name == "a? b"


def test_whole_letters_stay() -> None:
    whole = "沙丘 👨‍👩‍👧 é"
    assert DriveFile.model_validate({"id": 1, "name": whole}).name == whole


def test_lists_of_texts_are_cleaned_too() -> None:
    told = {"slug": "s", "video_resolution": [HALF, "4K"], "pan_type": "quark"}
    assert Resource.model_validate(told).video_resolution == ("a? b", "4K")


@pytest.mark.parametrize("name", ["user_code", "verification_uri"])
def test_a_code_with_half_a_letter_is_read(name: str) -> None:
    told = {"device_code": "d", "user_code": "u", "verification_uri": "v"} | {name: HALF}
    assert getattr(DeviceCode.model_validate(told), name) == "a? b"
