"""The command line: what it prints, how it fails, how it starts and stops."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import sqlite3
import stat
import subprocess
import sys

import msgspec
import pytest
from PIL import Image
from sandbox_desk import running_desk, sandbox_cli
from stdnum.cn import ric

from agent.renewals.authorities.ra_protocol import Applicant, DocumentName
from sandbox import cli
from sandbox.home import Home

COMMANDS = ["run", "issue-token", "sample-dossier", "applications", "approve", "reject", "sms"]


@pytest.mark.parametrize("command", COMMANDS)
def test_help_shows_examples(home, command):
    done = sandbox_cli(home, command, "--help")
    assert done.returncode == 0
    assert f"odc-sandbox {command}" in done.stdout.partition("examples:")[2]


@pytest.mark.parametrize("module", cli.COMMANDS)
def test_each_module_adds_the_commands_it_is_named_for(module):
    parser = cli.command_parser([module])
    [subcommands] = [a for a in parser._actions if isinstance(a.choices, dict)]
    assert tuple(subcommands.choices) == cli.COMMANDS[module]


def test_a_command_imports_no_other_commands_modules(home):
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "sandbox", "--home", home.folder, "sms", "--help"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "sandbox.authority.sms" in done.stderr
    assert "sandbox.commands.conformance" not in done.stderr
    assert "httpx" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--home"], 2, "--home"),
        (["no-such-command"], 2, "issue-token"),
        ([], 2, "COMMAND"),
        (["approve", "nobody"], 1, "no application nobody"),
        (["reject", "nobody", "--remark", "phone=空号"], 1, "no application nobody"),
        (["reject", "nobody", "--remark", "shoes=dirty"], 2, "ITEM=TEXT"),
        (["reject", "nobody"], 2, "--remark"),
        (["sms", "--last"], 1, "no message"),
        (["sample-dossier", "/proc/nowhere"], 1, "cannot write"),
    ],
)
def test_a_mistake_is_explained(home, arguments, code, said):
    done = sandbox_cli(home, *arguments)
    assert done.returncode == code
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_the_home_comes_from_odc_home(tmp_path):
    environment = {**os.environ, "ODC_HOME": str(tmp_path / "all")}
    command = [sys.executable, "-m", "sandbox", "applications"]
    subprocess.run(command, env=environment, check=True, capture_output=True)
    assert (tmp_path / "all" / "sandbox" / "sandbox.sqlite3").exists()


def test_home_may_stand_before_or_after_the_command(tmp_path):
    before, after = tmp_path / "before", tmp_path / "after"
    command = [sys.executable, "-m", "sandbox"]
    subprocess.run([*command, "--home", str(before), "applications"], check=True)
    subprocess.run([*command, "applications", "--home", str(after)], check=True)
    assert (before / "sandbox.sqlite3").exists()
    assert (after / "sandbox.sqlite3").exists()


def test_a_database_of_a_newer_version_is_refused(home):
    assert sandbox_cli(home, "applications").returncode == 0
    with contextlib.closing(sqlite3.connect(home.database)) as database:
        database.execute("PRAGMA user_version = 99")
    done = sandbox_cli(home, "applications")
    assert done.returncode == 1
    assert "newer version" in done.stderr


def test_a_broken_database_is_named(home):
    home.database.write_bytes(b"not a database" * 100)
    done = sandbox_cli(home, "applications")
    assert done.returncode == 1
    assert str(home.database) in done.stderr


def test_a_broken_authority_is_named(home):
    home.authority.write_text("nothing")
    done = sandbox_cli(home, "run", "--port", "0", "--portal-port", "0")
    assert done.returncode == 1
    assert str(home.authority) in done.stderr


def test_a_taken_port_is_named(home):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = sandbox_cli(home, "run", "--port", port, "--portal-port", "0")
    assert done.returncode == 1
    assert f"port {port}" in done.stderr
    assert not home.running.exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_it_cleanly(home, number):
    with running_desk(home.folder) as desk:
        assert home.running.exists()
        assert desk.running.pid == desk.process.pid
        desk.process.send_signal(number)
        assert desk.process.wait(10) == 0
        assert not home.running.exists()


def test_only_the_root_certificate_is_for_others_to_read(home):
    with running_desk(home.folder):
        private = {path for path in home.folder.iterdir() if path != home.trust_anchor}
        assert home.authority in private
        assert home.tls in private
        assert {stat.S_IMODE(path.stat().st_mode) for path in private} == {0o600}
        assert b"PRIVATE" not in home.trust_anchor.read_bytes()


def test_it_listens_on_the_loopback_interface_only(home):
    with running_desk(home.folder) as desk:
        port = int(desk.url.rpartition(":")[2])
        # Linux answers on all of 127/8 what listens on all interfaces.
        with pytest.raises(OSError, match="refused"), socket.create_connection(("127.0.0.2", port)):
            pass


def test_the_staff_and_the_phone_at_the_command_line(quick_desk, renewal_at):
    renewal = renewal_at(quick_desk)
    renewal.submit()
    renewal.wait_for("approved")
    renewal.call("POST", "/sms").raise_for_status()

    listed = sandbox_cli(quick_desk.home, "applications")
    assert f"{renewal.application}  approved" in listed.stdout
    everything = json.loads(sandbox_cli(quick_desk.home, "applications", "--json").stdout)
    assert renewal.application in [one["application"] for one in everything]
    message = sandbox_cli(quick_desk.home, "sms", "--application", renewal.application)
    last = sandbox_cli(quick_desk.home, "sms", "--last", "--application", renewal.application)
    assert last.stdout.strip() == quick_desk.code_for(renewal.application)
    assert last.stdout.strip() in message.stdout
    wrong_state = sandbox_cli(quick_desk.home, "approve", renewal.application)
    assert wrong_state.returncode == 1
    assert "cannot approve while approved" in wrong_state.stderr


def test_the_sample_dossier_is_complete_valid_and_small_enough(home, tmp_path):
    folder = tmp_path / "dossier"
    assert sandbox_cli(home, "sample-dossier", str(folder)).returncode == 0
    applicant_file = folder / "applicant.json"
    assert stat.S_IMODE(applicant_file.stat().st_mode) == 0o600
    applicant = msgspec.json.decode(applicant_file.read_bytes(), type=Applicant)
    assert ric.is_valid(applicant.id_number)
    assert applicant.email.endswith("@example.com")
    scans = {path.stem: path for path in folder.iterdir() if path != applicant_file}
    assert set(scans) == set(DocumentName)
    for path in scans.values():
        assert path.stat().st_size < 1024 * 1000
        with Image.open(path) as image:
            image.load()
            assert image.format in {"JPEG", "PNG"}


def test_a_home_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").touch()
    done = sandbox_cli(Home(tmp_path / "file" / "home"), "applications")
    assert done.returncode == 1
    assert "cannot use" in done.stderr
