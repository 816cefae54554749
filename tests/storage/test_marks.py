"""Every table says whose its rows are, and every job for whom it is done, so that none is left out."""

import ast
from pathlib import Path

import pytest
from sqlalchemy import BigInteger, Table, Text

from storage.marks import rows_of, told
from storage.schema import metadata

ROOT = Path(__file__).parents[2]
TABLES = metadata.sorted_tables
# Numbers that name no person: of rows, messages, and chats beside the column that says whose it is.
NUMBERS = {"id", "update_id", "link_id", "message_id", "topic", "seq", "chat_id", "chat_key", "migrated_to"}


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_every_table_says_whose_its_rows_are(table: Table) -> None:
    assert "rows" in table.info, f"mark {table.name} with persons(…) or nobodys(…): see storage/marks.py"
    mark = rows_of(table)
    assert bool(mark.owner) != bool(mark.why), "rows are somebody's, or it is said what they are about"
    for name in (mark.owner, *mark.mentions, *mark.freed):
        assert name is None or name in table.c, name
    assert all(table.c[name].nullable for name in mark.mentions)


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_no_column_names_a_person_unsaid(table: Table) -> None:
    mark = rows_of(table)
    known = {mark.owner, *mark.mentions}
    numbers = {c.name for c in table.c if isinstance(c.type, BigInteger)} - NUMBERS - known
    assert not numbers, "name the owner or the mention in the mark, or the number here"
    if mark.owner is None:
        assert not {"chat_id", "chat_key"} & set(table.c.keys()), (
            "a private chat has the number of its person"
        )


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_what_is_told_is_no_secret(table: Table) -> None:
    plain = [column.name for column in table.c if told(column) == "plain"]
    assert not [name for name in plain if "hash" in name], "make it with hashed(…)"
    assert not [name for name in plain if {"token", "secret", "verifier", "code"} & {*name.split("_")[:1]}]
    if any(told(column) in ("text", "json") for column in table.c):
        assert len(table.primary_key.columns) == 1, "a sealed column is bound to the one key of its row"


def test_every_job_says_for_whom_it_is_done() -> None:
    unsaid = []
    for package in ("bot", "handlers", "services", "storage"):
        for path in sorted((ROOT / package).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(), str(path))):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                    of_jobs = node.func.attr == "enqueue" and getattr(node.func.value, "id", "") == "jobs"
                    if of_jobs and "owner" not in {word.arg for word in node.keywords}:
                        unsaid.append(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert not unsaid, "give jobs.enqueue the owner: a user's id, or jobs.NOBODY"


def test_texts_can_name_an_owner() -> None:
    (table,) = (t for t in TABLES if t.name == "cooldowns")
    assert isinstance(table.c[rows_of(table).owner or ""].type, Text)
    assert rows_of(table).spelling.format(5) == "user:5"
