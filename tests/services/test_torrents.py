"""Torrent files, magnet links and CIDs: what is read from them, and what is refused."""

import hashlib
from base64 import b32encode
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, strategies as st

from sandbox.catalogue.torrents import bencode, cid, info_of, infohash, magnet, torrent
from services.magnets import BadMagnet, Magnet, find_cid, find_magnet, is_cid, read_magnet
from services.torrents import BadTorrent, read_torrent

HASH = "ab" * 20
LONG = "cd" * 32
INFO: dict[str, Any] = {"length": 12, "name": "a", "piece length": 16384, "pieces": b"p" * 20}
TREE: dict[str, Any] = {"d": {"a": {"": {"length": 5}}}, "b": {"": {"length": 7, "pieces root": b"r" * 32}}}


def packed(**changes: Any) -> bytes:
    return bencode({"info": {name: v for name, v in {**INFO, **changes}.items() if v is not None}})


def test_a_file_of_one() -> None:
    info = info_of("番剧 第01话.mkv", 5_000_000_000, "x")
    found = read_torrent(torrent(info))
    assert (found.name, found.size, found.v1, found.v2) == (
        "番剧 第01话.mkv",
        5_000_000_000,
        infohash(info),
        None,
    )
    assert found.magnet.link.startswith(f"magnet:?xt=urn:btih:{infohash(info)}&dn=%E7%95%AA")
    assert "&xl=5000000000&tr=http%3A%2F%2Ftracker" in found.magnet.link


def test_the_hash_is_of_the_bytes_as_they_stand() -> None:
    # Its keys are in no order, which many programs write and none mends.
    info = b"d6:pieces20:" + b"p" * 20 + b"4:name1:a6:lengthi12e12:piece lengthi16384ee"
    found = read_torrent(b"d4:info" + info + b"e")
    assert found.v1 == hashlib.sha1(info).hexdigest()


def test_several_files_without_the_padding() -> None:
    files = [
        {"length": 10, "path": ["a"]},
        {"length": 6, "path": [".pad", "6"], "attr": "p"},
        {"length": 5, "path": ["b"]},
    ]
    assert read_torrent(packed(length=None, files=files)).size == 15


def test_version_two_and_both() -> None:
    second = read_torrent(bencode({"info": {"meta version": 2, "name": "n", "file tree": TREE}}))
    assert (second.v1, second.size) == (None, 12)
    raw = bencode({"file tree": TREE, "meta version": 2, "name": "n"})
    assert second.v2 == hashlib.sha256(raw).hexdigest()
    assert second.magnet.link == f"magnet:?xt=urn:btmh:1220{second.v2}&dn=n&xl=12"
    both = read_torrent(packed(**{"meta version": 2, "file tree": TREE}))
    assert both.v1
    assert both.v2
    assert read_magnet(both.magnet.link).hashes == {both.v1, both.v2}


def test_trackers_that_know_people_stay_out() -> None:
    tiers = [
        ["udp://open.example:80/announce", "https://t.example/0123456789abcdef0123456789abcdef/announce"],
        ["http://t.example/announce?passkey=1", "ftp://x.example/", "udp://open.example:80/announce", 5],
    ]
    data = bencode({"announce": "http://u:p@t.example/announce", "announce-list": tiers, "info": INFO})  # type: ignore[dict-item]
    assert read_torrent(data).trackers == ("udp://open.example:80/announce",)


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"", "no_torrent"),
        (b"<html>", "no_torrent"),
        (b"de" + b"x", "no_torrent"),
        (b"le", "no_torrent"),
        (b"d4:info", "no_torrent"),
        (b"d4:infoi1ee", "no_info"),
        (b"de", "no_info"),
        (b"d4:infodee", "no_info"),
        (b"d4:infod6:lengthi-0eee", "no_torrent"),
        (b"d4:infod6:lengthi012eee", "no_torrent"),
        (b"d4:info99999999:xe", "no_torrent"),
        (b"d4:info04:abcde", "no_torrent"),
        (b"d4:infodede", "no_torrent"),
        (b"d" + b"1:a" + b"l" * 3000 + b"e" * 3000 + b"e", "no_torrent"),
        (b"d4:infodee4:infodee", "no_torrent"),
        (b"d4:infode4:infodee", "odd"),
        (packed(private=1), "private"),
        (packed(length=-1), "odd"),
        (packed(length=None), "odd"),
        (packed(pieces=b"p" * 19), "odd"),
        (packed(pieces=b""), "odd"),
        (packed(**{"piece length": 0}), "odd"),
        (packed(length=None, files=[{"path": ["a"]}]), "odd"),
        (bencode({"info": {"meta version": 2, "file tree": {"a": 5}}}), "odd"),
    ],
)
def test_what_is_no_torrent(data: bytes, kind: str) -> None:
    with pytest.raises(BadTorrent) as refused:
        read_torrent(data)
    assert refused.value.kind == kind


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    for tried in (data, b"d4:info" + data + b"e"):
        with suppress(BadTorrent):
            read_torrent(tried)


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (f"magnet:?xt=urn:btih:{HASH.upper()}", Magnet(HASH, None)),
        (f"种子：magnet:?dn=%E5%90%8D+x&xt=urn:btih:{HASH}&xl=12，谢谢", Magnet(HASH, None, "名 x", 12)),
        (f"magnet:?xt.1=urn:btih:{HASH}&xt.2=urn:btmh:1220{LONG}", Magnet(HASH, LONG)),
        (f"MAGNET:?xt=URN:BTIH:{b32encode(bytes.fromhex(HASH)).decode().lower()}", Magnet(HASH, None)),
        (f"magnet:?xt=urn:btih:{HASH}&amp;tr=udp://t&amp;xl=0", Magnet(HASH, None, "", None, ("udp://t",))),
        (f"magnet:?xt=urn:btih:{HASH}&xt=urn:ed2k:354b15e68fb8f36d7cd88ff94116cdc1", Magnet(HASH, None)),
        (HASH, Magnet(HASH, None)),
        (b32encode(bytes.fromhex(HASH)).decode(), Magnet(HASH, None)),
        (f"magnet:?xt=urn:btih:{HASH}&tr=http%3A%2F%2Ft%2Fannounce%3Fpasskey%3D1", Magnet(HASH, None)),
        ("Just a title", None),
        (f"see {HASH}", None),
    ],
)
def test_magnets_in_words(words: str, found: Magnet | None) -> None:
    assert find_magnet(words) == found


@pytest.mark.parametrize(
    ("link", "fault"),
    [
        ("magnet:?dn=x", "no_hash"),
        ("magnet:?xt=", "other_network"),
        ("magnet:?xt=urn:ed2k:354b15e68fb8f36d7cd88ff94116cdc1", "other_network"),
        (f"magnet:?xt=urn:btih:{HASH[:-1]}", "bad_hash"),
        (f"magnet:?xt=urn:btih:{HASH}00", "bad_hash"),
        ("magnet:?xt=urn:btih:" + "g" * 40, "bad_hash"),
        (f"magnet:?xt=urn:btmh:{LONG}", "bad_hash"),
        (f"magnet:?xt=urn:btih:{HASH}&xt=urn:btih:{'cd' * 20}", "two_hashes"),
        (f"magnet:?xt=urn:btih:{HASH}&tr={'x' * 4000}", "long"),
    ],
)
def test_wrong_magnets(link: str, fault: str) -> None:
    with pytest.raises(BadMagnet) as refused:
        find_magnet(link)
    assert refused.value.fault == fault


def test_links_are_written_as_they_are_read() -> None:
    link = magnet("名字 A&B/c", 123, HASH)
    read = read_magnet(link)
    assert read_magnet(read.link) == read
    many = Magnet(HASH, None, "n", 1, tuple(f"udp://{'t' * 150}{n}" for n in range(40)))
    assert many.link == f"magnet:?xt=urn:btih:{HASH}"


def test_addresses_of_ipfs() -> None:
    for modern in (True, False):
        word = cid("seed", modern=modern)
        assert find_cid(f"ipfs://{word}") == word
        assert find_cid(f"看 https://ipfs.io/ipfs/{word}/film.mkv 谢谢") == word
        assert not is_cid(word[:-1])
    # From the documentation of CIDs.
    assert is_cid("bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi")
    assert is_cid("QmbWqxBEKC3P8tqsKc98xmWNzrzDtRLMiMPL8wBuTGsMnR")
    for wrong in ("Qm" + "1" * 44, "b" + "a" * 58, "bafy", "", "QmShort", "z" + "2" * 50):
        assert find_cid(wrong) is None
