"""Be `python -m bot` and the console script `linkhive`."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line."""
    from bot import cli  # noqa: PLC0415 - the script must start quickly even where it fails early

    sys.exit(cli.run(sys.argv[1:]))


if __name__ == "__main__":
    main()
