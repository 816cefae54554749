from tests.fixtures.databases import *  # noqa: F403
