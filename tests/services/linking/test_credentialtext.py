"""What people paste: a key with its secret, a name with its password, in every dress."""

import pytest

from services.linking.pasted import key_and_secret, name_and_password

KEY = "ak_" + "0a1b2c3d" * 4
SECRET = "f0e1d2c3b4a59687" * 3 + "00112233"


@pytest.mark.parametrize(
    "words",
    [
        f"{KEY} {SECRET}",
        f"{SECRET} {KEY}",
        f"{KEY}\n{SECRET}",
        f"{SECRET}\n\n{KEY}\n",
        f"{KEY},{SECRET}",
        f"{KEY}，{SECRET}",
        f"{KEY}|{SECRET}",
        f"{KEY}/{SECRET}",
        f"{KEY}:{SECRET}",
        f"key: {KEY} secret: {SECRET}",
        f"密钥：{SECRET}，API Key：{KEY}",
        f"API密钥：{KEY}\n密钥：{SECRET}",
        f'{{"api_key": "{KEY}", "api_secret": "{SECRET}"}}',
        f'curl "https://bj2.dmbt.site/api/v1/user/keys" -H "X-API-Key: {KEY}" -H "X-API-Secret: {SECRET}"',
        f"X-API-Secret={SECRET}&X-API-Key={KEY}",
        f"my key is {KEY} and the secret is {SECRET}",
        f"\u200b{KEY}\u200b \u3000{SECRET}\ufeff",
    ],
)
def test_a_key_and_its_secret_are_found(words: str) -> None:
    found = key_and_secret(words)
    assert (found.name, found.proof) == (KEY, SECRET)


@pytest.mark.parametrize(
    ("words", "key", "secret"),
    [
        (KEY, KEY, None),
        (f"key: {KEY}", KEY, None),
        (SECRET, None, SECRET),
        (f"secret：{SECRET}", None, SECRET),
        ("mk_1001_sandbox ms-1001-secret", "mk_1001_sandbox", "ms-1001-secret"),
        ("ms-1001-secret mk_1001_sandbox", "mk_1001_sandbox", "ms-1001-secret"),
        ("first0123 second0123456", "first0123", "second0123456"),
        ("secret=second0123456 first0123", "first0123", "second0123456"),
        ("hello", None, None),
        ("", None, None),
    ],
)
def test_halves_and_other_shapes(words: str, key: str | None, secret: str | None) -> None:
    found = key_and_secret(words)
    assert (found.name, found.proof) == (key, secret)
    assert secret is None or secret not in repr(found)


ODD = "aB3/xY+9q==Zt"


@pytest.mark.parametrize(
    ("words", "key", "secret"),
    [
        (ODD, None, ODD),
        ("p@ss!w0rd#1", None, "p@ss!w0rd#1"),
        (f"mk_1001 {ODD}", "mk_1001", ODD),
        (f"{ODD}\nmk_1001", "mk_1001", ODD),
        (f"first0123 {ODD}", "first0123", ODD),
        (f"Secret: {ODD}", None, ODD),
        (f"（密钥：{ODD}）", None, ODD),
        ("(secret: second0123)", None, "second0123"),
        (f"API Key: first0123\nSecret Key: {ODD}", "first0123", ODD),
        (f'{{"api_key": "mk_1001", "api_secret": "{ODD}"}}', "mk_1001", ODD),
        ("key: mk_1001_abc secret: 1001", "mk_1001_abc", "1001"),
    ],
)
def test_secrets_of_other_signs_stay_whole(words: str, key: str | None, secret: str) -> None:
    found = key_and_secret(words)
    assert (found.name, found.proof) == (key, secret)


@pytest.mark.parametrize(
    ("words", "name", "password"),
    [
        ("u1001 pass-1001", "u1001", "pass-1001"),
        ("u1001\npass-1001", "u1001", "pass-1001"),
        ("u1001\npass with spaces", "u1001", "pass with spaces"),
        ("u1001 pass with spaces", "u1001", "pass with spaces"),
        ("用户名：u1001\n密码：pass-1001", "u1001", "pass-1001"),
        ("账号:u1001 密码:pass-1001", "u1001", "pass-1001"),
        ("username: u1001, password: p=a:s s", "u1001", "p=a:s s"),
        ("密码：只有密码", None, "只有密码"),
        ("u1001", "u1001", None),
        ("  ", None, None),
    ],
)
def test_a_name_and_a_password(words: str, name: str | None, password: str | None) -> None:
    found = name_and_password(words)
    assert (found.name, found.proof) == (name, password)


@pytest.mark.parametrize(
    ("words", "password"),
    [
        ("pass-1001", "pass-1001"),
        ("pass with spaces", "pass with spaces"),
        ("u1001 pass-1001", "pass-1001"),
        ("u1001pass", "u1001pass"),
        ("密码：pass-1001", "pass-1001"),
        ("", None),
    ],
)
def test_a_password_for_a_known_name(words: str, password: str | None) -> None:
    found = name_and_password(words, "u1001")
    assert (found.name, found.proof) == ("u1001", password)
