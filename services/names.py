"""The names services go by, in columns, jobs and addresses."""

from enum import StrEnum


class Service(StrEnum):
    """An upstream that users or the operator can connect."""

    HDHIVE = "hdhive"
    DISKTOP = "disktop"
    ACGBT = "acgbt"
    MIKA = "mika"
    LINKCHECK = "linkcheck"
    TMDB = "tmdb"
