from collections import Counter

import pytest

from sandbox.catalogue import Catalogue, Verdict
from sandbox.catalogue.links import code_in, recognise


def test_has_enough_titles_and_shared_names():
    stock = Catalogue(1)
    names = Counter(title.title["en"] for title in stock.titles.values())
    assert len(stock.titles) >= 40
    assert names["Dune"] == 2
    assert names["Solaris"] == 2
    assert sum(t.original_language in ("zh", "cn") for t in stock.titles.values()) >= 10


@pytest.mark.parametrize("seed", range(1, 6))
def test_resources_lie_on_all_drives_and_tell_the_truth(seed: int):
    stock = Catalogue(seed)
    kinds = {r.pan_type for r in stock.resources.values()}
    wanted = {"115", "123", "quark", "baidu", "ali", "189", "139", "uc", "xunLei", "guangYa"}
    assert kinds >= wanted | {"ed2k", "magnet", "disktop"}
    counts = [len(stock.of_title(*key)) for key in stock.titles]
    assert min(counts) == 0
    assert max(counts) <= 8
    for resource in stock.resources.values():
        if resource.pan_type != "disktop":
            assert stock.verdict(resource.full_url)[0] is resource.verdict


def test_every_third_title_has_a_disktop_share_that_exists():
    stock = Catalogue(1)
    shares = [r for r in stock.resources.values() if r.pan_type == "disktop"]
    assert len({(r.media_type, r.tmdb_id) for r in shares}) >= len(stock.titles) / 4
    for resource in shares:
        share = stock.shares[resource.url.rsplit("/", 1)[1]]
        assert share.code == resource.access_code
        assert share.deleted is (resource.verdict is Verdict.DEAD)
    assert any(r.access_code for r in shares)
    assert any(r.access_code is None for r in shares)


@pytest.mark.parametrize(
    ("url", "known"),
    [
        ("https://pan.quark.cn/s/abc123?pwd=1", ("quark", "abc123")),
        ("https://pan.baidu.com/s/1AbC?pwd=8888", ("baidu", "AbC")),
        ("https://pan.baidu.com/share/init?surl=AbC", ("baidu", "AbC")),
        ("https://www.alipan.com/s/zzz", ("ali", "zzz")),
        ("https://115cdn.com/s/sw1?password=ab12#", ("115", "sw1")),
        ("https://www.123865.com/s/aa-bb", ("123", "aa-bb")),
        ("https://cloud.189.cn/web/share?code=XyZ", ("189", "XyZ")),
        ("https://yun.139.com/shareweb/#/w/i/Qq1", ("139", "Qq1")),
        ("https://disk.top/s/8d2f3a", None),
        ("https://pan.quark.cn.evil.example/s/a", None),
        ("magnet:?xt=urn:btih:00", None),
    ],
)
def test_recognises_drives(url: str, known: tuple[str, str] | None):
    assert recognise(url) == known


def test_reads_codes():
    assert code_in("https://115.com/s/example 访问码:1234") == "1234"
    assert code_in("https://pan.xunlei.com/s/V1?pwd=ab1d") == "ab1d"
    assert code_in("https://cloud.189.cn/web/share?code=XyZ") is None
