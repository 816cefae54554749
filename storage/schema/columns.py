"""How columns are made: keys, ciphertext, hashes of secrets."""

from typing import Any

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, MetaData, Text, text

from storage.marks import Told

metadata = MetaData(
    naming_convention={"pk": "pk_%(table_name)s", "uq": "uq_%(table_name)s_%(column_0_N_name)s"}
)

# INTEGER PRIMARY KEY is SQLite's row id itself; BIGINT would cost a second tree.
Id = BigInteger().with_variant(Integer, "sqlite")


def key(name: str, kind: Any = Id) -> Column[Any]:
    """Make a primary key column whose value we choose ourselves."""
    return Column(name, kind, primary_key=True, autoincrement=False)


def sealed(name: str, told: Told | None = None, *, large: bool = False) -> Column[Any]:
    """Make a column of ciphertext; its person may be told what is in it only where that opens nothing.

    A large one holds so much that only few rows of it are taken at a time.
    """
    return Column(name, LargeBinary, info={"sealed": True, "told": told, "large": large})


def hashed(name: str, *, nullable: bool = True, unique: bool = False) -> Column[Any]:
    """Make a column for the hash of a secret, which is nobody's to read."""
    return Column(name, Text, nullable=nullable, unique=unique or None, info={"secret": True})


def needed(name: str, kind: Any, default: str | None = None) -> Column[Any]:
    """Make a column that is never null."""
    return Column(name, kind, nullable=False, server_default=None if default is None else text(default))
