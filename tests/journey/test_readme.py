"""README by copying: each line of its blocks, as a newcomer types them, in both languages."""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from terminal import Terminal

from sandbox.desk.desk import ISSUER, Desk, Holder

pytestmark = pytest.mark.timeout(180)

ROOT = Path(__file__).resolve().parents[2]
PAGES = ["README.md", "README.zh-CN.md"]


def blocks(page):
    """The lines to type of each block, without comments, by the block's first command."""
    found = {}
    for block in re.findall(
        r"^```\n(.*?)^```", (ROOT / page).read_text("utf-8"), re.MULTILINE | re.DOTALL
    ):
        lines = [re.sub(r"\s+# .*", "", line) for line in block.splitlines()]
        found[lines[0]] = lines
    return found


def block(page, beginning):
    return next(lines for first, lines in blocks(page).items() if first.startswith(beginning))


@pytest.fixture
def folder(short_folder):
    """What stands for the checkout: its environment, and a build folder of the test's own."""
    (short_folder / ".venv").symlink_to(Path(sys.executable).parents[1])
    (short_folder / "run").mkdir(mode=0o700)
    return short_folder


@pytest.fixture
def environment(folder):
    kept = {
        n: v for n, v in os.environ.items() if n not in ("DISPLAY", "WAYLAND_DISPLAY", "ODC_HOME")
    }
    return {**kept, "HOME": str(folder), "XDG_RUNTIME_DIR": str(folder / "run"), "LC_ALL": "C.UTF-8",
            "ODC_LANGUAGE": "en"}  # fmt: skip


@pytest.fixture
def shell(folder, environment):
    """Lines typed one after the other in a terminal whose folder is the checkout."""
    open_ones = []

    def typed(*lines):
        script = f"cd {shlex.quote(str(folder))}\n" + "\n".join(lines)
        opened = Terminal(["bash", "-c", script], environment)
        open_ones.append(opened)
        return opened

    yield typed
    for opened in open_ones:
        opened.__exit__()


@pytest.mark.parametrize("page", PAGES)
def test_what_make_is_asked_for_is_there(page):
    for lines in blocks(page).values():
        for line in lines:
            if line.startswith("make "):
                asked = line.split()
                subprocess.run(
                    [*asked[:1], "-n", *asked[1:]], cwd=ROOT, check=True, capture_output=True
                )
            elif line.startswith("sudo "):
                package = line.split()[-1]
                assert re.fullmatch(r"\./dist/odc-agent_\*\.deb", package)


@pytest.mark.parametrize("page", PAGES)
def test_the_sandbox_is_played_with_by_copying(page, shell):
    _make, *setting_up = block(page, "make setup")
    export, certs, renew, sms, window = block(page, 'export PATH="$PWD/.venv/bin:$PATH" ODC_HOME')
    desk = shell(*setting_up)
    desk.wait_for("Ready. In another terminal")
    desk.wait_for("started again, it goes on")
    assert all(f"  {line}" in desk.shown for line in (certs, renew, sms, window))
    assert Holder().pin in (ROOT / page).read_text("utf-8")
    first = shell(export, certs)
    first.wait_for("expired 9 days ago")
    second = shell(export, renew)
    second.wait_for("PIN of ODC-USBKEY")
    second.type(Holder().pin)
    second.wait_for("SMS code:")
    code = re.search(r"\b\d{6}\b", printed_by(shell(export, sms)))[0]
    second.type(code)
    second.wait_for("PIN of ODC-USBKEY")
    second.type(Holder().pin)
    assert second.end() == 0, second.shown
    shown = shell(export, window)  # without a display here
    assert shown.end() != 0
    assert "Traceback" not in shown.shown
    desk.interrupt()
    assert desk.end() == 0
    assert "Traceback" not in desk.shown


def printed_by(screen):
    assert screen.end() == 0, screen.shown
    return screen.shown


@pytest.mark.parametrize("page", PAGES)
def test_ones_own_authority_is_configured_by_copying(page, folder, environment):
    """The sandbox stands for somebody's own authority; what the page invents is put right by hand."""
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"):
        environment.pop(name, None)
    with Desk(folder / "authority", environment=environment) as desk:
        url = desk.start_authority("--approve-after", "1").url
        desk.issue_token("--expired-days", "9")
        lines = block(page, "odc-agent certs --json")
        assert lines[-1] == "odc-agent renew"
        text = "\n".join([*lines[:-1], "odc-agent renew </dev/null || echo ended with $?"])
        for invented, real in (
            ("CN=…,O=…,C=CN", ISSUER),
            ("https://ra.example.cn", url),
            ("/etc/ssl/authority-ca.pem", str(desk.home.trust_anchor)),
        ):
            assert invented in text
            text = text.replace(invented, real)
        environment["PATH"] = f"{Path(sys.executable).parent}:{environment['PATH']}"
        environment["SOFTHSM2_CONF"] = str(desk.token_configuration)
        done = subprocess.run(
            ["bash", "-e", "-c", text], env=environment, text=True, capture_output=True, check=False
        )
        subprocess.run(["odc-agent", "quit"], env=environment, check=False)
    assert done.returncode == 0, done.stderr
    assert f'"issuer": "{ISSUER}"' in done.stdout
    assert "The authority My authority" in done.stdout
    assert "ended with 4" in done.stdout, "it waits for the dossier, and nobody is there"
    assert "dossier" in done.stderr
    written = tomllib.loads((folder / ".config/odc-agent/config.toml").read_text("utf-8"))
    assert written["authority"][0]["url"] == url


def test_a_desk_never_takes_a_folder_of_somebody_who_works(folder, environment):
    environment["ODC_HOME"] = str(folder / "mine")
    (folder / "mine").mkdir()
    (folder / "mine/config.toml").write_text("# mine\n")
    done = subprocess.run(
        [sys.executable, "-m", "sandbox", "desk"], cwd=ROOT, env=environment, text=True,
        capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "holds something else" in done.stderr
    assert [file.name for file in (folder / "mine").iterdir()] == ["config.toml"]


def test_a_desk_started_again_goes_on_with_its_token_and_its_configuration(folder, environment):
    environment["ODC_HOME"] = str(folder / "desk")
    configuration, seen = folder / "desk/config.toml", []
    for _ in range(2):
        with subprocess.Popen(
            ["env", "--default-signal=INT", sys.executable, "-m", "sandbox", "desk"],
            cwd=ROOT, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        ) as process:  # fmt: skip
            for line in process.stdout:
                if "it goes on" in line:
                    break
            listed = subprocess.run(
                [sys.executable, "-m", "agent.cli", "certs"], cwd=ROOT, env=environment, text=True,
                capture_output=True, check=True,
            )  # fmt: skip
            process.send_signal(signal.SIGINT)
            assert process.wait(30) == 0, process.stderr.read()
        seen.append(listed.stdout)
        if len(seen) == 1:
            configuration.write_text("# mine\n" + configuration.read_text("utf-8"), "utf-8")
    assert seen[0] == seen[1]
    assert configuration.read_text("utf-8").startswith("# mine\n")


def test_a_token_is_not_issued_without_a_pin_and_that_is_said(folder, environment):
    done = subprocess.run(
        [sys.executable, "-m", "sandbox", "--home", folder / "s", "issue-token", "--token-folder",
         folder / "key", "--organisation", "A", "--uscc", Holder().uscc, "--valid-days", "9"],
        cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, text=True, capture_output=True, check=False,
    )  # fmt: skip
    assert (done.returncode, "Traceback" in done.stderr) == (1, False)
    assert "--pin-stdin" in done.stderr
