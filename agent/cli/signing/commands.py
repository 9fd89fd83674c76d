"""The commands about documents and their signatures: sign, verify."""

from __future__ import annotations

import argparse

from agent.cli.ground.parsers import add_command, add_json, add_pin, add_thumbprint, path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from agent.cli.ground.parsers import Subparsers


def add_sign(subparsers: Subparsers) -> None:
    """Add ``sign``."""
    parser = add_command(
        subparsers,
        "sign",
        "sign documents with the token: PDFs inside, others with a signature file (.p7s) beside them",
        _sign,
        "  odc-agent sign contract.pdf               makes contract-signed.pdf\n"
        "  odc-agent sign contract.pdf --stamp seal.png --page -1 --box -20,-30,40,40\n"
        "  odc-agent sign contract.pdf --p7s         makes contract.pdf.p7s\n"
        "  odc-agent sign bids/*.xml --thumbprint 3f2a\n"
        "  odc-agent sign contract.pdf --pin-stdin --json < pin\n\n"
        "One PIN for all documents of a command. No file that is there is ever overwritten.\n"
        "Inside a PDF a signature is PAdES: B-T with a time-stamp where signing.tsa is set, else B-B;\n"
        "by --level b-lt with proofs of no revocation. Beside a file it is CAdES-B (detached CMS).\n"
        "`odc-agent verify` reads both, OpenSSL the latter.\n\n"
        "exit codes: 0 all are signed, 1 one of them is not, 3 the agent cannot be reached,\n"
        "  4 something is needed first, or one is signed without the time-stamp or proofs wanted",
    )
    parser.add_argument("files", nargs="+", type=path, metavar="FILE", help="a document")
    parser.add_argument(
        "--p7s", action="store_true", help="sign PDFs by a file beside them, too, as all others"
    )
    parser.add_argument(
        "--level", choices=("b-b", "b-t", "b-lt"), help="of signatures inside PDFs: see above"
    )
    parser.add_argument(
        "-o", "--output", type=path, metavar="FILE", help="the signed PDF, of one document"
    )
    parser.add_argument(
        "--stamp", type=path, metavar="PICTURE", help="what is to be seen of it: a PNG or JPEG"
    )
    parser.add_argument(
        "--page",
        type=int,
        default=-1,
        help="where the stamp is to be; -1 is the last page (default)",
    )
    parser.add_argument(
        "--box",
        type=box,
        default="-20,-20,40,40",
        metavar="LEFT,TOP,WIDTH,HEIGHT",
        help="where on it, in millimetres from its upper left corner; below zero, from the other side",
    )
    add_thumbprint(parser)
    add_pin(parser)
    add_json(parser)


def box(text: str) -> tuple[float, ...]:
    """Return the four numbers of a box; ValueError, which argparse tells."""
    left, top, width, height = (float(number) for number in text.split(","))
    return left, top, width, height


def add_verify(subparsers: Subparsers) -> None:
    """Add ``verify``."""
    parser = add_command(
        subparsers,
        "verify",
        "say who signed a document, and whether it is as it was signed",
        _verify,
        "  odc-agent verify contract-signed.pdf      by the signatures inside\n"
        "  odc-agent verify contract.pdf             by contract.pdf.p7s, where that is there\n"
        "  odc-agent verify contract.pdf.p7s\n"
        "  odc-agent verify contract.pdf --signature from-the-portal.p7s --json\n\n"
        "Whether the signer's certificate was revoked is not looked up; a PDF may hold proofs of it.\n\n"
        "exit codes: 0 the signature is right and its signer trusted, 1 it is not right, or the PDF was\n"
        "  changed since,\n"
        "  3 the agent cannot be reached, 4 it is right, and there is a doubt, which is said",
    )
    parser.add_argument("file", type=path, metavar="FILE", help="a document, or a signature")
    parser.add_argument("--signature", type=path, metavar="FILE", help="where the signature is")
    add_json(parser)


def _sign(options: argparse.Namespace) -> int:
    from agent.cli.signing import sign  # noqa: PLC0415

    return sign.sign(
        options.files,
        thumbprint=options.thumbprint,
        from_stdin=options.pin_stdin,
        accepts=options.final_try,
        as_json=options.json,
        pdf=None if options.p7s else sign.pdf_wish(options),
    )


def _verify(options: argparse.Namespace) -> int:
    from agent.cli.signing import verify  # noqa: PLC0415

    return verify.verify(options.file, options.signature, as_json=options.json)
