import base64
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from storage.crypto import BadKeys, KeyRing, SecretUnreadable, _create, add_key, digest

OLD, NEW = b"o" * 32, b"n" * 32
PLACE = {"table": "links", "row": 7, "column": "access_token"}


def setting(*keys: bytes) -> str:
    return ",".join(base64.b64encode(key).decode() for key in keys)


def test_what_is_sealed_opens_in_its_place_only() -> None:
    ring = KeyRing([NEW])
    sealed = ring.seal(b"secret", **PLACE)
    assert b"secret" not in sealed
    assert ring.open(sealed, **PLACE) == b"secret"
    for elsewhere in ({"table": "unlocks"}, {"row": 8}, {"column": "refresh_token"}):
        with pytest.raises(SecretUnreadable):
            ring.open(sealed, **(PLACE | elsewhere))


def test_the_same_secret_never_looks_the_same() -> None:
    ring = KeyRing([NEW])
    assert len({ring.seal(b"secret", **PLACE) for _ in range(1000)}) == 1000


@pytest.mark.parametrize("position", range(0, 39, 2))
def test_a_changed_byte_is_noticed(position: int) -> None:
    ring = KeyRing([NEW])
    sealed = bytearray(ring.seal(b"secret", **PLACE))
    sealed[position] ^= 1
    with pytest.raises(SecretUnreadable):
        ring.open(bytes(sealed), **PLACE)


@pytest.mark.parametrize("length", range(0, 38, 3))
def test_a_cut_ciphertext_is_noticed(length: int) -> None:
    ring = KeyRing([NEW])
    with pytest.raises(SecretUnreadable):
        ring.open(ring.seal(b"secret", **PLACE)[:length], **PLACE)


def test_old_keys_open_and_the_newest_seals() -> None:
    old = KeyRing([OLD]).seal(b"secret", **PLACE)
    ring = KeyRing.from_setting(f" {setting(NEW)} , {setting(OLD)},")
    assert ring.open(old, **PLACE) == b"secret"
    new = ring.seal(b"secret", **PLACE)
    assert new.startswith(ring.head)
    assert KeyRing([NEW]).open(new, **PLACE) == b"secret"
    with pytest.raises(SecretUnreadable):
        KeyRing([OLD]).open(new, **PLACE)


def test_both_alphabets_of_base64_are_read() -> None:
    key = b"\xfb\xff" * 16
    sealed = KeyRing([key]).seal(b"x", **PLACE)
    for encoded in (base64.b64encode(key), base64.urlsafe_b64encode(key)):
        assert KeyRing.from_setting(encoded.decode()).open(sealed, **PLACE) == b"x"


@pytest.mark.parametrize("bad", ["", " , ", "nonsense!", "c2hvcnQ=", setting(NEW) + ",x"])
def test_bad_settings_are_refused_without_showing_them(bad: str) -> None:
    with pytest.raises(BadKeys) as caught:
        KeyRing.from_setting(bad)
    assert "c2hvcnQ" not in str(caught.value)


def test_a_key_of_the_wrong_length_is_refused() -> None:
    with pytest.raises(BadKeys):
        KeyRing([b"short"])


def test_a_missing_file_is_made_for_the_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "data" / "linkhive.db.keys"
    sealed = KeyRing.from_file(path).seal(b"secret", **PLACE)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.chmod(0o644)
    assert KeyRing.from_file(path).open(sealed, **PLACE) == b"secret"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [found.name for found in path.parent.iterdir()] == [path.name]


def test_processes_that_start_at_once_agree_on_the_key(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    with ThreadPoolExecutor(16) as pool:
        rings = list(pool.map(lambda _: KeyRing.from_file(path), range(64)))
    sealed = rings[0].seal(b"secret", **PLACE)
    assert all(ring.open(sealed, **PLACE) == b"secret" for ring in rings)


def test_a_file_that_another_process_made_meanwhile_stays(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    head = KeyRing.from_file(path).head
    _create(path, [NEW])
    assert KeyRing.from_file(path).head == head


def test_a_running_process_picks_up_an_added_key(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    running = KeyRing.from_file(path)
    old = running.seal(b"old", **PLACE)
    add_key(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    other = KeyRing.from_file(path)
    assert other.head != running.head
    assert running.open(other.seal(b"new", **PLACE), **PLACE) == b"new"
    assert running.head == other.head
    assert running.open(old, **PLACE) == b"old"
    with pytest.raises(SecretUnreadable):
        running.open(KeyRing([OLD]).seal(b"x", **PLACE), **PLACE)


@pytest.mark.parametrize("content", [None, "nonsense\n", "", "\udc80"])
def test_a_key_file_that_goes_takes_no_keys_from_a_running_process(
    tmp_path: Path, content: str | None
) -> None:
    path = tmp_path / "keys"
    running = KeyRing.from_file(path)
    sealed = running.seal(b"kept", **PLACE)
    path.unlink()
    if content is not None:
        path.write_bytes(content.encode("utf-8", "surrogateescape"))
    with pytest.raises(SecretUnreadable):
        running.open(KeyRing([OLD]).seal(b"x", **PLACE), **PLACE)
    assert running.open(sealed, **PLACE) == b"kept"
    assert running.seal(b"more", **PLACE).startswith(sealed[:5])


def test_a_broken_key_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    path.write_text("nonsense\n")
    with pytest.raises(BadKeys):
        KeyRing.from_file(path)


def test_digest_is_sha256() -> None:
    assert digest("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
