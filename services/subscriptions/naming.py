"""How what is followed is named: `movie_550`; of ACGBT `acg:c:12`, a category, and `acg:w:…`, words."""

ACG = "acg:"
CATEGORY = "acg:c:"
WORDS = "acg:w:"
# The job that reads the newest list.
ACG_ROUND = "acg.round"


def is_acg(title: str) -> bool:
    """Tell whether what is followed is no title of TMDB's but something of ACGBT's."""
    return title.startswith(ACG)
