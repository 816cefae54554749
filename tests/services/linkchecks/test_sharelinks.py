"""Links in what people send: every drive, every dress, codes before and behind, look-alikes, long messes."""

import random
import time

import pytest
from hypothesis import example, given, settings, strategies as st

from services.messytext import readable
from services.sharelinks.codes import as_text
from services.sharelinks.drives import HOSTS, drive_of, with_code
from services.sharelinks.finding import extract, given_code, hdhive_slug, hdhive_title
from tests.services.linkchecks.linktexts import HEX40, HYPHENS, NONE, ONE, SLUG, D


def test_the_table_is_large():
    assert len(ONE) + len(NONE) >= 120


@pytest.mark.parametrize(("text", "drive", "name", "code"), ONE)
def test_one_link(text, drive, name, code):
    (link,) = extract(text)
    assert (link.drive, link.id, link.code) == (drive, name, code)
    assert link.slug == (name if drive is D.HDHIVE and "/" not in name else None)
    assert link.surl == (name if drive is D.DISKTOP else None)
    assert link.raw in text
    again = extract(link.full_url)
    assert [(x.drive, x.id, x.code, x.url) for x in again] == [(drive, name, code, link.url)]


@pytest.mark.parametrize("code", [None, "ab12"])
def test_what_is_written_as_people_write_it_is_found_again(code):
    (link,) = extract(as_text("https://disk.top/s/8d2f3a", code))
    assert (link.surl, link.code) == ("8d2f3a", code)


@pytest.mark.parametrize("text", NONE)
def test_no_link(text):
    assert extract(text) == ()


def test_userinfo_does_not_pass_for_a_host():
    assert [x.drive for x in extract("https://pan.baidu.com@evil.com/s/1abcd")] in ([], [D.UNKNOWN])
    assert [x.drive for x in extract("https://evil.com/pan.baidu.com/s/1abcd")] == []


def test_many_links_keep_their_own_codes_and_their_order():
    text = """
    百度：https://pan.baidu.com/s/1aaaa 提取码：aa11
    夸克：https://pan.quark.cn/s/bbbb
    迅雷：https://pan.xunlei.com/s/VNcccc?pwd=cc33
    115：https://115.com/s/swdddd 访问码 dd44
    """
    assert [(x.drive, x.code) for x in extract(text)] == [
        (D.BAIDU, "aa11"),
        (D.QUARK, None),
        (D.XUNLEI, "cc33"),
        (D.P115, "dd44"),
    ]


def test_a_code_before_the_second_link_belongs_to_the_first_only():
    found = extract("https://pan.quark.cn/s/aaaa 提取码 aa11 https://pan.quark.cn/s/bbbb")
    assert [x.code for x in found] == ["aa11", None]


def test_no_code_is_reached_across_an_address():
    def codes(text, **how):
        return [(link.drive, link.code) for link in extract(text, **how)]

    lanzou, quark = "https://www.lanzoux.com/iabc123", "https://pan.quark.cn/s/abcd"
    both = [(D.UNKNOWN, "1234"), (D.QUARK, None)]
    assert codes(f"蓝奏：{lanzou} 密码:1234\n夸克：{quark}") == both
    assert codes(f"蓝奏：{lanzou} 密码:1234\n夸克：{quark}", every=True) == both
    assert codes(f"lanzoux.com/iabc123 密码:1234 {quark}") == both, "no scheme is written"
    assert codes(f"{quark} {lanzou} 密码:1234") == both[::-1]
    assert codes(f"{quark} https://t.me/films") == [(D.QUARK, None)]
    assert codes(f"{quark} Dune.2021.mkv 提取码:1234") == [(D.QUARK, "1234")], "that is a file"
    assert codes("https://example.com 密码:1234") == [], "no path, no share"


def test_every_address_is_one_of_some_drive_where_that_is_asked():
    text = "https://example.com:8443/a?b=1#c unknown-drive.net/s/1 1.5GB/集 Dune.2021.mkv a@b.com/xyz"
    assert [(link.drive, link.url) for link in extract(text, every=True)] == [
        (D.UNKNOWN, "https://example.com:8443/a?b=1#c"),
        (D.UNKNOWN, "https://unknown-drive.net/s/1"),
    ]
    assert not extract(text)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("5285", "5285"),
        (" ５２８５\u200b", "5285"),
        ("提取码：5285", "5285"),
        ("访问码: 5285", "5285"),
        ("code: 5285", "5285"),
        ("流浪地球 2", None),
        ("Dune: Part Two", None),
        ("https://pan.quark.cn/s/abcd 提取码：5285", None),
    ],
)
def test_a_code_that_was_asked_for(words, code):
    assert given_code(words) == code


def test_glued_links_are_two():
    found = extract("https://pan.quark.cn/s/aaaahttps://pan.quark.cn/s/bbbb")
    assert [(x.id, x.raw) for x in found] == [
        ("aaaa", "https://pan.quark.cn/s/aaaa"),
        ("bbbb", "https://pan.quark.cn/s/bbbb"),
    ]


def test_duplicates_are_merged_and_keep_the_code():
    text = (
        "https://pan.baidu.com/s/1aaaa 其他 https://yun.baidu.com/share/init?surl=aaaa&pwd=aa11 "
        "https://pan.baidu.com/s/1aaaa?pwd=bb22"
    )
    (link,) = extract(text)
    assert (link.code, link.raw) == ("aa11", "https://pan.baidu.com/s/1aaaa")
    assert link.full_url == "https://pan.baidu.com/s/1aaaa?pwd=aa11"


def test_a_tracker_inside_a_magnet_is_no_link():
    (link,) = extract(f"magnet:?xt=urn:btih:{HEX40}&tr=https://pan.quark.cn/s/abcd")
    assert link.drive is D.MAGNET


def test_codes_are_carried_the_way_each_drive_reads_them():
    assert with_code("https://115.com/s/a", D.P115, "x") == "https://115.com/s/a?password=x"
    assert with_code("https://x/s/a?b=1", D.QUARK, "x") == "https://x/s/a?b=1&pwd=x"
    assert with_code("https://x/#/w/i/a", D.MOBILE, "x") == "https://x/#/w/i/a?pwd=x"
    assert with_code("magnet:?x", D.MAGNET, "x") == "magnet:?x"
    assert with_code("https://x/s/a", D.QUARK, None) == "https://x/s/a"


@pytest.mark.parametrize("host", sorted(HOSTS))
def test_hosts_match_by_dot_suffix_only(host):
    assert drive_of(host) is drive_of(f"www.{host.upper()}.") is HOSTS[host]
    assert drive_of(f"x{host}") is None or f"x{host}".endswith(tuple("." + h for h in HOSTS))
    assert drive_of(f"{host}.evil.example") is None


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        (SLUG, SLUG),
        (HYPHENS, SLUG),
        (f" /unlock {HYPHENS.upper()} ", SLUG),
        (f"https://hdhive.com/resource/{HYPHENS}", SLUG),
        (f"看这个 https://re0.me/resource/115/{SLUG}?a=b", SLUG),
        (f"{SLUG}0", None),
        ("movie", None),
        ("https://pan.quark.cn/s/abcd", None),
        ("", None),
    ],
)
def test_slugs(text, slug):
    assert hdhive_slug(text) == slug


def test_titles():
    assert hdhive_title("https://hdhive.com/tmdb/tv/1399#x") == ("tv", 1399)
    assert hdhive_title(f"https://hdhive.com/resource/{SLUG}") is None
    assert hdhive_title("x") is None


PIECES = st.sampled_from(
    [text for text, *_ in ONE]
    + NONE
    + ["\u200b", "提取码", "：", " ", "\n", "pwd=", "https://", "?", "#", "&", "x1y2", "。", "\ud800", "\x00"]
)
MESS = st.lists(st.one_of(PIECES, st.text(max_size=20)), max_size=12).map("".join)


@settings(max_examples=400, deadline=None)
@given(MESS)
@example(
    "https://hdhive.com/resource/quark/A1B2C3D4E5F647898765432112345678#ypwd https://pan.quark.cn/s/abcd"
)
def test_it_never_raises_and_finds_again_what_it_found(text):
    found = extract(text)
    assert len({(x.drive, x.id) for x in found}) == len(found)
    for link in found:
        assert link.raw in text
    # What only the code beside it made a share is an address again when it stands alone.
    alone = [x for x in found if extract(x.full_url)]
    again = extract("\n".join(x.full_url if x in alone else x.url for x in found), every=True)
    assert [(x.drive, x.id) for x in again] == [(x.drive, x.id) for x in found]
    assert all(a.code == b.code for a, b in zip(again, found, strict=True) if b.code and b in alone)
    plain = readable(text).text
    assert readable(plain).text == plain


RNG = random.Random(7)
LONG = [
    "a" * 100_000,
    "a." * 50_000,
    "https://" * 12_500,
    "pan.baidu.com/s/" * 6_250,
    "https://pan.quark.cn/s/" + "a" * 100_000,
    "https://pan.quark.cn/s/abcd?" + "&pwd=" * 20_000,
    "提取码" * 33_000,
    "pwd " * 25_000,
    "code is " * 12_500,
    "magnet:?" * 12_500,
    "magnet:?" + "a=b&" * 25_000,
    "ed2k://|file|" * 7_700,
    "ed2k://|file|" + "a" * 100_000,
    "\u200b" * 100_000,
    "https://pan.baidu.com/s/1abcd " * 3_300,
    "." * 100_000,
    "-a" * 50_000,
    "#" * 100_000,
    "https://caiyun.139.com/front/#/detail?" + "a&" * 50_000,
    "https://pan.baidu.com/share/init?" + "a&" * 50_000,
    "".join(RNG.choice("ab.:/?#&=-提取码 \n") for _ in range(100_000)),
]


@pytest.mark.parametrize("text", LONG, ids=range(len(LONG)))
def test_a_hundred_kilobytes_take_no_time(text):
    began = time.process_time()
    extract(text)
    assert time.process_time() - began < 1.0
