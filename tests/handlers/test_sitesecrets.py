"""Which settings of a site are no matter for a chat: by their names, and by what lies in them."""

from typing import Any

import pytest

from handlers.site.secrets import is_secret

HIDDEN: list[tuple[str, Any]] = [
    ("smtp_password", "x"),
    ("smtp_pass", "x"),
    ("smtpPass", "x"),
    ("mail_pwd", "x"),
    ("db.pass", "x"),
    ("oss_ak", "x"),
    ("OSS_SK", "x"),
    ("signKey", "x"),
    ("appkey", "x"),
    ("access_key_id", "x"),
    ("jwt_secret", "x"),
    ("hls_token", 12345),
    ("支付密钥", "x"),
    ("mail", {"host": "smtp.example.com", "password": "x"}),
    ("mail", '{"host": "smtp.example.com", "pwd": "x"}'),
    ("storage", {"oss": [{"bucket": "a", "secretId": "x"}]}),
    ("redis_url", "redis://:watchword@10.0.0.5:6379/0"),
    ("proxies", ["http://a:b@proxy.example.com"]),
]
SHOWN: list[tuple[str, Any]] = [
    ("site_name", "米卡云转码"),
    ("site_url", "https://mika.example.com:8443/a@b"),
    ("seo_keywords", "动漫,电影"),
    ("compass", "x"),
    ("allow_password_login", True),
    ("max_upload_mb", 20_480),
    ("menu", [{"title": "首页", "url": "/"}]),
    ("notice", "[公告] 今晚维护"),
    ("footer", "{"),
    ("nothing", None),
]


@pytest.mark.parametrize(("name", "value"), HIDDEN)
def test_hidden(name: str, value: Any) -> None:
    assert is_secret(name, value)


@pytest.mark.parametrize(("name", "value"), SHOWN)
def test_shown(name: str, value: Any) -> None:
    assert not is_secret(name, value)


def test_what_is_nested_without_end_is_no_trouble() -> None:
    deep: Any = "x"
    for _ in range(20_000):
        deep = [deep]
    assert not is_secret("odd", deep)
    assert not is_secret("odd", "[" * 100_000)
