"""``odc-sandbox desk``: authority, software token, configuration and agent at once, to play with."""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import shlex
import signal
import subprocess
import sys
from pathlib import Path
from types import FrameType

from agent.ground.text_files import read_text_file
from agent.system.runtime import home_override
from sandbox.authority.dossier import write_sample_dossier
from sandbox.commands.common import Subcommands, add_command, not_negative
from sandbox.desk.desk import Desk, Holder
from sandbox.home import RunningSandbox, SandboxError
from sandbox.words import words

MARKER = ".odc-desk"
"""Marks a folder as a desk's: nothing else is written into one that holds something."""
EXPIRED_DAYS = 9
APPROVE_AFTER_SECONDS = 5.0

_EXAMPLES = """\
  odc-sandbox desk                        in ./build/desk, or where ODC_HOME says; Ctrl-C ends it
  odc-sandbox desk --expired-days 961     how long ago the new token's certificates ended
  odc-sandbox desk --by-hand              you review: in the browser, or with approve and reject

Started again, it goes on with the token and the renewals that are there.
"""


def register(subcommands: Subcommands) -> None:
    """Add the subcommand."""
    parser = add_command(
        subcommands,
        "desk",
        _run,
        summary="set up authority, token, configuration and agent, and say what to try (试用)",
        examples=_EXAMPLES,
    )
    parser.add_argument("--expired-days", type=not_negative, default=EXPIRED_DAYS, metavar="DAYS")
    parser.add_argument("--by-hand", action="store_true", help="applications wait for a reviewer")
    parser.add_argument("--no-tray", action="store_true", help="no tray icon, even with a display")


def _run(options: argparse.Namespace) -> int:
    signal.signal(signal.SIGTERM, _interrupt)
    folder = _own_folder(home_override() or Path("build/desk").absolute())
    with contextlib.suppress(KeyboardInterrupt), Desk(folder) as desk:
        running = _set_up(desk, options)
        has_display = bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
        has_tray = has_display and not options.no_tray
        agent = desk.start_agent(*(() if has_tray else ("--no-tray",)))
        print(_what_to_try(desk, running), flush=True)
        _stay(agent)
    return 0


def _set_up(desk: Desk, options: argparse.Namespace) -> RunningSandbox:
    by_itself = () if options.by_hand else ("--approve-after", str(APPROVE_AFTER_SECONDS))
    running = desk.start_authority(*by_itself, "--retry-after", "1")
    if not desk.token_configuration.exists():
        desk.issue_token("--expired-days", str(options.expired_days))
    if not desk.dossier.exists():
        write_sample_dossier(desk.dossier)
    configuration = desk.folder / "config.toml"
    if not configuration.exists():
        desk.configure_agent(running.url)
        return running
    # What somebody changed there stays; the authority has another port each time.
    text = read_text_file(configuration)
    configuration.write_text(re.sub(r"https://127\.0\.0\.1:\d+", running.url, text), "utf-8")
    return running


def _what_to_try(desk: Desk, running: RunningSandbox) -> str:
    pin = Holder().pin
    folder, programs = shlex.quote(str(desk.folder)), shlex.quote(str(Path(sys.executable).parent))
    head = words(
        f"试用环境已就绪;请在另一个终端中输入以下命令(证书密码 {pin}):",
        f"Ready. In another terminal (the token's PIN is {pin}):",
    )
    return f"""{head}

  export ODC_HOME={folder} PATH={programs}:"$PATH"
  odc-agent certs
  odc-agent renew --applicant "$ODC_HOME/dossier/applicant.json" --documents "$ODC_HOME/dossier"
  odc-sandbox sms --last
  odc-agent window main

{words("演示门户", "Demo portal")}: {running.portal_url}
{words("审核页面", "Review")}: {running.review_url} ({words("登录口令", "token")} {running.review_token})
{words("按 Ctrl-C 结束;再次运行时从原处继续。", "Ctrl-C ends all of it; started again, it goes on.")}"""


def _stay(agent: subprocess.Popen[bytes]) -> None:
    if agent.wait():
        raise SandboxError("the agent ended; its words are in logs/agent-run.log of the desk")


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _own_folder(folder: Path) -> Path:
    """Return ``folder``, new or a desk's; the configuration of somebody who works is never changed."""
    if folder.exists() and any(folder.iterdir()) and not (folder / MARKER).exists():
        raise SandboxError(f"{folder} holds something else; choose an empty folder with ODC_HOME")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    (folder / MARKER).touch()
    return folder
