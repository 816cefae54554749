"""Trouble that comes again each second is told once, and its end: no night of it fills a disk with logs."""

import logging


class Outage:
    """Be one thing that may fail again and again; `what` says that it does."""

    def __init__(self, log: logging.Logger, what: str) -> None:
        self._log = log
        self._what = what
        self._told: set[type[BaseException]] = set()
        self.failures = 0

    def failed(self, error: Exception) -> None:
        """Count a failure; the first one of its kind is told with where it happened."""
        self.failures += 1
        if type(error) not in self._told:
            self._told.add(type(error))
            self._log.error("%s; it is tried again, and told once it works", self._what, exc_info=error)

    def over(self) -> None:
        """Note that it worked."""
        if self.failures:
            self._log.warning("over: %s, %d times", self._what, self.failures)
            self._told.clear()
            self.failures = 0
