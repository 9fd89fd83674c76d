"""``odc-sandbox usb-token``: a virtual USB Key that is plugged in, pulled out and listed."""

from __future__ import annotations

import argparse
import os

import msgspec

from agent.ground.streams import sayable_json
from sandbox.commands.common import Subcommands, add_command, home_of, read_pin
from sandbox.desk.tokens import DEFAULT_LABEL
from sandbox.usb_token.drawer import DEFAULT_NAME, Drawer, TokenInDrawer
from sandbox.usb_token.opensc import format_token
from sandbox.words import words

_EXAMPLES = """\
  odc-sandbox issue-token --usb-token usbkey --organisation Sample \\
      --uscc 91440300MA5DA0000F --expired-days 961       makes a token, plugs it in, writes to it
  odc-sandbox usb-token pull                             pulls it out
  odc-sandbox usb-token plug                             plugs it in again
  odc-sandbox usb-token list

It needs the packages pcscd, vsmartcard-vpcd, opensc and opensc-pkcs11, and pcscd has to run. pcscd then
takes it for a real token, and so does every program. vpcd has two slots, so two can be plugged in at
once. It listens on all network interfaces: for trials only.
"""


def register(subcommands: Subcommands) -> None:
    """Add the subcommand with its own three."""
    summary = "plug a virtual USB token in or out"
    parser = add_command(subcommands, "usb-token", _list, summary=summary, examples=_EXAMPLES)
    actions = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _add_plug(actions)
    pull = add_command(
        actions,
        "pull",
        _pull,
        summary="pull a token out",
        examples="  odc-sandbox usb-token pull usbkey",
    )
    _add_name(pull)
    listing = add_command(
        actions,
        "list",
        _list,
        summary="list the tokens and where they are plugged in",
        examples="  odc-sandbox usb-token list --json",
    )
    listing.add_argument("--json", action="store_true")


def _add_plug(actions: Subcommands) -> None:
    plug = add_command(
        actions,
        "plug",
        _plug,
        summary="plug a token in, a new one where there is none of that name",
        examples="  odc-sandbox usb-token plug\n"
        "  echo 123456 | odc-sandbox usb-token plug empty --pin-stdin   formats a new one",
    )
    _add_name(plug)
    plug.add_argument("--port", type=int, metavar="N", help="the reader's; a free one by itself")
    plug.add_argument("--label", default=DEFAULT_LABEL, help="of a token that is formatted")
    plug.add_argument(
        "--pin-stdin", action="store_true", help="format a new token with the PIN read from stdin"
    )


def _add_name(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", nargs="?", default=DEFAULT_NAME, metavar="NAME")


def _plug(options: argparse.Namespace) -> int:
    drawer = Drawer(home_of(options))
    drawer.make(options.name)
    pin = read_pin(from_stdin=True) if options.pin_stdin else None
    port = drawer.plug(options.name, options.port)
    token = drawer.token(options.name)
    if pin is not None and not token.is_formatted:
        format_token(drawer, token, port, label=options.label, pin=pin)
        drawer.replug(options.name)
    print(
        words(
            f"电子钥匙 {options.name} 已插入,端口 {port}。",
            f"The token {options.name} is plugged in: port {port}.",
        )
    )
    return 0


def _pull(options: argparse.Namespace) -> int:
    Drawer(home_of(options)).pull(options.name)
    print(words(f"电子钥匙 {options.name} 已拔出。", f"The token {options.name} is pulled out."))
    return 0


def _list(options: argparse.Namespace) -> int:
    tokens = Drawer(home_of(options)).tokens()
    if options.json:
        print(sayable_json(msgspec.json.encode(tokens).decode()))
        return 0
    for token in tokens:
        print(_line(token))
    return 0


def _line(token: TokenInDrawer) -> str:
    plugged = words("已插入", "plugged in"), words("未插入", "not plugged in")
    place = f"{plugged[0]} ({token.port})" if token.port else plugged[1]
    state = f"PUK: {os.fspath(token.puk_file)}" if token.puk_file else words("空白", "blank")
    return f"{token.name}  {token.serial}  {place}  {state}"
