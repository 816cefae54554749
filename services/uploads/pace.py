"""How long uploads wait, how often they try, and how much they take."""

from dataclasses import dataclass

MIB = 1024**2
GIB = 1024**3


@dataclass(frozen=True)
class UploadPace:
    """Seconds and numbers; tests bring shorter ones."""

    # Between two words on the progress.
    every: float = 2.0
    # The first wait after a cut; each further one is twice as long, up to the longest.
    pause: float = 1.0
    longest_pause: float = 30.0
    # Cuts without any headway before the upload is put off.
    cuts: int = 6
    # After so many seconds of them no other is tried before it is put off: where every try hangs, the person
    # hears of it within a minute.
    asking: float = 20.0
    # The first time it is put off, doubled up to the longest; then so often without headway at most.
    later: float = 15.0
    longest_later: float = 900.0
    puts_off: int = 10
    # Until it is asked again whether the spool has room.
    room: float = 20.0
    # A source that brings fewer bytes a second than this, for so many seconds, gives its place to who waits
    # for one; only after the longest of them where it could not go on from where it was.
    slow: float = 64 * 1024
    slow_after: float = 600.0
    longest_slow: float = 3600.0
    # How often it may have arrived damaged.
    damages: int = 2
    # Parts on their way at once.
    lanes: int = 4

    def pause_after(self, cuts: int) -> float:
        """Return how long to wait after so many cuts in a row."""
        return float(min(self.pause * 2 ** max(0, cuts - 1), self.longest_pause))

    def later_after(self, times: int) -> float:
        """Return how long to put an upload off that was put off so often before."""
        return float(min(self.later * 2**times, self.longest_later))
