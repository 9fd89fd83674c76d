"""The configuration that counts is the one in the files: what each change of them does to a running agent."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from applicant import PIN, Applicant

from agent.api.client import CallError, Client
from agent.system.runtime import BROWSER_SOCKET, runtime_folder
from agent.system.starting import connect
from agent.tokens.pin import send_pin

pytestmark = pytest.mark.timeout(90)

SITE = "https://www.example.gov.cn"
PORTAL = {"name": "样例", "url": "https://portal.example"}


@pytest.fixture
def client(desk):
    """A client of the running agent that hears of everything."""
    desk.start_agent("--no-tray")
    with desk.client() as client:
        client.call("events.subscribe")
        yield client


class File:
    """The user's configuration, as an editor sees it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def text(self) -> str:
        return self.path.read_text("utf-8")

    def save(self, text: str) -> None:
        """Put a new file into the old one's place, as editors and packages do."""
        new = self.path.with_suffix(".new")
        new.parent.mkdir(parents=True, exist_ok=True)
        new.write_text(text, "utf-8")
        new.replace(self.path)

    def replace(self, old: str, new: str) -> None:
        assert old in self.text
        self.save(self.text.replace(old, new))

    def prepend(self, text: str) -> None:
        self.save(f"{text}\n{self.text}")


@pytest.fixture
def config(desk):
    return File(desk.folder / "config.toml")


@pytest.fixture
def policy(desk):
    return File(desk.folder / "policy.toml")


def changed(client, key):
    """Wait until the agent tells that ``key`` has changed: by itself, nobody asks it for anything."""
    for told in client.notifications():
        event = told["params"]
        if event["event"] == "settings_changed" and key in event["keys"]:
            return


def until(look, wanted):
    """Wait, not for long, until ``look`` returns what is wanted."""
    deadline = time.monotonic() + 20
    while (seen := look()) != wanted:
        assert time.monotonic() < deadline, seen
        time.sleep(0.05)


def without_table(text, name):
    """Return a configuration without its ``[[name]]``."""
    before, _, rest = text.partition(f"[[{name}]]\n")
    _, bracket, after = rest.partition("\n[")
    return f"{before}{bracket[1:]}{after}"


def ask_as(desk, site):
    """Return how many certificates a site is shown, or the code of the refusal."""
    folder = runtime_folder(desk.environment)
    with Client(connect(BROWSER_SOCKET, start=False, folder=folder), "test") as browser:
        try:
            found = browser.call("browser.certificates", {"origin": site})
        except CallError as error:
            return error.code
    return len(found["certificates"])


def codes(client):
    return [problem["code"] for problem in client.call("agent.status")["problems"]]


def due(client):
    found = client.call("settings.get")["settings"]
    return {setting["key"] for setting in found if setting["needs_restart"]}


def test_sites_are_allowed_and_denied_as_the_file_says_now(desk, client, config, policy):
    config.replace('allow = ["http', f'allow = ["{SITE}", "http')
    changed(client, "browser.allow")
    assert ask_as(desk, SITE) == 2
    policy.save(f'[browser]\ndeny = ["{SITE}"]\n')
    changed(client, "browser.deny")
    assert ask_as(desk, SITE) == "consent_denied"
    policy.path.unlink()
    changed(client, "browser.deny")
    assert ask_as(desk, SITE) == 2
    assert due(client) == set()


def test_portals_and_reminders_are_those_of_the_file(client, config):
    config.save(f'{config.text}[[portal]]\nname = "样例"\nurl = "{PORTAL["url"]}"\n')
    changed(client, "portal")
    assert client.call("portals.list") == {"portals": [PORTAL]}
    config.replace("[reminders]\n", "[reminders]\nthresholds = [5]\n")
    changed(client, "reminders.thresholds")
    assert due(client) == set()


def test_numbers_of_organisations_and_trust_are_those_of_the_file(desk, client, config):
    def certificate():
        [token] = client.call("tokens.list", {"refresh": True})["tokens"]
        return token["certificates"][0]

    assert certificate()["chain"]["state"] == "trusted"
    config.save(without_table(config.text, "authority"))
    changed(client, "authority")
    assert certificate()["chain"]["state"] != "trusted"
    config.prepend(f"trust_store = {json.dumps(str(desk.folder / 'sandbox' / 'ca.pem'))}")
    changed(client, "trust_store")
    assert certificate()["chain"]["state"] == "trusted"


def test_a_driver_that_goes_is_let_go_of_and_one_that_comes_is_served(desk, client, config):
    def served():
        return [
            each["state"] for each in client.call("modules.list", {"refresh": False})["modules"]
        ]

    def tokens():
        return client.call("agent.status")["tokens"]

    until(tokens, 1)
    whole = config.text
    config.save(f"module = []\n{without_table(whole, 'module')}")
    until(tokens, 0)
    assert served() == []
    config.save(whole)
    until(tokens, 1)
    assert served() == ["well"]
    assert due(client) == set()


def test_a_driver_stays_while_a_pin_is_entered_on_it(desk, client, config):
    applicant = Applicant(desk, client)
    renewal = applicant.start()
    applicant.go_on(renewal, until="PIN")
    prompt = client.call("renewals.pin", {"id": renewal["id"]})
    config.save(f"module = []\n{without_table(config.text, 'module')}")
    changed(client, "module")
    time.sleep(1)
    assert client.call("agent.status")["tokens"] == 1
    send_pin(prompt["endpoint"], bytearray(PIN.encode()))
    until(lambda: client.call("agent.status")["tokens"], 0)
    assert applicant.get(renewal)["state"] not in {"drafting", "signing"}, "the step was finished"


def test_a_table_of_drivers_counts_when_it_is_saved_and_stays_while_it_is_broken(
    desk, client, config
):
    def listed():
        answer = client.call("modules.list", {"refresh": False})
        return {each["name"] for each in (*answer["modules"], *answer["left_out"])}

    def problems():
        answer = client.call("modules.list", {"refresh": False})
        return [problem["code"] for problem in answer["problems"]]

    config.prepend("discover_modules = true")
    changed(client, "discover_modules")
    assert "厂商" not in listed()
    library = desk.folder / "vendor.so"
    library.write_bytes(Path("/usr/lib/softhsm/libsofthsm2.so").read_bytes())
    table = File(desk.folder / "modules.d" / "vendor.toml")
    table.save(f'[[module]]\nname = "厂商"\nlinux = ["{library}"]\n')
    until(lambda: "厂商" in listed(), True)
    table.save('[[module]]\nname = "厂')
    until(problems, ["module_file_invalid"])
    assert "厂商" in listed(), "what it said before is used"
    table.path.unlink()
    until(lambda: "厂商" in listed(), False)
    assert problems() == []


@pytest.mark.parametrize("broken", ["[reminders", "langauge = 'en'", "poll_seconds = 'often'"])
def test_an_invalid_file_leaves_the_last_good_one_in_force_and_is_told(client, config, broken):
    good = config.text
    config.prepend(f"{broken}\n")
    until(lambda: codes(client), ["config_not_used"])
    assert client.call("settings.get")["problems"]
    assert client.call("sites.list")["allow"] == ["http://localhost:*"]
    config.save(good)
    until(lambda: codes(client), [])


def test_a_file_that_is_being_written_counts_once_it_is_whole(client, config):
    good = config.text
    with config.path.open("w", encoding="utf-8") as opened:
        # Valid by itself, and nothing anybody has meant: no token, no authority, no site.
        opened.write("poll_seconds = 0.4\n")
        opened.flush()
        time.sleep(0.6)
        assert client.call("sites.list")["allow"] == ["http://localhost:*"]
        held = {s["key"]: s["value"] for s in client.call("settings.get")["settings"]}
        assert (held["poll_seconds"], len(held["authority"])) == (0.5, 1)
        opened.write(good.replace("poll_seconds = 0.5\n", ""))
    changed(client, "poll_seconds")
    assert client.call("sites.list")["allow"] == ["http://localhost:*"]


def test_a_renewal_whose_authority_has_gone_waits_and_goes_on_when_it_is_back(desk, client, config):
    applicant = Applicant(desk, client)
    renewal = applicant.start()
    applicant.go_on(renewal, until="SMS_CODE")
    whole = config.text
    config.save(without_table(whole, "authority"))
    waiting = applicant.wait_for(renewal, "NETWORK")
    assert waiting["error"] == "authority_gone"
    assert "沙盒证书服务中心" in waiting["error_text"]
    with pytest.raises(CallError) as refused:
        client.call("renewals.send_sms", {"id": renewal["id"]})
    assert refused.value.code == "authority_gone"
    config.save(whole)
    assert applicant.go_on(renewal)["state"] == "installed"


def test_an_authority_that_moves_is_asked_where_it_is_now(desk, client, config):
    applicant = Applicant(desk, client)
    config.replace(desk.authority_url, "https://127.0.0.1:9")
    changed(client, "authority")
    renewal = applicant.start()
    assert applicant.wait_for(renewal, "NETWORK")["error"] == "authority_unreachable"
    config.replace("https://127.0.0.1:9", desk.authority_url)
    assert applicant.go_on(renewal, until="APPLICANT")["waiting"] == "APPLICANT"


def test_what_the_agent_does_at_its_start_says_that_it_needs_another(client, config):
    config.replace("[browser]\n", "[browser]\nregister = false\n")
    changed(client, "browser.register")
    assert due(client) == {"browser.register"}
    config.replace("register = false\n", "")
    changed(client, "browser.register")
    assert due(client) == set()
