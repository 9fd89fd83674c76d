"""``odc-sandbox issue-token``: a USB Key, in software or virtual, with an organisation's pair on it."""

from __future__ import annotations

import argparse
from contextlib import AbstractContextManager
from pathlib import Path

import msgspec

from agent.ground.streams import sayable_json
from sandbox.authority.ca import Authority
from sandbox.authority.rules.days import china_date, utc_now
from sandbox.authority.rules.profiles import Organisation
from sandbox.authority.store import Store
from sandbox.commands.common import Subcommands, add_command, home_of, read_pin
from sandbox.commands.organisation import add_organisation, validity_of
from sandbox.desk.cards import DEFAULT_MODULE, configuration_path, new_card
from sandbox.desk.tokens import (
    DEFAULT_LABEL,
    PHONE_ON_RECORD,
    IssuedToken,
    TokenOrder,
    issue_token,
)
from sandbox.desk.writing import WritableCard
from sandbox.home import Home, SandboxError
from sandbox.skf_token.building import library
from sandbox.skf_token.card import skf_card
from sandbox.skf_token.drawer import Drawer as SkfDrawer
from sandbox.usb_token.drawer import Drawer
from sandbox.usb_token.opensc import opensc_module, plugged_card
from sandbox.words import words

_EXAMPLES = """\
  odc-sandbox issue-token --token-folder key --organisation 深圳市样例有限公司 \\
      --uscc 91440300MA5DA0000F --expired-days 961       asks for the PIN
  echo 123456 | odc-sandbox issue-token --token-folder key --organisation Sample \\
      --uscc 91440300MA5DA0000F --valid-days 20 --pin-stdin
  odc-sandbox issue-token --usb-token usbkey --organisation Sample \\
      --uscc 91440300MA5DA0000F --expired-days 961       a token that can be plugged in
  odc-sandbox issue-token --skf-token skfkey --sm2 --organisation Sample \\
      --uscc 91440300MA5DA0000F --expired-days 961       one that speaks SKF (GM/T 0016)

The certificates of --expired-days 961 ended 961 calendar days of China ago; those of
--valid-days 0 end today. A token's newest certificate is the one the authority renews.
--usb-token makes the virtual token where it is new and plugs it in (odc-sandbox usb-token); one that has
been issued before keeps what is on it and takes the new pair beside that, with the same PIN. So does
--skf-token (odc-sandbox skf-token), whose pairs are SM2 keys with --sm2.
"""


def register(subcommands: Subcommands) -> None:
    """Add the subcommand."""
    parser = add_command(
        subcommands,
        "issue-token",
        _run,
        summary="put an organisation's certificates on a token",
        examples=_EXAMPLES,
    )
    token = parser.add_mutually_exclusive_group(required=True)
    token.add_argument("--token-folder", type=Path, metavar="DIR", help="a new SoftHSM token")
    token.add_argument("--usb-token", metavar="NAME", help="a virtual token, see usb-token")
    token.add_argument("--skf-token", metavar="NAME", help="a virtual token, see skf-token")
    parser.add_argument("--sm2", action="store_true", help="SM2 keys, of an SKF token")
    add_organisation(parser)
    parser.add_argument("--label", default=DEFAULT_LABEL)
    parser.add_argument("--phone", default=PHONE_ON_RECORD, help="the organisation's, on record")
    parser.add_argument("--module", type=Path, metavar="FILE", help="the PKCS#11 module to use")
    parser.add_argument("--pin-stdin", action="store_true", help="read the PIN from stdin")
    parser.add_argument("--json", action="store_true")


def _run(options: argparse.Namespace) -> int:
    home = home_of(options)
    _check(options)
    now = utc_now()
    order = TokenOrder(
        organisation=Organisation(options.organisation, options.uscc),
        validity=validity_of(options, now),
        module=_module(options),
        configuration=_configuration(options.token_folder),
        skf_socket=SkfDrawer(home).address if options.skf_token else None,
        label=options.label,
        phone=options.phone,
    )
    pin = read_pin(from_stdin=options.pin_stdin)
    issued = issue_token(
        order,
        _card(options, home, order, pin),
        authority=Authority.opened(home, now),
        store=Store(home.database),
    )
    print(sayable_json(msgspec.json.encode(issued).decode()) if options.json else _text(issued))
    return 0


def _check(options: argparse.Namespace) -> None:
    is_skf = options.skf_token is not None
    if options.sm2 and not is_skf:
        raise SandboxError("only an SKF token holds SM2 keys: --skf-token")
    if options.module and is_skf:
        raise SandboxError("an SKF token has a library of its own, and no --module")


def _module(options: argparse.Namespace) -> Path:
    if options.skf_token is not None:
        return library()
    default = DEFAULT_MODULE if options.usb_token is None else opensc_module()
    module: Path = options.module or default
    if not module.exists():
        raise SandboxError(f"no PKCS#11 module at {module}; install softhsm2 or --module")
    return module


def _configuration(folder: Path | None) -> Path | None:
    return configuration_path(folder.absolute()) if folder else None


def _card(
    options: argparse.Namespace, home: Home, order: TokenOrder, pin: str
) -> AbstractContextManager[WritableCard]:
    if options.skf_token is not None:
        drawer = SkfDrawer(home)
        drawer.make(options.skf_token, order.label)
        return skf_card(drawer, options.skf_token, pin, is_sm2=options.sm2)
    if options.usb_token is None:
        return new_card(options.token_folder, order.module, order.label, pin)
    return plugged_card(Drawer(home), options.usb_token, order.module, order.label, pin)


def _text(issued: IssuedToken) -> str:
    days = f"{china_date(issued.not_before)} – {china_date(issued.not_after)}"
    text = (
        f"{words('电子钥匙已签发:', 'Token issued: ')}{issued.label}\n"
        f"{words('有效期:', 'Valid: ')}{days}\n"
        f"{words('签名证书 SHA-256:', 'Signing certificate, SHA-256: ')}{issued.signing_sha256}\n"
        f"{words('加密证书 SHA-256:', 'Encryption certificate, SHA-256: ')}{issued.encryption_sha256}"
    )
    if issued.skf_socket is not None:
        text += f"\n{words('接口库:', 'Library: ')}{issued.module}"
    needed = {"SOFTHSM2_CONF": issued.configuration, "ODC_SKF_SOCKET": issued.skf_socket}
    lines = (f"\nexport {name}={value}" for name, value in needed.items() if value)
    return text + "".join(lines)
