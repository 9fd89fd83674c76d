"""A whole renewal on a real screen: the reminder's button, then nothing but the keyboard."""

from __future__ import annotations

import json
import shutil
import subprocess
from functools import partial

import pytest
from display import artefacts, desktop, eventually, missing_programs

from sandbox.authority.sms import Outbox
from sandbox.desk.desk import Desk, Holder

pytestmark = pytest.mark.timeout(240)

TITLE = "证照更新"
SUCCESS = "您的新证书已安装成功!"
FIELDS = ("id_number", "name", "address", "phone", "email")
DOCUMENTS = (
    "organisation_certificate", "id_card_front", "id_card_back", "authorisation_letter",
)  # fmt: skip
BACK_TO_SUBMIT = 10
"""From the first document over the box and the five fields, round to the last buttons."""


class Screen:
    """The desktop as a person has it: a mouse for the notice, keys and a clipboard."""

    def __init__(self, running):
        self._running = running
        self.screenshot = running.screenshot

    def press_renew_now(self):
        """Press the reminder's 立即更新; True once the window it opens has the keyboard."""
        if self._is_in_front():  # pressed before; it took its time
            return True
        return self._running.press(1) and eventually(self._is_in_front, seconds=30.0)

    def press(self, *keys):
        self._running.run("xdotool", "key", "--delay", "40", *keys)

    def type(self, text):
        """Type a text; one that no key has comes over the clipboard.

        xdotool gives a key for a moment to each such character, and a program that is slow to hear of it
        reads another one.
        """
        if text.isascii():
            self._running.run("xdotool", "type", "--delay", "25", text)
        else:
            self._copy(text, "UTF8_STRING")
            self.press("ctrl+v")

    def copy(self, file):
        """Put a file on the clipboard, as a file manager does."""
        self._copy(f"{file.as_uri()}\r\n", "text/uri-list")

    def _copy(self, text, target):
        subprocess.run(
            ["xclip", "-selection", "clipboard", "-t", target],
            input=text.encode(), env=self._running.environment,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=30, check=True,
        )  # fmt: skip

    def choose(self, file):
        """Open the desktop's own dialog, GTK's here, and name a file; True once it has been taken."""
        if not self._has_dialog():
            self.press("space")
        if not eventually(self._has_dialog, seconds=8.0):
            return False
        self.press("ctrl+l", "ctrl+a")  # its field for a name, and all that stands in it
        self.type(str(file))
        self.press("Return")
        return eventually(self._is_in_front, seconds=8.0)

    def _has_dialog(self):
        return self._title() not in ("", TITLE)

    def _is_in_front(self):
        return self._title() == TITLE

    def _title(self):
        return self._running.run("xdotool", "getactivewindow", "getwindowname").strip()


@pytest.fixture
def running():
    """A panel with a tray, a daemon that draws buttons and a window manager."""
    programs = ("xclip", "xdotool", "xfwm4")
    if missing := [*missing_programs(), *(each for each in programs if not shutil.which(each))]:
        pytest.skip(f"needs {', '.join(missing)}")
    with desktop(notifications="xfce4-notifyd", size="1280x1024") as running:
        manager = subprocess.Popen(
            ["xfwm4", "--compositor=off"], env=running.environment, stderr=subprocess.DEVNULL
        )
        try:
            yield running
        finally:
            manager.kill()
            manager.wait()


@pytest.fixture
def desk(running, short_folder, monkeypatch, prepared):
    """The authority, an expired token and the agent with its tray, on that desktop."""
    monkeypatch.setenv("ODC_LANGUAGE", "zh_CN")  # what clients in this process are told
    folder = short_folder / "odc"
    folder.mkdir()
    with Desk(folder, environment={**running.environment, "ODC_LANGUAGE": "zh_CN"}) as desk:
        prepared.lay_out(desk)
        url = desk.start_authority("--approve-after", "0.2", "--retry-after", "1").url
        desk.configure_agent(url)
        desk.start_agent()
        yield desk


class Renewal:
    """The renewal as the agent knows it."""

    def __init__(self, client):
        self._client = client

    @property
    def view(self):
        return next(iter(self._client.call("renewals.list")["renewals"]), None)

    @property
    def dossier(self):
        return self._client.call("dossiers.get", {"id": self.view["id"]})

    def waits_for(self, what):
        return self.view is not None and self.view["waiting"] == what


def until(ask):
    found = eventually(ask, seconds=60.0)
    assert found
    return found


def test_a_renewal_from_the_reminder_to_the_sentence_of_success(running, desk, tmp_path):
    screen = Screen(running)
    until(running.tray_items)
    try:
        until(screen.press_renew_now)
    finally:
        screen.screenshot(artefacts(tmp_path) / "pressed.png")
        print((desk.folder / "logs" / "agent.log").read_text("utf-8"))
    with desk.client() as client:
        renewal = Renewal(client)
        until(lambda: start(screen, renewal))
        fill_in_fields(screen, renewal, desk.dossier)
        add_scans(screen, renewal, desk.dossier)
        screen.press(*["shift+Tab"] * BACK_TO_SUBMIT)
        screen.screenshot(artefacts(tmp_path) / "dossier.png")
        screen.press("space")
        until(lambda: renewal.waits_for("PIN"))
        type_until(screen, Holder().pin, lambda: not renewal.waits_for("PIN"))
        until(lambda: renewal.waits_for("SMS_CODE"))
        code = ask_for_code(screen, Outbox(desk.home.outbox), renewal.view["id"])
        type_until(screen, code, lambda: not renewal.waits_for("SMS_CODE"))
        until(lambda: renewal.waits_for("PIN"))
        type_until(screen, Holder().pin, lambda: renewal.view["state"] == "installed")
        assert renewal.view["text"] == SUCCESS
        screen.screenshot(artefacts(tmp_path) / "renewed.png")


def start(screen, renewal):
    """Press the button that has the keyboard; True once the dossier is asked for."""
    screen.press("space")
    return eventually(lambda: renewal.waits_for("APPLICANT"), seconds=8.0)


def fill_in_fields(screen, renewal, folder):
    """Type into one field after the other; the first has the keyboard."""
    applicant = json.loads((folder / "applicant.json").read_text("utf-8"))
    for number, field in enumerate(FIELDS):
        if number:
            screen.press("Tab")
        type_until(
            screen, applicant[field], partial(_has, renewal, field, applicant[field]), end="End"
        )
    until(lambda: renewal.dossier["applicant"] == applicant)


def _has(renewal, field, value):
    return renewal.dossier["applicant"].get(field) == value


def add_scans(screen, renewal, folder):
    """Begin with the last document: the way back leads over buttons that are there already.

    Its scan is chosen in the file dialog; the others are pasted.
    """
    files = {file.stem: file for file in folder.iterdir()}
    screen.press(*["Tab"] * 2 * len(DOCUMENTS))  # over the box, to the last one's first button
    for number, name in enumerate(reversed(DOCUMENTS), 1):
        if number == 1:
            until(partial(screen.choose, files[name]))
        else:
            screen.copy(files[name])
            screen.press("ctrl+v")
        until(lambda n=number: len(renewal.dossier["scans"]) == n)
        assert name in {scan["name"] for scan in renewal.dossier["scans"]}
        if number < len(DOCUMENTS):
            screen.press("shift+Tab", *["shift+Tab"] * (number > 1))


def ask_for_code(screen, outbox, identifier):
    """Press the button that has the keyboard until a code was sent; return it."""

    def sent():
        screen.press("space")
        return eventually(lambda: outbox.messages(identifier), seconds=5.0)

    return until(sent)[-1].code


def type_until(screen, text, is_done, end="Return"):
    """Type over what is there, again where the window was not ready for it yet."""

    def typed():
        screen.press("ctrl+a")
        screen.type(text)
        screen.press(end)
        return eventually(is_done, seconds=8.0)

    until(typed)
