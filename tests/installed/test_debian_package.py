"""The package on a clean Debian: installed, used, upgraded, removed, purged.

Not part of ``make test``: it needs root, a Debian of its own (a quarter of a gigabyte, fetched once) and
the package built. ``make deb-test`` does all that.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import sys
import tempfile
import tomllib
from dataclasses import dataclass
from pathlib import Path

import pytest
from clean_debian import ROOT, Debian, clean_debian, newer, why_not_here
from playwright.sync_api import sync_playwright

sys.path.append(str(ROOT / "tests" / "browser"))

from chromium import portal_server
from portal_names import LISTED, make_certificate

from sandbox.authority.dossier import write_sample_dossier
from sandbox.desk.desk import Desk, Holder

pytestmark = [pytest.mark.deb, pytest.mark.timeout(900)]

USER, UID = "zhang", 1000
EXTENSIONS = "/usr/share/chromium/extensions"
"""What Debian's Chromium loads of itself: the administrator's switch is a link there."""
INTERPRETER = "/usr/lib/odc-agent/bin/python"
PROGRAM = f"{INTERPRETER} .*odc-agent run"
AGENTS = f"pgrep -u {USER} -f '^{PROGRAM}'"
GROUP = f"/sys/fs/cgroup/odc-deb-test-{os.getpid()}"
CONTROL_GROUP = (
    "mkdir -p /run/systemd/system && mount -t sysfs sys /sys && mount -t cgroup2 cgroup /sys/fs/cgroup"
    f" && mkdir -p {GROUP} && chown -R {USER} {GROUP}"
)
BROKEN_UNIT = (
    "sh -c 'd=~/.config/systemd/user/odc-agent.service.d; mkdir -p $d;"
    ' printf "[Service]\\nExecStart=\\nExecStart=/bin/false\\n" >$d/broken.conf;'
    " systemctl --user daemon-reload'"
)
HARDWARE = {"smart_cards", "tray", "notices", "fonts"}
"""Checks that want a reader, a desktop with a panel and a notification daemon, or the recommended font."""


@dataclass
class Machine:
    """The Debian, and one user's desk on it: token, authority, what is shared with this side."""

    debian: Debian
    shared: Path
    desk: Desk

    def agent(self, *words: str, stdin: str = "", check: bool = True) -> str:
        """Run the installed command as the user, without starting an agent."""
        command = shlex.join(("odc-agent", *words))
        return self.debian(
            f"{self.session} ODC_NO_START=1 {command} <<<{shlex.quote(stdin)}", USER, check=check
        )

    def status(self) -> dict:
        return json.loads(self.agent("status", "--json"))

    def agents(self) -> list[str]:
        return self.debian(AGENTS, check=False).split()

    @property
    def session(self) -> str:
        return f"export XDG_RUNTIME_DIR=/run/user/{UID} LANG=C.UTF-8 ODC_LANGUAGE=en;"


@pytest.fixture(scope="module")
def package():
    assert why_not_here() is None, why_not_here()
    if "ODC_PACKAGE" in os.environ:
        return Path(os.environ["ODC_PACKAGE"])
    [found] = (ROOT / "dist").glob("odc-agent_*.deb")
    return found


@pytest.fixture
def machine(package):
    # A short name: the token's folder is told by it on both sides, and sockets want short ones.
    with tempfile.TemporaryDirectory(prefix="odc-") as name:
        shared = Path(name)
        shared.chmod(0o755)
        shutil.copy(package, shared / "old.deb")
        environment = {"ODC_LANGUAGE": "en"}
        with (
            Desk(shared / "desk", environment=environment) as desk,
            clean_debian(package, shared) as debian,
        ):
            debian(f"useradd -m -u {UID} {USER} && install -d -m 700 -o {USER} /run/user/{UID}")
            yield Machine(debian, shared, desk)


def files(debian) -> set[str]:
    """Everything outside homes, of what a package might leave."""
    listed = debian("find / -xdev -path /home -prune -o -path /tmp -prune -o -print")
    kept = ("/var/lib/dpkg", "/var/log", "/var/cache", "/var/lib/apt", "/run", "/root")
    return {file for file in listed.splitlines() if not file.startswith(kept)}


def test_installed_used_upgraded_removed_purged(machine, tmp_path):
    """One story in order: each chapter starts where the one before ended."""
    debian = machine.debian
    before = files(debian)
    half_installed_is_finished(machine)
    issue_token(machine)
    with logged_in(machine, tmp_path / "session.log"):
        exactly_one_agent_starts(machine)
        all_is_well_but_for_hardware(machine)
        help_has_its_pages(machine)
        proxy_programs_are_run(machine)
        thumbprint = a_browser_shows_the_certificates(machine, tmp_path)
        an_upgrade_keeps_all_and_replaces_the_agent(machine, thumbprint)
        debian("dpkg --remove odc-agent")
        debian.wait_for(f"! {AGENTS}")
    assert "No such file" in debian("ls /usr/lib/odc-agent", check=False)
    kept = in_home(machine)
    debian(f"dpkg --purge odc-agent && rm -r {EXTENSIONS}")
    assert files(debian) - before == set()
    assert in_home(machine) == kept, "a home belongs to its user"


def test_where_the_user_has_a_systemd_it_alone_keeps_the_agent(machine, tmp_path):
    """A real systemd of the user's, in a control group of its own; the package's script is the login."""
    debian = machine.debian
    debian(f"dpkg -i {machine.shared}/old.deb && {CONTROL_GROUP}")
    # Only root may move a process into the group.
    as_user = f"{machine.session} exec /usr/lib/systemd/systemd --user --log-target=console"
    systemd = f"echo $$ >{GROUP}/cgroup.procs; exec su -s /bin/sh {USER} -c '{as_user}'"
    log_in = f"{machine.session} /usr/lib/odc-agent/at-login"
    unit = f"{machine.session} systemctl --user %s odc-agent.service"
    with debian.running(systemd, "root", tmp_path / "systemd.log"):
        debian.wait_for(unit % "show" + " >/dev/null 2>&1", USER)
        debian(f"{log_in}; {log_in}", USER)
        [agent] = machine.agents()
        assert main_process(machine) == agent, "the unit's, and it said that it was ready"

        debian(f"pkill -KILL -f '^{PROGRAM}'")
        debian.wait_for(f"pgrep -f '^{PROGRAM}' | grep -vqx {agent}")
        [again] = machine.agents()
        assert main_process(machine) == again, "started anew where it was killed"

        debian(unit % "stop" + " && " + unit % "mask", USER)
        debian(log_in, USER)
        assert machine.agents() == [], "nothing where the user masked the unit"

        debian(unit % "unmask", USER)
        debian(f"{machine.session} {BROKEN_UNIT}", USER)
        with debian.running(log_in, USER, tmp_path / "login.log"):
            debian.wait_for(AGENTS)
            assert main_process(machine) == "0", "the agent itself where the unit cannot be started"
            assert len(machine.agents()) == 1
            debian(f"{machine.session} systemctl --user exit", USER)
    debian.wait_for(f"find {GROUP} -depth -type d -exec rmdir {{}} +")


def main_process(machine) -> str:
    show = "systemctl --user show --value --property=MainPID odc-agent.service"
    return machine.debian(f"{machine.session} {show}", USER).strip()


def half_installed_is_finished(machine):
    """dpkg is killed while it configures; what the administrator is told to do mends that."""
    debian = machine.debian
    debian(f"dpkg --unpack {machine.shared}/old.deb")
    debian(
        "dpkg --configure odc-agent & until pgrep -f [c]ompileall >/dev/null; do sleep 0.01; done;"
        " pkill -KILL dpkg; pkill -KILL -f [p]ostinst; pkill -KILL -f [c]ompileall; wait"
    )
    assert debian("dpkg-query -f '${Status}' -W odc-agent") == "install ok half-configured"
    debian("dpkg --configure -a")
    assert debian("dpkg-query -f '${Status}' -W odc-agent") == "install ok installed"


def logged_in(machine, log):
    """A session on a screen, whose session manager starts what the autostart folders name."""
    return machine.debian.running(
        f"{machine.session} exec dbus-run-session -- xvfb-run -a openbox-session", USER, log
    )


def issue_token(machine):
    """An organisation's token and its authority; the user's agent is told of both."""
    desk = machine.desk
    running = desk.start_authority(
        "--dossier", "always", "--no-sms", "--earliest-days-before-expiry", "120"
    )
    desk.issue_token("--valid-days", "100")
    write_sample_dossier(desk.dossier)
    desk.configure_agent(running.url)
    file = desk.folder / "config.toml"
    text = file.read_text("utf-8").replace("sandbox/ca.pem", str(desk.folder / "sandbox/ca.pem"))
    file.write_text(text.replace("http://localhost:*", f"https://{LISTED}:*"), "utf-8")
    home = f"/home/{USER}/.config/odc-agent"
    machine.debian(
        f"chmod -R a+rX {desk.folder} && chown -R {USER} {desk.folder}/token"
        f" && install -D -o {USER} {file} {home}/config.toml && chown -R {USER} /home/{USER}"
    )


def exactly_one_agent_starts(machine):
    """From the autostart folder, since in this session no systemd runs."""
    control = f"test -S /run/user/{UID}/odc-agent-*/control.sock"
    machine.debian.wait_for(control)
    assert machine.agents() == [str(machine.status()["pid"])]


def all_is_well_but_for_hardware(machine):
    items = json.loads(machine.agent("check", "--json", check=False))["items"]
    bad = {item["name"]: item for item in items if item["state"] in ("failed", "warning")}
    assert set(bad) <= HARDWARE, bad


def help_has_its_pages(machine):
    """With their pictures, where the help window looks."""
    look = "from agent.windows.help_window import docs_folder; print(docs_folder())"
    folder = machine.debian(f'{INTERPRETER} -I -c "{look}"', USER).strip()
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    lists = settings["tool"]["setuptools"]["data-files"].values()
    wanted = {file.removeprefix("docs/") for files in lists for file in files}
    found = machine.debian(f"cd {folder} && find . -type f -printf '%P\\n'", USER)
    assert set(found.split()) == wanted


def proxy_programs_are_run(machine):
    """By the engine of Qt's that is shipped without the rest of its library."""
    request = {"script": "function FindProxyForURL(u, h) { return h }", "url": "", "host": "DIRECT"}
    worker = f"{INTERPRETER} -I -m agent.network.pac.worker <<<{shlex.quote(json.dumps(request))}"
    assert json.loads(machine.debian(worker, USER)) == {"answer": "DIRECT"}


def a_browser_shows_the_certificates(machine, tmp_path):
    """Debian's Chromium, with the extension and the host the package brings, on a listed portal."""
    machine.debian(
        f"mkdir -p {EXTENSIONS} && ln -s /usr/share/odc-agent/extension/chromium {EXTENSIONS}/odc-agent"
    )
    tls, pin = make_certificate(tmp_path)
    profile = machine.shared / "profile"
    profile.mkdir()
    profile.chmod(0o777)
    command = (
        f"{machine.session} exec chromium --headless=new --no-sandbox --disable-gpu --no-first-run"
        f" --remote-debugging-port=0 --user-data-dir={profile}"
        f" --host-resolver-rules='MAP {LISTED} 127.0.0.1'"
        f" --ignore-certificate-errors-spki-list={pin} about:blank"
    )
    port = profile / "DevToolsActivePort"
    with (
        portal_server(tls=tls) as address,
        machine.debian.running(command, USER, tmp_path / "chromium.log"),
        sync_playwright() as playwright,
    ):
        machine.debian.wait_for(f"test -s {port}")
        number = port.read_text().split()[0]
        browser = playwright.chromium.connect_over_cdp(f"http://127.0.0.1:{number}")
        page = browser.contexts[0].new_page()
        page.goto(f"https://{LISTED}:{address.rpartition(':')[2]}/")
        page.wait_for_function("() => window.odc !== undefined")
        assert page.evaluate("() => odc.status()")["state"] == "ready"
        found = page.evaluate("() => odc.certificates({ use: 'signing' })")
        [signing] = found
        assert signing["organisation"] == Holder().organisation
        return signing["thumbprint"]


def an_upgrade_keeps_all_and_replaces_the_agent(machine, thumbprint):
    """In the same session and process, with settings, what sites may do, and a renewal under way."""
    first = machine.status()
    machine.agent("sites", "deny", "https://forum.example")
    machine.agent("config", "set", "reminders.quiet_hours", "22:00-08:00")
    machine.debian(f"chown -R {USER} {machine.desk.dossier}")
    folder = str(machine.desk.dossier)
    said = machine.agent(
        "renew", "--thumbprint", thumbprint, "--no-wait", "--pin-stdin",
        "--applicant", f"{folder}/applicant.json", "--documents", folder,
        stdin=f"{Holder().pin}\n", check=False,
    )  # fmt: skip
    kept = user_data(machine)
    assert kept["renewals"], said

    newer_package = newer(machine.shared / "old.deb", "0.1.1", machine.shared)
    machine.debian(f"dpkg -i {newer_package}")
    machine.debian.wait_for(
        f"{machine.session} ODC_NO_START=1 odc-agent status --json | grep -q '\"0.1.1\"'", USER
    )
    second = machine.status()
    assert second["pid"] == first["pid"], "the same session goes on with the new version"
    assert second["started"] > first["started"]
    assert user_data(machine) == kept

    machine.desk.run("sandbox", "approve", kept["renewals"][0]["id"])
    renewed = machine.agent(
        "renew", "--thumbprint", thumbprint, "--pin-stdin", stdin=f"{Holder().pin}\n"
    )
    assert json.loads(machine.agent("renewals", "--json"))["renewals"][0]["state"] == "installed", (
        renewed
    )


def user_data(machine) -> dict:
    """What the user set, allowed and began, as the agent tells it."""
    words = {
        "settings": ("config", "show"),
        "decisions": ("sites", "list"),
        "renewals": ("renewals",),
    }
    return {
        name: json.loads(machine.agent(*command, "--json"))[name] for name, command in words.items()
    }


def in_home(machine) -> str:
    return machine.debian(f"cd /home/{USER} && find . -type f | grep -v '^./.cache' | sort")
