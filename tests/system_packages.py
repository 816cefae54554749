"""Install the system packages that some tests need; say what is left out where that is not possible."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

NEEDS = {
    "chromium": ("chromium", "the browser tests"),
    "postgresql": ("initdb", "the tests on PostgreSQL"),
    "fonts-noto-cjk": ("NotoSansCJK-Regular.ttc", "Chinese labels in pictures"),
}


def found(program: str) -> bool:
    if program.endswith(".ttc"):
        return any(Path("/usr/share/fonts").rglob(program))
    return shutil.which(program) is not None or any(Path("/usr/lib/postgresql").glob(f"*/bin/{program}"))


def missing() -> dict[str, str]:
    return {package: tests for package, (program, tests) in NEEDS.items() if not found(program)}


def install(packages: list[str]) -> None:
    quiet = {"env": {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}, "stdout": subprocess.DEVNULL}
    subprocess.run(["apt-get", "update", "-q"], check=False, **quiet)
    fonts = ["fonts-noto-color-emoji"] if "chromium" in packages else []
    command = ["apt-get", "install", "-q", "-y", "--no-install-recommends", *packages, *fonts]
    subprocess.run(command, check=False, **quiet)


def main() -> None:
    wanted = missing()
    if wanted and os.geteuid() == 0 and shutil.which("apt-get"):
        print("Installing for the tests:", ", ".join(wanted))
        install(list(wanted))
    for package, tests in missing().items():
        print(f"Leaving out {tests}: {package} could not be installed here.", file=sys.stderr)


if __name__ == "__main__":
    main()
