"""Time zones and times of day as people type them; quiet hours by their own clocks."""

from datetime import UTC, datetime

import pytest

from services import quiet, zones
from services.people import Person
from storage.preferences import Preferences
from storage.users import User


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("Asia/Tokyo", "Asia/Tokyo"),
        ("asia/tokyo", "Asia/Tokyo"),
        ("new york", "America/New_York"),
        ("  London ", "Europe/London"),
        ("+8", "UTC+08:00"),
        ("＋８", "UTC+08:00"),
        ("UTC+8", "UTC+08:00"),
        ("gmt -3:30", "UTC-03:30"),
        ("+0545", "UTC+05:45"),
        ("utc", "UTC"),
        ("UTC-0", "UTC+00:00"),
        ("+15", None),
        ("+5:10", None),
        ("-12:15", None),
        ("Atlantis", None),
        ("", None),
        ("../../etc/passwd", None),
        ("8", None),
    ],
)
def test_zones_as_people_name_them(typed: str, stored: str | None) -> None:
    assert zones.find(typed) == stored
    if stored is not None:
        assert zones.of(stored).utcoffset(datetime(2026, 1, 1)) is not None  # noqa: DTZ001


def test_every_place_is_found_by_its_full_name() -> None:
    for name in zones._names():
        assert zones.find(name) == name


def test_a_zone_nobody_knows_is_beijing() -> None:
    assert str(zones.of("Mars/Olympus")) == "Asia/Shanghai"
    assert str(zones.of("../etc/passwd")) == "Asia/Shanghai"


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("8", "08:00"),
        ("8:30", "08:30"),
        ("0830", "08:30"),
        ("830", "08:30"),
        ("８：３０", "08:30"),
        ("8点30分", "08:30"),
        ("22点", "22:00"),
        (" 23 : 59 ", "23:59"),
        ("24:00", None),
        ("8:60", None),
        ("noon", None),
        ("-1", None),
        ("", None),
        ("٣", None),
    ],
)
def test_times_as_people_type_them(typed: str, stored: str | None) -> None:
    assert zones.clock_time(typed) == stored


@pytest.mark.parametrize(
    ("name", "label"), [("Asia/Shanghai", "UTC+8"), ("UTC-03:30", "UTC-3:30"), ("UTC", "UTC+0")]
)
def test_how_far_from_utc(name: str, label: str) -> None:
    assert zones.offset_label(0.0 if name != "Asia/Shanghai" else 1.7e9, name) == label


def person(first: str | None, last: str | None, zone: str = "Asia/Shanghai") -> Person:
    chosen = Preferences(1, quiet_from=first, quiet_to=last, timezone=zone)
    return Person(User(1, "en", "B", 0.0, 0.0), chosen, "en")


def at(hour: int, minute: int = 0, day: int = 10) -> float:
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("first", "last", "now", "until"),
    [
        (None, None, at(16), at(16)),
        ("23:00", "07:00", at(14, 59), at(14, 59)),
        ("23:00", "07:00", at(15), at(23)),
        ("23:00", "07:00", at(22, 59), at(23)),
        ("23:00", "07:00", at(23), at(23)),
        ("13:00", "14:00", at(5, 30), at(6)),
        ("08:00", "08:00", at(0), at(0)),
    ],
)
def test_what_can_wait_waits(first: str | None, last: str | None, now: float, until: float) -> None:
    assert quiet.when(person(first, last), "checkin", now) == until


def test_by_ones_own_clock() -> None:
    assert quiet.when(person("23:00", "07:00", "America/New_York"), "checkin", at(4)) == at(11)


def test_what_somebody_waits_for_does_not_wait() -> None:
    night, somebody = at(18), person("23:00", "07:00")
    assert quiet.when(somebody, "unlock_done", night) == night
    assert quiet.when(somebody, "device_approved", night) == night
    assert quiet.when(somebody, "link_lost", night, by_job=False) == night
    assert quiet.when(somebody, "link_lost", night) == at(23)
