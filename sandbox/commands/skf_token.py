"""``odc-sandbox skf-token``: a virtual USB Key that speaks SKF, plugged in, pulled out and listed."""

from __future__ import annotations

import argparse

import msgspec

from agent.ground.streams import sayable_json
from sandbox.commands.common import Subcommands, add_command, home_of, read_pin
from sandbox.home import SandboxError
from sandbox.skf_token.building import SHAPES, Shape, library
from sandbox.skf_token.drawer import DEFAULT_APPLICATION, DEFAULT_NAME, Drawer, TokenInDrawer
from sandbox.skf_token.faults import described
from sandbox.words import words

_EXAMPLES = """\
  odc-sandbox skf-token plug                             plugs one in, a new one the first time
  odc-sandbox skf-token list
  odc-sandbox skf-token pull

It needs gcc, which builds the library a program loads (GM/T 0016-2012); `plug` says where that lies and
what its program has to have in its environment. For tests and trials: its keys lie readable in a file.
"""
_FAULTS_EXAMPLES = """\
  odc-sandbox skf-token faults "SKF_ECCSignData=crash@3, must_login"
  odc-sandbox skf-token faults ""                        right again
"""


def register(subcommands: Subcommands) -> None:
    """Add the subcommand with its own."""
    summary = "plug a virtual SKF token in or out"
    parser = add_command(subcommands, "skf-token", _list, summary=summary, examples=_EXAMPLES)
    actions = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _add_plug(actions)
    pull = add_command(
        actions,
        "pull",
        _pull,
        summary="pull a token out",
        examples="  odc-sandbox skf-token pull skfkey",
    )
    _add_name(pull)
    listing = add_command(
        actions,
        "list",
        _list,
        summary="list the tokens",
        examples="  odc-sandbox skf-token list --json",
    )
    listing.add_argument("--json", action="store_true")
    state = add_command(
        actions,
        "state",
        _state,
        summary="tell what is plugged in, tries that are left, PINs that are still in force",
        examples="  odc-sandbox skf-token state --json",
    )
    state.add_argument("--json", action="store_true")
    _add_faults(actions)


def _add_plug(actions: Subcommands) -> None:
    plug = add_command(
        actions,
        "plug",
        _plug,
        summary="plug a token in, a new one where there is none of that name",
        examples="  odc-sandbox skf-token plug\n"
        "  echo 12345678 | odc-sandbox skf-token plug --factory-pin --pin-stdin   formats a new one\n"
        "  odc-sandbox skf-token plug --ulong-bytes 8 --aligned                   for another shape",
    )
    _add_name(plug)
    plug.add_argument(
        "--pin-stdin", action="store_true", help="give a blank one a PIN, read from stdin"
    )
    plug.add_argument("--factory-pin", action="store_true", help="that PIN is the factory's")
    plug.add_argument("--application", default=DEFAULT_APPLICATION, help="what the PIN is for")
    plug.add_argument("--ulong-bytes", type=int, choices=(4, 8), default=SHAPES[0].ulong_bytes)
    plug.add_argument("--aligned", action="store_true", help="structures that are not packed")


def _add_faults(actions: Subcommands) -> None:
    faults = add_command(
        actions,
        "faults",
        _faults,
        summary="let the tokens that are plugged in do things wrong",
        examples=f"{_FAULTS_EXAMPLES}\n{described()}",
    )
    faults.add_argument("faults", metavar="FAULTS")


def _add_name(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", nargs="?", default=DEFAULT_NAME, metavar="NAME")


def _plug(options: argparse.Namespace) -> int:
    drawer = Drawer(home_of(options))
    pin = read_pin(from_stdin=True) if options.pin_stdin else None
    file = library(Shape(options.ulong_bytes, is_packed=not options.aligned))
    drawer.make(options.name)
    drawer.plug(options.name)
    if pin is not None:
        drawer.format(options.name, options.application, pin, is_factory_pin=options.factory_pin)
    print(
        words(
            f"SKF 钥匙 {options.name} 已插入,接口库:{file}",
            f"The SKF token {options.name} is plugged in; its library: {file}",
        )
    )
    print(f"export ODC_SKF_SOCKET={drawer.address}")
    return 0


def _pull(options: argparse.Namespace) -> int:
    Drawer(home_of(options)).pull(options.name)
    print(
        words(f"SKF 钥匙 {options.name} 已拔出。", f"The SKF token {options.name} is pulled out.")
    )
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
    applications = " ".join(token.applications) or words("空白", "blank")
    return f"{token.name}  {token.serial}  {plugged[not token.is_plugged]}  {applications}"


def _state(options: argparse.Namespace) -> int:
    report = Drawer(home_of(options)).report()
    if options.json:
        print(sayable_json(msgspec.json.encode(report).decode()))
        return 0
    if report is None:
        print(words("没有插入 SKF 钥匙。", "No SKF token is plugged in."))
        return 0
    for device in report.devices:
        for application in device.applications:
            left = f"{application.tries_left}/{application.tries_most}"
            login = words("已登录", "logged in") if application.is_logged_in else ""
            print(f"{device.name}  {application.name}  {left}  {login}".rstrip())
    print(words(f"未清除的登录:{report.open_logins}", f"Logins in force: {report.open_logins}"))
    return 0


def _faults(options: argparse.Namespace) -> int:
    drawer = Drawer(home_of(options))
    if drawer.report() is None:
        raise SandboxError(words("没有插入 SKF 钥匙。", "No SKF token is plugged in."))
    drawer.misbehave(options.faults)
    return 0
