"""``odc-sandbox sample-dossier``: an invented applicant with scans."""

from __future__ import annotations

import argparse
from pathlib import Path

from sandbox.authority.dossier import write_sample_dossier
from sandbox.commands.common import Subcommands, add_command

_EXAMPLES = """\
  odc-sandbox sample-dossier dossier    applicant.json and four scans, in the folder dossier
"""


def register(subcommands: Subcommands) -> None:
    """Add the subcommand."""
    parser = add_command(
        subcommands,
        "sample-dossier",
        _run,
        summary="write an invented applicant's data and scans",
        examples=_EXAMPLES,
    )
    parser.add_argument("folder", type=Path, metavar="DIR")


def _run(options: argparse.Namespace) -> int:
    for name, path in write_sample_dossier(options.folder).items():
        print(f"{name}: {path}")
    return 0
