"""A whole renewal on a token that can be pulled out: authority, agent and pcscd, all real."""

from __future__ import annotations

import time

import pytest
from applicant import Applicant

from agent.api.client import CallError
from agent.ground.reports import ReportedError
from sandbox.authority.dossier import write_sample_dossier
from sandbox.desk.desk import Desk, Holder
from sandbox.usb_token.drawer import DEFAULT_NAME
from sandbox.usb_token.opensc import opensc_module

pytestmark = pytest.mark.timeout(90)

HOLDER = Holder()


class UsbRenewalDesk(Desk):
    """A desk whose token is a virtual USB Key seen through OpenSC."""

    def issue_usb_token(self, *options: str) -> None:
        self.run(
            "sandbox", "issue-token", "--usb-token", DEFAULT_NAME, "--pin-stdin",
            "--organisation", HOLDER.organisation, "--uscc", HOLDER.uscc, *options,
            stdin=f"{HOLDER.pin}\n".encode(),
        )  # fmt: skip

    def configure_for_opensc(self, authority_url: str) -> None:
        self.configure_agent(authority_url, extra="[reminders]\nnotifications = false\n")
        file = self.folder / "config.toml"
        lines = file.read_text("utf-8").splitlines()
        kept = [line for line in lines if not line.startswith(("path =", "environment ="))]
        module = kept.index("[[module]]") + 1
        kept.insert(module, f'path = "{opensc_module()}"')
        file.write_text("\n".join(kept) + "\n", "utf-8")

    def plug(self) -> None:
        self.run("sandbox", "usb-token", "plug")

    def pull(self) -> None:
        self.run("sandbox", "usb-token", "pull")


@pytest.fixture
def desk(request, pcscd, authority, short_folder):
    runtime = short_folder / "run"
    runtime.mkdir(mode=0o700)
    folder = short_folder / "odc"
    (folder / "sandbox").mkdir(parents=True, mode=0o700)
    environment = {"XDG_RUNTIME_DIR": str(runtime), "ODC_LANGUAGE": "zh_CN"}
    with UsbRenewalDesk(folder, environment=environment) as desk:
        desk.home.authority.write_bytes(authority)
        options = getattr(request, "param", ())
        running = desk.start_authority("--approve-after", "0.2", "--retry-after", "1", *options)
        desk.issue_usb_token("--expired-days", "961")
        write_sample_dossier(desk.dossier)
        desk.configure_for_opensc(running.url)
        yield desk


def certificates(client) -> dict[str, dict]:
    tokens = client.call("tokens.list", {"refresh": True})["tokens"]
    return {c["thumbprint"]: c for token in tokens for c in token["certificates"]}


def wait_until_seen(client, count: int) -> None:
    deadline = time.monotonic() + 10
    while len(certificates(client)) != count:
        assert time.monotonic() < deadline, certificates(client)
        time.sleep(0.1)


def test_an_expired_certificate_on_a_usb_token_is_renewed(desk):
    desk.start_agent("--no-tray")
    with desk.client() as client:
        applicant = Applicant(desk, client)
        assert applicant.signing_certificate()["days_left"] == -961
        installed = applicant.go_on(applicant.start())
        assert installed["state"] == "installed"
        desk.pull()
        wait_until_seen(client, 0)
        desk.plug()
        wait_until_seen(client, 4)  # the old pair stays, the new one joins it
        assert certificates(client)[installed["new_thumbprint"]]["status"] == "valid"


@pytest.mark.parametrize(
    "desk", [("--key-type", "ec:secp256r1", "--key-type", "rsa:2048")], indirect=True
)
def test_a_key_is_made_of_the_first_kind_the_token_can_do(desk):
    desk.start_agent("--no-tray")
    with desk.client() as client:
        applicant = Applicant(desk, client)
        assert applicant.go_on(applicant.start())["state"] == "installed"


def test_the_new_certificate_is_seen_at_once(desk):
    desk.start_agent("--no-tray")
    with desk.client() as client:
        applicant = Applicant(desk, client)
        installed = applicant.go_on(applicant.start())
        while not (tokens := client.call("tokens.list")["tokens"])[0]["certificates"][2:]:
            client.next_notification()
        assert installed["new_thumbprint"] in [
            c["thumbprint"] for t in tokens for c in t["certificates"]
        ]


def test_a_token_pulled_while_the_pin_is_awaited_is_waited_for(desk):
    desk.start_agent("--no-tray")
    with desk.client() as client:
        applicant = Applicant(desk, client)
        renewal = applicant.start()
        applicant.go_on(renewal, until="PIN")
        desk.pull()
        assert f"“{renewal['token_label']}”" in applicant.wait_for(renewal, "TOKEN")["text"]
        with pytest.raises(CallError) as refused:
            client.call("renewals.pin", {"id": renewal["id"]})
        assert refused.value.code == "token_missing"
        desk.plug()
        applicant.wait_for(renewal, "PIN")
        assert applicant.go_on(renewal)["state"] == "installed"


def test_a_wrong_pin_is_said_and_not_retried(desk):
    desk.start_agent("--no-tray")
    with desk.client() as client:
        applicant = Applicant(desk, client)
        renewal = applicant.start()
        applicant.go_on(renewal, until="PIN")
        with pytest.raises(ReportedError) as refused:
            applicant.enter_pin(renewal, "000000")
        assert refused.value.code == "pin_incorrect"
        assert applicant.go_on(renewal)["state"] == "installed"
