"""The command line; every command loads only what it needs."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from bot.exits import BAD_SETTINGS, FAILED, OK


def run(arguments: list[str]) -> int:
    """Run a command and return its exit code."""
    options = _parser().parse_args(arguments)
    command: Callable[[argparse.Namespace], int] = options.command
    try:
        return command(options)
    except KeyboardInterrupt:
        return OK


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="linkhive", description="A Telegram bot for your own media accounts."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add(commands, "run", "run the bot with the settings of the environment or .env", _run)
    sandbox = _add(commands, "sandbox", "the whole bot with no account and no network", _sandbox)
    sandbox.add_argument(
        "--host", default="127.0.0.1", help="where the chat page listens (default %(default)s)"
    )
    sandbox.add_argument("--port", type=int, default=8000, help="its port (default %(default)s)")
    sandbox.add_argument(
        "--data", type=Path, metavar="DIR", help="keep the bot's database here (default: nowhere)"
    )
    sandbox.add_argument(
        "--seed", type=int, default=1, help="another seed, other resources (default %(default)s)"
    )
    _add(commands, "doctor", "check settings, database, upstreams and Telegram", _doctor)
    db = commands.add_parser("db", help="look after the database").add_subparsers(
        required=True, metavar="ACTION"
    )
    _add(db, "upgrade", "bring the tables up to date", _db_upgrade)
    _add(db, "backup", "save the database while it is in use", _db_backup).add_argument("file", type=Path)
    restore = _add(db, "restore", "bring a saved database back", _db_restore)
    restore.add_argument("file", type=Path)
    restore.add_argument("--force", action="store_true", help="overwrite a database that holds rows")
    keys = commands.add_parser("keys", help="look after the keys").add_subparsers(
        required=True, metavar="ACTION"
    )
    _add(keys, "rotate", "re-encrypt all secrets under the newest key", _keys_rotate)
    return parser


def _add(commands: Any, name: str, text: str, command: Callable[[argparse.Namespace], int]) -> Any:
    parser = commands.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")
    parser.set_defaults(command=command)
    return parser


def _run(options: argparse.Namespace) -> int:
    del options
    from bot import logs, process, settings  # noqa: PLC0415

    try:
        chosen = settings.load()
    except settings.BadSettings as error:
        return _bad(error.lines)
    logs.configure(chosen.log_format, chosen.log_level, chosen.secrets())
    return loop(process.run(chosen))


def _sandbox(options: argparse.Namespace) -> int:
    from bot import playground  # noqa: PLC0415

    return loop(playground.run(options.host, options.port, options.data, options.seed))


def _doctor(options: argparse.Namespace) -> int:
    del options
    from bot import doctor, findings, logs, settings  # noqa: PLC0415

    try:
        chosen = settings.load()
    except settings.BadSettings as error:
        doctor.show(
            [
                findings.Line("settings", ok=False, reason=line, mend=doctor.MEND_SETTINGS)
                for line in error.lines
            ]
        )
        return FAILED
    logs.configure(chosen.log_format, "CRITICAL", chosen.secrets())
    return loop(doctor.run(chosen))


def _db_upgrade(options: argparse.Namespace) -> int:
    return _on_database(options, "upgrade")


def _db_backup(options: argparse.Namespace) -> int:
    return _on_database(options, "backup")


def _db_restore(options: argparse.Namespace) -> int:
    return _on_database(options, "restore")


def _keys_rotate(options: argparse.Namespace) -> int:
    return _on_database(options, "rotate")


def _on_database(options: argparse.Namespace, action: str) -> int:
    from bot import logs, settings, upkeep  # noqa: PLC0415

    try:
        chosen = settings.load_storage()
    except settings.BadSettings as error:
        return _bad(error.lines)
    logs.configure(chosen.log_format, "WARNING", chosen.secrets())
    return loop(upkeep.run(action, chosen, options))


def _bad(lines: tuple[str, ...]) -> int:
    for line in lines:
        print(line, file=sys.stderr)
    return BAD_SETTINGS


def loop(work: Coroutine[Any, Any, int]) -> int:
    """Run a command's work on the fast event loop and return its exit code."""
    import uvloop  # noqa: PLC0415

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(work)
