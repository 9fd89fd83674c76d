"""Authorities and tokens of this machine, for an agent on a Windows that Wine shows.

SoftHSM's files are the same on both; an SKF token is a thread here, and its library a DLL there.
"""

from __future__ import annotations

import contextlib
import shutil
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from machine import Windows
from parts import ROOT
from softhsm import LIBRARY

from sandbox.authority.cmp_users import hand_out
from sandbox.authority.dossier import write_sample_dossier
from sandbox.authority.rules.records import CmpUser
from sandbox.authority.store import Store
from sandbox.desk.desk import SKF_NAME, SOFTHSM, Desk, Holder
from sandbox.skf_token.building import STANDARD, WINDOWS_64

sys.path.append(str(ROOT / "tests" / "certificates"))
sys.path.append(str(ROOT / "tests" / "keys"))
sys.path.append(str(ROOT / "tests" / "sandbox" / "skf_token"))

from skf_bench import SkfBench

HOME = r"C:\desk"
SOFTHSM_THERE = rf"C:\SoftHSM2\lib\{LIBRARY}"
QUICK = ("--approve-after", "0.2", "--retry-after", "1")
EXPIRED = ("--expired-days", "961")
SECRET = {"reference": "参考号 7", "secret": "8d1f-c2a4"}
"""What the authority of ``cmp_desk_for`` handed out."""


@contextlib.contextmanager
def desk_for(windows: Windows, extra: str = "", ends: Sequence[str] = EXPIRED) -> Iterator[Desk]:
    """An authority, and a SoftHSM token whose certificate has ended or ``ends`` some time.

    ``extra`` is more of the agent's configuration.
    """
    with _empty_desk(windows) as desk:
        url = desk.start_authority(*QUICK).url
        desk.issue_token(*ends)
        desk.configure_agent(url, extra=extra)
        _name_as_there(windows, desk)
        yield desk


@contextlib.contextmanager
def cmp_desk_for(windows: Windows) -> Iterator[Desk]:
    """The same where the authority speaks CMP, wants the secret it handed out, and takes its time."""
    with _empty_desk(windows) as desk:
        url = desk.start_authority("--cmp").url
        desk.issue_token(*EXPIRED)
        user = CmpUser(**SECRET, uscc=Holder().uscc, pending_seconds=2)
        hand_out(Store(desk.home.database), user)
        desk.configure_agent(url)
        file = desk.folder / "config.toml"
        text = file.read_text("utf-8")
        file.write_text(
            text.replace("[[authority]]\n", '[[authority]]\nprofile = "cmp"\n'), "utf-8"
        )
        _name_as_there(windows, desk)
        yield desk


@contextlib.contextmanager
def skf_desk_for(
    windows: Windows, ends: Sequence[str] = EXPIRED
) -> Iterator[tuple[Desk, SkfBench]]:
    """An authority and a token that speaks SKF and has a pair of SM2; the token's bench as well."""
    with _empty_desk(windows) as desk:
        url = desk.start_authority(*QUICK, "--key-type", "sm2").url
        desk.issue_skf_token("--sm2", *ends)
        desk.pull_skf()  # its process listens on a socket of this machine alone
        with contextlib.closing(
            SkfBench(desk.home.folder / "skf-tokens", is_on_port=True)
        ) as bench:
            bench.plug(SKF_NAME)
            library = windows.path(bench.library(STANDARD, WINDOWS_64))
            desk.configure_agent(url, skf={"module": library, "skf_socket": bench.server.address})
            _name_as_there(windows, desk)
            yield desk, bench


@contextlib.contextmanager
def _empty_desk(windows: Windows) -> Iterator[Desk]:
    folder = windows.file(HOME)
    shutil.rmtree(folder, ignore_errors=True)  # that of the test before
    folder.mkdir()
    with Desk(folder) as desk:
        write_sample_dossier(desk.dossier)
        yield desk


def _name_as_there(windows: Windows, desk: Desk) -> None:
    """Have the desk's files name others as Windows does."""
    names = {SOFTHSM: SOFTHSM_THERE, str(windows.file(HOME)): HOME}
    for file in (desk.folder / "config.toml", desk.token_configuration):
        if file.exists():
            _replace(file, names)


def _replace(file: Path, names: dict[str, str]) -> None:
    text = file.read_text("utf-8")
    for before, after in names.items():
        text = text.replace(
            before, after.replace("\\", "\\\\") if file.suffix == ".toml" else after
        )
    file.write_text(text, "utf-8")
