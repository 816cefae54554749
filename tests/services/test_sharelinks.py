import random
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.drives import HOSTS, Drive, drive_of, with_code
from services.messytext import readable
from services.sharelinks import extract, hdhive_slug, hdhive_title

D = Drive
HEX40 = "0123456789abcdef0123456789abcdef01234567"
MD4 = "0123456789ABCDEF0123456789ABCDEF"
SLUG = "a1b2c3d4e5f647898765432112345678"
HYPHENS = "a1b2c3d4-e5f6-4789-8765-432112345678"

# text, drive, id, code
ONE = [
    # every drive and host, plain
    ("https://115.com/s/sw3abc1", D.P115, "sw3abc1", None),
    ("https://115cdn.com/s/sw3abc1", D.P115, "sw3abc1", None),
    ("https://anxia.com/s/sw3abc1", D.P115, "sw3abc1", None),
    ("https://share.115.com/s/sw3abc1", D.P115, "sw3abc1", None),
    ("https://www.123pan.com/s/abc-XYZ", D.P123, "abc-XYZ", None),
    ("https://www.123pan.cn/s/abc-XYZ", D.P123, "abc-XYZ", None),
    ("https://www.123684.com/s/abc-XYZ", D.P123, "abc-XYZ", None),
    ("https://123685.com/s/abc-XYZ", D.P123, "abc-XYZ", None),
    ("https://www.123865.com/s/abc-XYZ", D.P123, "abc-XYZ", None),
    ("https://www.123912.com/s/abc-XYZ", D.P123, "abc-XYZ", None),
    ("https://www.123592.com/s/abc-XYZ", D.P123, "abc-XYZ", None),
    ("https://www.123pan.com/s/abc-XYZ.html", D.P123, "abc-XYZ", None),
    ("https://1820000.share.123pan.cn/s/abc-XYZ", D.P123, "abc-XYZ", None),
    ("https://www.123pan.com/ps/abcdef", D.P123, "abcdef", None),
    ("https://pan.quark.cn/s/0a1b2c3d4e5f", D.QUARK, "0a1b2c3d4e5f", None),
    ("https://pan.quark.cn/s/0a1b2c3d4e5f#/list/share", D.QUARK, "0a1b2c3d4e5f", None),
    ("https://pan.baidu.com/s/1AbC_d-E9", D.BAIDU, "AbC_d-E9", None),
    ("https://yun.baidu.com/s/1AbC_d-E9", D.BAIDU, "AbC_d-E9", None),
    ("https://pan.baidu.com/share/init?surl=AbC_d-E9", D.BAIDU, "AbC_d-E9", None),
    ("https://pan.baidu.com/wap/init?a=1&surl=AbC_d-E9", D.BAIDU, "AbC_d-E9", None),
    ("https://pan.baidu.com/s/AbCdE", D.BAIDU, "AbCdE", None),
    ("https://www.alipan.com/s/AbCdEf12345", D.ALI, "AbCdEf12345", None),
    ("https://www.aliyundrive.com/s/AbCdEf12345/folder/6123", D.ALI, "AbCdEf12345", None),
    ("https://cloud.189.cn/t/AbCdEf123456", D.TIANYI, "AbCdEf123456", None),
    ("https://cloud.189.cn/web/share?code=AbCdEf123456", D.TIANYI, "AbCdEf123456", None),
    ("https://h5.cloud.189.cn/share.html#/t/AbCdEf123456", D.TIANYI, "AbCdEf123456", None),
    ("https://yun.139.com/shareweb/#/w/i/2abcDEF123", D.MOBILE, "2abcDEF123", None),
    ("https://caiyun.139.com/m/i?2abcDEF123", D.MOBILE, "2abcDEF123", None),
    ("https://caiyun.139.com/w/i/2abcDEF123", D.MOBILE, "2abcDEF123", None),
    ("https://yun.139.com/link/w/i/2abcDEF123", D.MOBILE, "2abcDEF123", None),
    ("https://caiyun.139.com/front/#/detail?linkID=2abcDEF123", D.MOBILE, "2abcDEF123", None),
    ("https://drive.uc.cn/s/0123456789abc?public=1", D.UC, "0123456789abc", None),
    ("https://pan.xunlei.com/s/VNabc-DEF_123", D.XUNLEI, "VNabc-DEF_123", None),
    ("https://www.guangyapan.com/s/AbCd1234", D.GUANGYA, "AbCd1234", None),
    ("https://mypikpak.com/s/VNabc-DEF_123o1", D.PIKPAK, "VNabc-DEF_123o1", None),
    ("https://disk.top/s/8d2f3a", D.DISKTOP, "8d2f3a", None),
    ("https://www.disk.top/#/s/8d2f3a", D.DISKTOP, "8d2f3a", None),
    (f"magnet:?xt=urn:btih:{HEX40}", D.MAGNET, HEX40, None),
    (f"magnet:?dn=a&xt=urn:btih:{HEX40.upper()}&tr=http://t.example/announce", D.MAGNET, HEX40, None),
    (
        "magnet:?xt=urn:btih:ABCDEFGHIJKLMNOPQRSTUVWXYZ234567",
        D.MAGNET,
        "abcdefghijklmnopqrstuvwxyz234567",
        None,
    ),
    (f"ed2k://|file|Some Film 1080p.mkv|1234567|{MD4}|/", D.ED2K, MD4.lower(), None),
    (f"ed2k://|file|电影.mkv|1234567|{MD4}|h=ABCDEFGHIJKLMNOPQRSTUVWXYZ234567|/", D.ED2K, MD4.lower(), None),
    (f"https://hdhive.com/resource/{SLUG}", D.HDHIVE, SLUG, None),
    (f"https://hdhive.online/resource/115/{HYPHENS}", D.HDHIVE, SLUG, None),
    (f"https://re0.me/resource/quark/{SLUG.upper()}?x=1#y", D.HDHIVE, SLUG, None),
    ("https://hdhive.com/tmdb/movie/550?tab=1", D.HDHIVE, "movie/550", None),
    ("https://re0.me/tmdb/tv/1399", D.HDHIVE, "tv/1399", None),
    # without a scheme, with odd ones
    ("pan.baidu.com/s/1abcd", D.BAIDU, "abcd", None),
    ("http://pan.quark.cn/s/abcd", D.QUARK, "abcd", None),
    ("HTTPS://PAN.QUARK.CN/s/AbCd", D.QUARK, "AbCd", None),
    ("https:/pan.quark.cn/s/abcd", D.QUARK, "abcd", None),
    ("https://pan.quark.cn:443/s/abcd", D.QUARK, "abcd", None),
    ("https://pan.quark.cn./s/abcd", D.QUARK, "abcd", None),
    # codes in the address
    ("https://115.com/s/sw3abc1?password=ab12", D.P115, "sw3abc1", "ab12"),
    ("https://115.com/s/sw3abc1?password=ab12&#", D.P115, "sw3abc1", "ab12"),
    ("https://115.com/s/sw3abc1#ab12", D.P115, "sw3abc1", "ab12"),
    ("https://115cdn.com/s/sw3abc1?password=ab12&#影片", D.P115, "sw3abc1", "ab12"),
    ("https://pan.baidu.com/s/1abcd?pwd=8888", D.BAIDU, "abcd", "8888"),
    ("https://pan.baidu.com/s/1abcd?pwd=8888#list/path=%2F", D.BAIDU, "abcd", "8888"),
    ("https://pan.baidu.com/share/init?surl=abcd&pwd=8888", D.BAIDU, "abcd", "8888"),
    ("https://pan.baidu.com/share/init?surl=abcd&amp;pwd=8888", D.BAIDU, "abcd", "8888"),
    ("https://pan.baidu.com/s/1abcd#8888", D.BAIDU, "abcd", "8888"),
    ("https://pan.baidu.com/s/1abcd#pwd=8888", D.BAIDU, "abcd", "8888"),
    ("https://pan.baidu.com/s/1abcd?pwd=8888--来自百度网盘超级会员V5的分享", D.BAIDU, "abcd", "8888"),
    ("https://pan.xunlei.com/s/VNabc?pwd=k9x2#", D.XUNLEI, "VNabc", "k9x2"),
    ("https://www.123pan.com/s/abc-XYZ?pwd=Ab1z", D.P123, "abc-XYZ", "Ab1z"),
    ("https://drive.uc.cn/s/0123456789abc?public=1&password=ab12", D.UC, "0123456789abc", "ab12"),
    ("https://cloud.189.cn/web/share?code=AbCdEf&accessCode=x1y2", D.TIANYI, "AbCdEf", "x1y2"),
    ("https://disk.top/s/8d2f3a?pwd=1234", D.DISKTOP, "8d2f3a", "1234"),
    ("https://pan.quark.cn/s/abcd?PWD=Zz99", D.QUARK, "abcd", "Zz99"),
    ("https://pan.quark.cn/s/abcd?passcode=Zz99", D.QUARK, "abcd", "Zz99"),
    # codes written behind
    ("链接: https://pan.baidu.com/s/1abcd 提取码: x1y2", D.BAIDU, "abcd", "x1y2"),
    ("https://pan.baidu.com/s/1abcd 提取码：x1y2 复制这段内容后打开", D.BAIDU, "abcd", "x1y2"),
    ("https://pan.baidu.com/s/1abcd提取码x1y2", D.BAIDU, "abcd", "x1y2"),
    ("https://pan.baidu.com/s/1abcd\n提取码：\nx1y2", D.BAIDU, "abcd", "x1y2"),
    ("https://pan.baidu.com/s/1abcd\n\n密码 x1y2", D.BAIDU, "abcd", "x1y2"),
    ("https://pan.baidu.com/s/1abcd （提取码：x1y2）", D.BAIDU, "abcd", "x1y2"),
    ("https://pan.baidu.com/s/1abcd【密码】x1y2", D.BAIDU, "abcd", "x1y2"),
    ("https://pan.baidu.com/s/1abcd 密码是x1y2", D.BAIDU, "abcd", "x1y2"),
    ("https://pan.baidu.com/s/1abcd 提取码为：「x1y2」", D.BAIDU, "abcd", "x1y2"),
    ("https://pan.baidu.com/s/1abcd 提取密码 -> x1y2", D.BAIDU, "abcd", "x1y2"),
    ("https://115.com/s/sw3abc1 访问码：ab12", D.P115, "sw3abc1", "ab12"),
    ("https://115.com/s/sw3abc1 访问码ab12", D.P115, "sw3abc1", "ab12"),
    ("https://115.com/s/sw3abc1 訪問碼：ab12", D.P115, "sw3abc1", "ab12"),
    ("https://cloud.189.cn/t/AbCdEf（访问码：x1y2）", D.TIANYI, "AbCdEf", "x1y2"),
    ("https://pan.xunlei.com/s/VNabc 口令 k9x2", D.XUNLEI, "VNabc", "k9x2"),
    ("https://pan.quark.cn/s/abcd\n提取码：Zz99", D.QUARK, "abcd", "Zz99"),
    ("https://www.123pan.com/s/abc-XYZ.html?提取码:Ab1z", D.P123, "abc-XYZ", "Ab1z"),
    ("https://www.123pan.com/s/abc-XYZ.html提取码:Ab1z", D.P123, "abc-XYZ", "Ab1z"),
    ("https://pan.quark.cn/s/abcd pwd: Zz99", D.QUARK, "abcd", "Zz99"),
    ("https://pan.quark.cn/s/abcd PWD=Zz99", D.QUARK, "abcd", "Zz99"),
    ("https://pan.quark.cn/s/abcd code：Zz99", D.QUARK, "abcd", "Zz99"),
    ("https://pan.quark.cn/s/abcd password is Zz99", D.QUARK, "abcd", "Zz99"),
    ("https://pan.quark.cn/s/abcd (access code: Zz99)", D.QUARK, "abcd", "Zz99"),
    ("https://pan.quark.cn/s/abcd pwd Zz99", D.QUARK, "abcd", "Zz99"),
    ("https://disk.top/s/8d2f3a 1234", D.DISKTOP, "8d2f3a", "1234"),
    ("https://pan.baidu.com/s/1abcd x1y2\n下一行", D.BAIDU, "abcd", "x1y2"),
    ("https://mypikpak.com/s/VNabc 密码：123456", D.PIKPAK, "VNabc", "123456"),
    # codes written before
    ("提取码：x1y2 链接：https://pan.baidu.com/s/1abcd", D.BAIDU, "abcd", "x1y2"),
    ("密码x1y2\nhttps://pan.baidu.com/s/1abcd", D.BAIDU, "abcd", "x1y2"),
    ("pwd: x1y2 https://pan.quark.cn/s/abcd", D.QUARK, "abcd", "x1y2"),
    # zero-width, full-width, look of other signs
    ("https://pan.ba\u200bidu.com/s/1ab\u200dcd 提\u200b取码：x\u200b1y2", D.BAIDU, "abcd", "x1y2"),
    ("\ufeffhttps://pan.quark.cn/s/ab\u2060cd", D.QUARK, "abcd", None),
    ("https\uff1a\uff0f\uff0fpan.quark.cn\uff0fs\uff0fabcd\uff1fpwd\uff1dZz99", D.QUARK, "abcd", "Zz99"),
    ("https://pan.quark.cn/s/abcd 密码：８８８８", D.QUARK, "abcd", "8888"),
    ("https://pan。baidu。com/s/1abcd", D.BAIDU, "abcd", None),
    ("https://pan.quark.cn/s/abcd。提取码：Zz99。", D.QUARK, "abcd", "Zz99"),
    ("https://pan.quark.cn/s/abcd\u3000提取码\u3000Zz99", D.QUARK, "abcd", "Zz99"),
    # around the link
    ("《流浪地球》4K：https://pan.quark.cn/s/abcd，速存", D.QUARK, "abcd", None),
    ("(https://pan.quark.cn/s/abcd)", D.QUARK, "abcd", None),
    ("<https://pan.quark.cn/s/abcd>", D.QUARK, "abcd", None),
    ("[夸克](https://pan.quark.cn/s/abcd)", D.QUARK, "abcd", None),
    ("夸克https://pan.quark.cn/s/abcd百度", D.QUARK, "abcd", None),
    ('"https://pan.quark.cn/s/abcd",', D.QUARK, "abcd", None),
    ("https://pan.quark.cn/s/abcd.", D.QUARK, "abcd", None),
    ("xhttps://pan.quark.cn/s/abcd", D.QUARK, "abcd", None),
    # no code where none is named
    ("https://pan.quark.cn/s/abcd code review tomorrow", D.QUARK, "abcd", None),
    ("https://pan.quark.cn/s/abcd 2160p HDR", D.QUARK, "abcd", None),
    ("https://pan.quark.cn/s/abcd 提取码见评论区", D.QUARK, "abcd", None),
    ("https://pan.quark.cn/s/abcd 提取码：无", D.QUARK, "abcd", None),
    ("https://pan.quark.cn/s/abcd 密码123456789012", D.QUARK, "abcd", None),
    ("https://pan.quark.cn/s/abcd 2024", D.QUARK, "abcd", None),
    (f"magnet:?xt=urn:btih:{HEX40} 提取码：x1y2", D.MAGNET, HEX40, None),
    # look-alike hosts stay visible as unknown drives
    ("https://pan.baidu.com.evil.com/s/1abcd", D.UNKNOWN, "pan.baidu.com.evil.com/s/1abcd", None),
    ("https://evil-pan.baidu.com.co/s/1abcd", D.UNKNOWN, "evil-pan.baidu.com.co/s/1abcd", None),
    ("https://mydisk.top/s/8d2f3a", D.UNKNOWN, "mydisk.top/s/8d2f3a", None),
    ("https://x115.com/s/sw3abc1", D.UNKNOWN, "x115.com/s/sw3abc1", None),
    ("https://share.weiyun.com/s/AbCdEf", D.UNKNOWN, "share.weiyun.com/s/AbCdEf", None),
]
NONE = [
    "",
    "流浪地球 2019",
    "hello world",
    "https://example.com/",
    "https://www.themoviedb.org/movie/550",
    "https://t.me/linkhive_bot?start=abc",
    "https://pan.baidu.com",
    "https://pan.baidu.com/disk/home",
    "https://pan.baidu.com/s/",
    "https://pan.baidu.com@evil.com/x/1abcd",
    "someone@115.com/s/abc",
    "magnet:?xt=urn:btih:123",
    "ed2k://|file|x|y|z|/",
    "https://hdhive.com/resource/abc",
    "https://hdhive.com/tmdb/person/5",
    "1.2.3.4/s/abcd",
    "a.b/s/abcd",
    "提取码：x1y2",
    "https://",
]


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
def test_it_never_raises_and_finds_again_what_it_found(text):
    found = extract(text)
    assert len({(x.drive, x.id) for x in found}) == len(found)
    for link in found:
        assert link.raw in text
    again = extract("\n".join(x.full_url for x in found))
    assert [(x.drive, x.id) for x in again] == [(x.drive, x.id) for x in found]
    assert all(a.code == b.code for a, b in zip(again, found, strict=True) if b.code)
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
