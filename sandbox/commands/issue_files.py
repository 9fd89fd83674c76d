"""``odc-sandbox issue-files``: a test organisation's signing pair as files, for ``conformance``."""

from __future__ import annotations

import argparse
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding

from agent.system.files import write_private
from sandbox.authority.ca import Authority
from sandbox.authority.rules.days import utc_now
from sandbox.authority.rules.profiles import CertificateUse, Organisation
from sandbox.authority.store import Store
from sandbox.commands.common import Subcommands, add_command, home_of
from sandbox.commands.organisation import add_organisation, validity_of
from sandbox.desk.cards import KEY_BITS
from sandbox.desk.tokens import PHONE_ON_RECORD, record_of
from sandbox.private_keys import new_key, private_pem
from sandbox.words import words

_EXAMPLES = """\
  odc-sandbox issue-files organisation --organisation 样例 --uscc 91440300MA5DA0000F --expired-days 9

  odc-sandbox issue-files organisation --sm2 --organisation 样例 --uscc 91440300MA5DA0000F --valid-days 9

writes organisation/certificate.pem and organisation/key.pem, not protected: for trying only.
"""


def register(subcommands: Subcommands) -> None:
    """Add the subcommand."""
    parser = add_command(
        subcommands,
        "issue-files",
        _run,
        summary="issue a signing certificate with its key as files",
        examples=_EXAMPLES,
    )
    parser.add_argument("folder", type=Path, metavar="FOLDER")
    parser.add_argument("--sm2", action="store_true", help="an SM2 key, by the SM2 root")
    add_organisation(parser)


def _run(options: argparse.Namespace) -> int:
    home, now = home_of(options), utc_now()
    organisation = Organisation(options.organisation, options.uscc)
    key = new_key("sm2" if options.sm2 else f"rsa:{KEY_BITS}")
    certificate = Authority.opened(home, now).issue(
        organisation, CertificateUse.SIGNING, key.public, validity_of(options, now)
    )
    options.folder.mkdir(parents=True, exist_ok=True)
    write_private(options.folder / "key.pem", private_pem(key))
    (options.folder / "certificate.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
    with Store(home.database).transaction() as transaction:
        transaction.add_certificate(
            record_of(certificate, CertificateUse.SIGNING, organisation, PHONE_ON_RECORD)
        )
    files = f"{options.folder / 'certificate.pem'}, {options.folder / 'key.pem'}"
    print(words(f"已写入:{files}", f"Written: {files}"))
    return 0
