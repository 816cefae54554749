"""Every bad or missing setting gets one line with its name and a reason, and never its value."""

import base64
from pathlib import Path

import pytest

from bot.formats import Listen
from bot.settings import BadSettings, Settings, StorageSettings, load, load_storage

TOKEN = "123456789:AAEtestTESTtestTESTtestTESTtest0"
KEY = base64.b64encode(bytes(32)).decode()
GOOD = {"TELEGRAM_TOKEN": TOKEN}


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [*Settings.model_fields, *StorageSettings.model_fields]:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.chdir(tmp_path)


def given(monkeypatch: pytest.MonkeyPatch, **values: str) -> None:
    for name, value in {**GOOD, **values}.items():
        monkeypatch.setenv(name, value)


# name of the setting that is complained about, what is set, a part of the reason
BAD = [
    ("TELEGRAM_TOKEN", {"TELEGRAM_TOKEN": ""}, "missing"),
    ("TELEGRAM_TOKEN", {"TELEGRAM_TOKEN": "BotFather"}, "BotFather"),
    ("TELEGRAM_TOKEN", {"TELEGRAM_TOKEN": "123456789:short"}, "not a bot token"),
    ("TELEGRAM_TOKEN", {"TELEGRAM_TOKEN": TOKEN + " x"}, "not a bot token"),
    ("TELEGRAM_API_URL", {"TELEGRAM_API_URL": "api.telegram.org"}, "https://"),
    ("TELEGRAM_API_URL", {"TELEGRAM_API_URL": "ftp://api.telegram.org"}, "https://"),
    ("TELEGRAM_API_URL", {"TELEGRAM_API_URL": "https://a b.c"}, "space"),
    ("TELEGRAM_API_URL", {"TELEGRAM_API_URL": "https://host:99999"}, "not an address"),
    ("TELEGRAM_API_URL", {"TELEGRAM_API_URL": "https://host:0"}, "port"),
    ("TELEGRAM_API_URL", {"TELEGRAM_API_URL": "https://[::1"}, "not an address"),
    ("TELEGRAM_ME_URL", {"TELEGRAM_ME_URL": "https://user:hush@t.me"}, "password"),
    ("TELEGRAM_ME_URL", {"TELEGRAM_ME_URL": "https://t.me/?start="}, "?"),
    ("TELEGRAM_UPDATES", {"TELEGRAM_UPDATES": "both"}, "polling"),
    ("TELEGRAM_WEBHOOK_SECRET", {"TELEGRAM_UPDATES": "webhook"}, "missing"),
    ("TELEGRAM_WEBHOOK_SECRET", {"TELEGRAM_WEBHOOK_SECRET": "has space"}, "A-Z"),
    ("TELEGRAM_WEBHOOK_SECRET", {"TELEGRAM_WEBHOOK_SECRET": "x" * 257}, "256"),
    ("TELEGRAM_PROXY_URL", {"TELEGRAM_PROXY_URL": "socks5://127.0.0.1:1080"}, "HTTP proxy"),
    ("PUBLIC_URL", {"PUBLIC_URL": "http://bot.example.org"}, "https"),
    ("PUBLIC_URL", {"PUBLIC_URL": "https://"}, "not an address"),
    ("PUBLIC_URL", {"PUBLIC_URL": "http://127.0.0.1.evil.example"}, "https"),
    ("PUBLIC_URL", {"PUBLIC_URL": "https://bot.example.org/#x"}, "#"),
    ("LISTEN", {"LISTEN": "8080"}, "host:port"),
    ("LISTEN", {"LISTEN": "127.0.0.1:http"}, "host:port"),
    ("LISTEN", {"LISTEN": "127.0.0.1:70000"}, "65535"),
    ("LISTEN", {"LISTEN": "::1:8080"}, "[::1]"),
    ("LISTEN", {"LISTEN": "[nonsense]:8080"}, "nonsense"),
    ("DATABASE_URL", {"DATABASE_URL": "mysql://u:hush@h/d"}, "sqlite"),
    ("DATABASE_URL", {"DATABASE_URL": "sqlite://"}, "file"),
    ("DATABASE_URL", {"DATABASE_URL": "nonsense"}, "not a database"),
    ("SECRET_KEYS", {"DATABASE_URL": "postgresql://u:hush@h/d"}, "missing"),
    ("SECRET_KEYS", {"SECRET_KEYS": "not base64!"}, "base64"),
    ("SECRET_KEYS", {"SECRET_KEYS": "c2hvcnQ="}, "5 bytes"),
    ("SECRET_KEYS", {"SECRET_KEYS": ","}, "at least one"),
    ("ADMIN_IDS", {"ADMIN_IDS": "@boss"}, "numeric"),
    ("ADMIN_IDS", {"ADMIN_IDS": "1001;1002"}, "numeric"),
    ("ADMIN_IDS", {"ADMIN_IDS": "-1001000000001"}, "ids of people"),
    ("ADMIN_IDS", {"ADMIN_IDS": ","}, "holds no id"),
    ("ALLOWED_IDS", {"ALLOWED_IDS": "0"}, "numeric"),
    ("ALLOWED_IDS", {"ALLOWED_IDS": ",,"}, "holds no id"),
    ("ALLOWED_IDS", {"ALLOWED_IDS": "  "}, "holds no id"),
    ("FETCH_ALLOWED_HOSTS", {"FETCH_ALLOWED_HOSTS": "http://nas"}, "without https://"),
    ("HTTP_PROXY_URL", {"HTTP_PROXY_URL": "http://proxy/path"}, "path"),
    ("HDHIVE_URL", {"HDHIVE_URL": "hdhive"}, "address"),
    ("HDHIVE_APP_SECRET", {"HDHIVE_CLIENT_ID": "app"}, "missing"),
    ("HDHIVE_APP_SECRET", {"HDHIVE_APP_SECRET": "hush-hush"}, "HDHIVE_CLIENT_ID is missing"),
    ("HDHIVE_APP_SECRET", {"HDHIVE_CLIENT_ID": "app", "HDHIVE_APP_SECRET": "hush hush"}, "characters"),
    ("HDHIVE_SCOPES", {"HDHIVE_SCOPES": "query; unlock"}, "scope names"),
    ("DISKTOP_CLIENT_SECRET", {"DISKTOP_CLIENT_ID": "app"}, "missing"),
    ("DISKTOP_SCOPES", {"DISKTOP_SCOPES": ","}, "scope names"),
    ("MIKA_URL", {"MIKA_URL": "https://mika.example.org"}, "/api"),
    ("LINKCHECK_API_KEY", {"LINKCHECK_URL": "https://check.example.org"}, "missing"),
    ("TMDB_TOKEN", {"TMDB_TOKEN": "zwei Wörter"}, "characters"),
    ("SUBSCRIPTION_POLL_SECONDS", {"SUBSCRIPTION_POLL_SECONDS": "often"}, "integer"),
    ("SUBSCRIPTION_POLL_SECONDS", {"SUBSCRIPTION_POLL_SECONDS": "1"}, "60"),
    ("CHECKIN_SPREAD_SECONDS", {"CHECKIN_SPREAD_SECONDS": "-1"}, "0"),
    ("LOG_FORMAT", {"LOG_FORMAT": "xml"}, "json"),
    ("LOG_LEVEL", {"LOG_LEVEL": "loud"}, "INFO"),
]


@pytest.mark.parametrize(("name", "values", "reason"), BAD)
def test_a_bad_setting_gets_one_line(
    monkeypatch: pytest.MonkeyPatch, name: str, values: dict[str, str], reason: str
) -> None:
    given(monkeypatch, **values)
    with pytest.raises(BadSettings) as caught:
        load()
    (line,) = caught.value.lines
    assert line.startswith(f"{name}: ")
    assert reason in line
    assert "\n" not in line
    assert "hush" not in line


def test_all_bad_settings_are_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    given(
        monkeypatch, TELEGRAM_TOKEN="", PUBLIC_URL="http://x.org", LISTEN="x", DATABASE_URL="postgresql://h/d"
    )
    with pytest.raises(BadSettings) as caught:
        load()
    names = {line.partition(":")[0] for line in caught.value.lines}
    assert names == {"TELEGRAM_TOKEN", "PUBLIC_URL", "LISTEN", "SECRET_KEYS"}


def test_defaults_are_those_of_the_interface(monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch)
    settings = load()
    assert settings.telegram_api_url == "https://api.telegram.org"
    assert settings.telegram_updates == "polling"
    assert settings.listen == Listen("127.0.0.1", 8080)
    assert settings.public_url == "http://127.0.0.1:8080"
    assert settings.database_url == "sqlite:///data/linkhive.db"
    assert settings.hdhive_scopes == ("meta", "query", "unlock", "write", "vip")
    assert settings.disktop_scopes == ("user.read", "files.app_data", "share.read")
    assert settings.admin_ids == settings.allowed_ids == frozenset()
    assert (settings.subscription_poll_seconds, settings.checkin_spread_seconds) == (900, 3600)
    assert (settings.log_format, settings.log_level) == ("console", "INFO")
    assert (settings.hdhive_client_id, settings.linkcheck_url, settings.tmdb_token) == (None, None, None)


def test_everything_can_be_set(monkeypatch: pytest.MonkeyPatch) -> None:
    given(
        monkeypatch,
        TELEGRAM_UPDATES="Webhook",
        TELEGRAM_WEBHOOK_SECRET="s-e_C1",
        PUBLIC_URL="https://bot.example.org/",
        LISTEN="[::]:80",
        ADMIN_IDS="1001, 1002",
        ALLOWED_IDS="-1001000000001 1001",
        FETCH_ALLOWED_HOSTS="NAS.lan:5000, 192.168.1.5 [fd00::1]:80",
        HDHIVE_SCOPES="query,unlock query",
        MIKA_URL="http://mika.lan/api/",
        LOG_LEVEL="debug",
        SECRET_KEYS=f"{KEY}, {KEY}",
    )
    settings = load()
    assert settings.public_url == "https://bot.example.org"
    assert settings.listen == Listen("::", 80)
    assert settings.admin_ids == {1001, 1002}
    assert settings.allowed_ids == {-1001000000001, 1001}
    assert settings.fetch_allowed_hosts == {"nas.lan:5000", "192.168.1.5", "[fd00::1]:80"}
    assert settings.hdhive_scopes == ("query", "unlock")
    assert settings.mika_url == "http://mika.lan/api"
    assert settings.log_level == "DEBUG"


def test_a_service_has_its_own_proxy_or_the_common_one(monkeypatch: pytest.MonkeyPatch) -> None:
    given(
        monkeypatch,
        HTTP_PROXY_URL="http://common:3128",
        HDHIVE_PROXY_URL="http://user:word@own:3128",
        TMDB_PROXY_URL="direct",
    )
    settings = load()
    assert settings.proxy_for("hdhive") == "http://user:word@own:3128"
    assert settings.proxy_for("disktop") == "http://common:3128"
    assert settings.proxy_for("telegram") == "http://common:3128"
    assert settings.proxy_for("tmdb") is None
    assert "direct" not in settings.secrets(), "the log would strike it out of every line"


def test_secrets_are_not_shown_but_known(monkeypatch: pytest.MonkeyPatch) -> None:
    given(
        monkeypatch,
        TMDB_TOKEN="tmdb-hush",
        HDHIVE_CLIENT_ID="app",
        HDHIVE_APP_SECRET="app-hush",
        DATABASE_URL="postgresql://u:db-hush@h/d",
        SECRET_KEYS=f"{KEY},{KEY}",
        HTTP_PROXY_URL="http://u:proxy-hush@h:1",
    )
    settings = load()
    assert "hush" not in repr(settings)
    assert TOKEN not in repr(settings)
    assert KEY not in repr(settings)
    assert {"tmdb-hush", "app-hush", "db-hush", "proxy-hush", TOKEN, KEY} <= set(settings.secrets())


def test_the_dotenv_file_is_read_below_the_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".env").write_text(f"TELEGRAM_TOKEN={TOKEN}\nLOG_LEVEL=error\nADMIN_IDS=7\nUNKNOWN=1\n")
    monkeypatch.setenv("LOG_LEVEL", "warning")
    settings = load()
    assert (settings.log_level, settings.admin_ids) == ("WARNING", {7})


def test_the_database_commands_need_no_token(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load_storage().database_url == "sqlite:///data/linkhive.db"
    monkeypatch.setenv("DATABASE_URL", "postgresql://h/d")
    with pytest.raises(BadSettings) as caught:
        load_storage()
    assert [line.partition(":")[0] for line in caught.value.lines] == ["SECRET_KEYS"]
