"""`python -m bot.playground.leash SANDBOX`: run the bot for the process that started it, and end with it.

Standard input is a pipe nobody writes to. When its other end is gone, so is the parent, even by kill -9,
which lets no parent end its children.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time

# Longer than the bot takes to end in order.
PATIENCE = 15.0


def main() -> None:
    """Run the bot on its leash."""
    threading.Thread(target=_follow, name="leash", daemon=True).start()
    from bot.playground.bot import main as run  # noqa: PLC0415 - the parent may be gone before all this is loaded

    sys.exit(run(sys.argv[1]))


def _follow() -> None:
    while os.read(0, 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(PATIENCE)
    os._exit(1)


if __name__ == "__main__":
    main()
