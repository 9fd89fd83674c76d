"""The commands about tokens and their PINs: modules, forget, pin."""

from __future__ import annotations

import argparse

from agent.cli.ground.parsers import add_command, add_group, add_json, add_listing
from agent.cli.ground.parsers import add_pin as add_pin_options

TYPE_CHECKING = False
if TYPE_CHECKING:
    from agent.cli.ground.parsers import Subparsers


def add_modules(subparsers: Subparsers) -> None:
    """Add ``modules``."""
    add_listing(subparsers, "modules", "the token drivers and how they are", _modules)


def add_forget(subparsers: Subparsers) -> None:
    """Add ``forget``."""
    forget = add_command(
        subparsers,
        "forget",
        "forget a token that is not plugged in: nobody is reminded of it any more",
        _forget,
        "  odc-agent forget 5a77         by the beginning of a thumbprint, as `certs` shows it\n"
        "  odc-agent forget 5a77 --undo  bring it back; until the agent ends",
    )
    forget.add_argument("thumbprint", metavar="THUMBPRINT", help="of one of its certificates")
    forget.add_argument("--undo", action="store_true", help="bring it back")


def add_pin(subparsers: Subparsers) -> None:
    """Add ``pin`` with its commands."""
    pins = add_group(
        subparsers,
        "pin",
        "change a token's PIN, see what is known of its tries",
        "  odc-agent pin change\n  odc-agent pin status",
    )
    change = add_command(
        pins,
        "change",
        "change a token's PIN; the old one is needed",
        _pin_change,
        "  odc-agent pin change\n"
        "  odc-agent pin change --token ODC-USBKEY\n"
        "  odc-agent pin change --pin-stdin < two-lines   the old PIN, then the new one\n\n"
        "A wrong old PIN costs a try. A forgotten one is set anew at the authority's counter.",
    )
    add_pin_options(change, "the old and the new PIN")
    add_json(change)
    add_listing(pins, "status", "what is known of each PIN's tries", _pin_status, "pin ")
    unlocked = add_command(
        pins,
        "unlocked",
        "tell the agent that the counter has unlocked a token which does not say so itself",
        _pin_unlocked,
        "  odc-agent pin unlocked",
    )
    for named in (change, unlocked):
        named.add_argument(
            "--token", metavar="LABEL|SERIAL|APPLICATION", help="which token, of several"
        )


def _modules(options: argparse.Namespace) -> int:
    from agent.cli.tokens import modules  # noqa: PLC0415

    return modules.modules(as_json=options.json)


def _forget(options: argparse.Namespace) -> int:
    from agent.cli.tokens import forgetting  # noqa: PLC0415

    return forgetting.forget(options.thumbprint, undoes=options.undo)


def _pin_change(options: argparse.Namespace) -> int:
    from agent.cli.tokens import pin  # noqa: PLC0415

    return pin.change(
        token=options.token,
        from_stdin=options.pin_stdin,
        accepts=options.final_try,
        as_json=options.json,
    )


def _pin_status(options: argparse.Namespace) -> int:
    from agent.cli.tokens import pin  # noqa: PLC0415

    return pin.status(as_json=options.json)


def _pin_unlocked(options: argparse.Namespace) -> int:
    from agent.cli.tokens import pin  # noqa: PLC0415

    return pin.unlocked(token=options.token)
