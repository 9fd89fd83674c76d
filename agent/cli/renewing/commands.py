"""The commands of 证照更新 and their options: renew, renewal, licence."""

from __future__ import annotations

import argparse

from agent.cli.ground.outcome import EXIT_CODES
from agent.cli.ground.parsers import (
    add_command,
    add_group,
    add_json,
    add_listing,
    add_pin,
    add_thumbprint,
    path,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from agent.cli.ground.parsers import Run, Subparsers
    from agent.cli.renewing.answers import Answers


def add_renew(subparsers: Subparsers) -> None:
    """Add ``renew``."""
    parser = add_command(
        subparsers,
        "renew",
        "renew a certificate: dossier, PIN, review, SMS code, installation; and the business licence",
        _renew,
        "  odc-agent renew\n"
        "  odc-agent renew --thumbprint 3f2a --applicant applicant.json --documents scans/\n"
        "  odc-agent renew --kept-applicant --documents scans/ --pin-stdin --no-wait < pin\n\n"
        "It can be left with Ctrl-C at any time and goes on where it stood when run again.\n"
        "How the licence's update went is printed beside; it does not change the exit code.\n\n"
        + EXIT_CODES,
    )
    add_thumbprint(parser)
    applicant = parser.add_mutually_exclusive_group()
    _add_dossier(parser, "the applicant: id_number, name, address, phone, email", applicant)
    applicant.add_argument(
        "--kept-applicant", action="store_true", help="the one of `odc-agent applicant keep`"
    )
    parser.add_argument(
        "--no-wait",
        action="store_true",
        help="end where it waits for the token, the review or the network; the exit code says which",
    )
    add_pin(
        parser, "PIN, SMS code, reference value and secret as lines, each when it is asked for,"
    )


def add_renewal(subparsers: Subparsers) -> None:
    """Add ``renewal`` with its commands."""
    renewals = add_group(
        subparsers,
        "renewal",
        "one renewal under way: see it, amend it, go on with it, cancel it",
        "  odc-agent renewal show\n"
        "  odc-agent renewal amend --documents scans/\n"
        "  odc-agent renewal sms --send\n\n" + EXIT_CODES,
    )
    _add_step(renewals, "show", "show one renewal, with the review's remarks", _show, "", " 3f2a")
    amend = _add_step(
        renewals,
        "amend",
        "submit what the review wants amended, signed with the PIN",
        _amend,
        "",
        " --documents scans/",
        " 3f2a --applicant new.json --pin-stdin",
    )
    _add_dossier(amend, "the applicant's data that change, any of: id_number, name, address, …")
    add_pin(amend)
    sms = _add_step(
        renewals,
        "sms",
        "enter the SMS code, or have one sent",
        _sms,
        " --send",
        "",
        " --code-stdin < code",
    )
    way = sms.add_mutually_exclusive_group()
    way.add_argument(
        "--send", action="store_true", help="have a code sent, and end with 0 where it was"
    )
    way.add_argument(
        "--code-stdin", action="store_true", help="read the code as a line from standard input"
    )
    install = _add_step(
        renewals,
        "install",
        "write the new certificates onto the token, with the PIN",
        _install,
        "",
        " --pin-stdin < pin",
    )
    add_pin(install)
    cancel = _add_step(
        renewals,
        "cancel",
        "withdraw the application and end the renewal",
        _cancel,
        "",
        " 3f2a --yes",
    )
    cancel.add_argument("--yes", action="store_true", help="do not ask whether it is meant")


def add_licence(subparsers: Subparsers) -> None:
    """Add ``licence`` with its commands."""
    licences = add_group(
        subparsers,
        "licence",
        "the organisation's business licence: see it, update it",
        "  odc-agent licence list\n  odc-agent licence update",
    )
    add_listing(licences, "list", "the licences, each with its last update", _licences, "licence ")
    update = add_command(
        licences,
        "update",
        "fetch the licence: by the renewal under way, else signed with the PIN",
        _update,
        "  odc-agent licence update\n"
        "  odc-agent licence update --thumbprint 3f2a --pin-stdin < pin\n\n"
        "exit codes: 0 updated, 1 failed (it is said why), 4 something is needed first",
    )
    add_thumbprint(update)
    add_pin(update)
    add_json(update)


def _add_step(
    renewals: Subparsers, name: str, summary: str, run: Run, *arguments: str
) -> argparse.ArgumentParser:
    examples = "".join(f"  odc-agent renewal {name}{given}\n" for given in arguments)
    parser = add_command(renewals, name, summary, run, f"{examples}\n{EXIT_CODES}")
    parser.add_argument(
        "id",
        nargs="?",
        metavar="ID",
        help="the renewal's id, or how it begins; not needed where only one is under way",
    )
    add_json(parser)
    return parser


def _add_dossier(
    parser: argparse.ArgumentParser,
    applicant: str,
    group: argparse._MutuallyExclusiveGroup | None = None,
) -> None:
    (group or parser).add_argument("--applicant", type=path, metavar="FILE.json", help=applicant)
    parser.add_argument(
        "--documents",
        type=path,
        metavar="DIR",
        help="the scans: organisation_certificate, id_card_front, id_card_back, "
        "authorisation_letter (.jpg .png .gif .bmp)",
    )


def _answers(options: argparse.Namespace) -> Answers:
    from agent.cli.renewing.answers import Answers  # noqa: PLC0415

    given = vars(options)
    return Answers(
        applicant=given.get("applicant"),
        documents=given.get("documents"),
        is_kept_applicant=given.get("kept_applicant", False),
        from_stdin=given.get("pin_stdin", False) or given.get("code_stdin", False),
        accepts_final_try=given.get("final_try", False),
    )


def _renew(options: argparse.Namespace) -> int:
    from agent.cli.renewing import renew  # noqa: PLC0415

    return renew.renew(
        thumbprint=options.thumbprint, answers=_answers(options), waits=not options.no_wait
    )


def _show(options: argparse.Namespace) -> int:
    from agent.cli.renewing import renewal  # noqa: PLC0415

    return renewal.show(prefix=options.id, as_json=options.json)


def _amend(options: argparse.Namespace) -> int:
    from agent.cli.renewing import renewal  # noqa: PLC0415

    return renewal.amend(prefix=options.id, answers=_answers(options), as_json=options.json)


def _sms(options: argparse.Namespace) -> int:
    from agent.cli.renewing import renewal  # noqa: PLC0415

    if options.send:
        return renewal.send_sms(prefix=options.id, as_json=options.json)
    return renewal.sms(prefix=options.id, answers=_answers(options), as_json=options.json)


def _install(options: argparse.Namespace) -> int:
    from agent.cli.renewing import renewal  # noqa: PLC0415

    return renewal.install(prefix=options.id, answers=_answers(options), as_json=options.json)


def _cancel(options: argparse.Namespace) -> int:
    from agent.cli.renewing import renewal  # noqa: PLC0415

    return renewal.cancel(prefix=options.id, is_sure=options.yes, as_json=options.json)


def _licences(options: argparse.Namespace) -> int:
    from agent.cli.renewing import licence  # noqa: PLC0415

    return licence.show_all(as_json=options.json)


def _update(options: argparse.Namespace) -> int:
    from agent.cli.renewing import licence  # noqa: PLC0415

    return licence.update(
        thumbprint=options.thumbprint, answers=_answers(options), as_json=options.json
    )
