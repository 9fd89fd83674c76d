"""The commands for the dossier: dossier, applicant, letter."""

from __future__ import annotations

import argparse

from agent.cli.ground.parsers import THUMBPRINT_HELP, add_command, add_group, path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from agent.cli.ground.parsers import Subparsers


def add_dossier(subparsers: Subparsers) -> None:
    """Add ``dossier`` with its commands."""
    papers = add_group(
        subparsers,
        "dossier",
        "look through papers before they are submitted",
        "  odc-agent dossier check papers/\n  odc-agent dossier convert photo.jpg front.jpg",
    )
    check = add_command(
        papers,
        "check",
        "say what is wrong with the applicant's data and the scans",
        _check,
        "  odc-agent dossier check papers/          applicant.json and the four scans\n"
        "  odc-agent dossier check applicant.json\n"
        "  odc-agent dossier check front.jpg --json\n"
        "  odc-agent dossier check - < applicant.json\n\n"
        "exit codes: 0 it can be submitted, 4 something must be mended, 1 a file cannot be read",
    )
    check.add_argument("path", type=path, metavar="FILE|DIR", help="`-` is standard input")
    check.add_argument("--json", action="store_true", help="print JSON, for programs")
    convert = add_command(
        papers,
        "convert",
        "offer a picture the authority takes: upright, 8-bit RGB, small enough, without metadata",
        _convert,
        "  odc-agent dossier convert photo.jpg id_card_front.jpg\n"
        "  odc-agent dossier convert scans.pdf id_card_back.jpg --page 2\n"
        "  odc-agent dossier convert scan.bmp licence.jpg --yes\n\n"
        "The original stays as it is.",
    )
    convert.add_argument("source", type=path, metavar="IN")
    convert.add_argument("target", type=path, metavar="OUT", help="must not exist yet")
    convert.add_argument("--page", type=int, default=1, metavar="N", help="page or frame, from 1")
    convert.add_argument("--yes", action="store_true", help="write it without asking")
    convert.add_argument("--json", action="store_true", help="print JSON, for programs")


def add_applicant(subparsers: Subparsers) -> None:
    """Add ``applicant`` with its commands."""
    kept = add_group(
        subparsers,
        "applicant",
        "the applicant's data, kept if you choose",
        "  odc-agent applicant keep applicant.json\n  odc-agent applicant forget",
    )
    keep = add_command(
        kept,
        "keep",
        "keep the applicant's data for next time, encrypted on this computer",
        _keep,
        "  odc-agent applicant keep applicant.json\n  odc-agent applicant keep - < applicant.json",
    )
    keep.add_argument("file", type=path, metavar="FILE.json", help="`-` is standard input")
    add_command(
        kept,
        "show",
        "print what is kept, as JSON",
        _show,
        "  odc-agent applicant show > applicant.json",
    )
    add_command(kept, "forget", "delete what is kept", _forget, "  odc-agent applicant forget")


def add_letter(subparsers: Subparsers) -> None:
    """Add ``letter`` with its commands."""
    letters = add_group(
        subparsers,
        "letter",
        "the letter of authorisation",
        "  odc-agent letter export --out letter.pdf --kept-applicant",
    )
    export = add_command(
        letters,
        "export",
        "write the letter of authorisation, to be printed, signed and stamped",
        _export,
        "  odc-agent letter export --out letter.pdf --thumbprint 3f…\n"
        "  odc-agent letter export --out letter.docx --applicant applicant.json "
        "--organisation 样例公司 --uscc 9144…\n"
        "  odc-agent letter export --out blank.pdf      everything left blank but the date",
    )
    export.add_argument(
        "--out", type=path, required=True, metavar="FILE.pdf|.docx", help="must not exist yet"
    )
    export.add_argument("--applicant", type=path, metavar="FILE.json", help="`-` is standard input")
    export.add_argument(
        "--kept-applicant", action="store_true", help="the one of `odc-agent applicant keep`"
    )
    organisation = export.add_mutually_exclusive_group()
    organisation.add_argument("--thumbprint", metavar="T", help=THUMBPRINT_HELP)
    organisation.add_argument("--organisation", metavar="NAME", default="")
    export.add_argument("--uscc", metavar="CODE", default="")
    export.add_argument("--no-date", action="store_true", help="leave the date blank")


def _check(options: argparse.Namespace) -> int:
    from agent.cli.papers import dossier  # noqa: PLC0415

    return dossier.check(options.path, as_json=options.json)


def _convert(options: argparse.Namespace) -> int:
    from agent.cli.papers import conversion  # noqa: PLC0415

    return conversion.convert(
        options.source,
        options.target,
        page=options.page,
        is_agreed=options.yes,
        as_json=options.json,
    )


def _keep(options: argparse.Namespace) -> int:
    from agent.cli.papers import applicant  # noqa: PLC0415

    return applicant.keep(options.file)


def _show(_options: argparse.Namespace) -> int:
    from agent.cli.papers import applicant  # noqa: PLC0415

    return applicant.show()


def _forget(_options: argparse.Namespace) -> int:
    from agent.cli.papers import applicant  # noqa: PLC0415

    return applicant.forget()


def _export(options: argparse.Namespace) -> int:
    from agent.cli.papers import letter  # noqa: PLC0415

    return letter.export(
        options.out,
        letter.Source(
            applicant=options.applicant,
            is_kept_applicant=options.kept_applicant,
            thumbprint=options.thumbprint,
            organisation=options.organisation,
            uscc=options.uscc,
        ),
        has_date=not options.no_date,
    )
