"""Firefox's own remote protocol (Marionette), as far as the tests need it.

A message is its length in decimal digits, a colon, and JSON: ``[0, id, command, parameters]`` one
way, ``[1, id, error, result]`` the other.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from chromium import Desk
from portal_names import ALLOWED, FORBIDDEN, LISTED, OTHER

from native_host.identity import FIREFOX_ID

FIREFOX = Path("/usr/bin/firefox-esr")
START_SECONDS = 60
EXTENSION_UUID = "11111111-2222-4333-8444-555555555555"
OWN = f"moz-extension://{EXTENSION_UUID}"
PREFERENCES = {
    "marionette.port": 0,
    "network.dns.localDomains": f"{LISTED}, {ALLOWED}, {OTHER}, {FORBIDDEN}",
    "extensions.webextensions.uuids": json.dumps({FIREFOX_ID: EXTENSION_UUID}),
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.page": 0,
    "browser.aboutwelcome.enabled": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "datareporting.healthreport.uploadEnabled": False,
    "toolkit.telemetry.enabled": False,
    "app.update.enabled": False,
    "app.normandy.enabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "browser.safebrowsing.malware.enabled": False,
    "browser.safebrowsing.phishing.enabled": False,
    "services.settings.server": "data:,#remote-settings-dummy/v1",
}
# The browser's own question whether an extension may run on a site. It takes no click for a moment.
PRESS_ALLOW = """
const { PopupNotifications, document } = Services.wm.getMostRecentWindow("navigator:browser");
if (!PopupNotifications.getNotification("addon-webext-permissions")) return null;
const asking = document.getElementById("addon-webext-permissions-notification");
if (!asking || PopupNotifications.panel.state !== "open") return "";
const text = asking.textContent;
asking.button.click();
return text;
"""
# The page's own world is reached by a script element; what it says comes back as text.
EVALUATE = """
const [source, done] = arguments;
document.addEventListener("evaluated", (event) => done(event.detail), { once: true });
const script = document.createElement("script");
script.type = "module";
script.textContent = `(async () => {
  let outcome;
  try { outcome = { value: await (${source}) }; }
  catch ({ name, code, message }) { outcome = { value: { name, code, message } }; }
  document.dispatchEvent(new CustomEvent("evaluated", { detail: JSON.stringify(outcome) }));
})()`;
document.documentElement.append(script);
"""


END_WORKER = """
const [id, done] = arguments;
const { extension } = WebExtensionPolicy.getByID(id);
extension.terminateBackground({ disableResetIdleForTest: true }).then(() => done(), done);
"""
LOADED = "return document.readyState === 'complete'"
OPEN_OWN = """
const window = Services.wm.getMostRecentWindow("navigator:browser");
const triggeringPrincipal = Services.scriptSecurityManager.getSystemPrincipal();
window.gBrowser.selectedTab = window.gBrowser.addTab(arguments[0], { triggeringPrincipal });
"""


class MarionetteError(Exception):
    """Firefox refused a command."""


class Marionette:
    """A session with one Firefox, used by one thread."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=120)
        self._stream = self._socket.makefile("rb")
        self._ids = itertools.count(1)
        self._receive()  # it says hello first
        timeouts = {"script": 60_000, "pageLoad": 60_000, "implicit": 20_000}
        self.call("WebDriver:NewSession", timeouts=timeouts, acceptInsecureCerts=True)

    def call(self, command: str, **parameters: object) -> object:
        data = json.dumps([0, next(self._ids), command, parameters]).encode()
        self._socket.sendall(b"%d:%s" % (len(data), data))
        _kind, _id, error, result = self._receive()
        if error:
            raise MarionetteError(f"{command}: {error['error']}: {error['message']}")
        return result["value"] if isinstance(result, dict) and set(result) == {"value"} else result

    def open(self, address: str) -> str:
        """Open an address in a new tab and return its handle."""
        handle = self.call("WebDriver:NewWindow", type="tab")["handle"]
        self.switch(handle)
        self.call("WebDriver:Navigate", url=address)
        return handle

    def open_own(self, address: str) -> str:
        """Open a page of the extension, which only Firefox itself may navigate to."""
        before = set(self.call("WebDriver:GetWindowHandles"))
        self.call("Marionette:SetContext", value="chrome")
        self.call("WebDriver:ExecuteScript", script=OPEN_OWN, args=[address])
        self.call("Marionette:SetContext", value="content")
        while not (new := set(self.call("WebDriver:GetWindowHandles")) - before):
            time.sleep(0.02)
        self.switch(*new)
        # The tab begins as an empty one in another process.
        while self.call("WebDriver:GetCurrentURL") != address or not self.script(LOADED):
            time.sleep(0.02)
        return new.pop()

    def press_allow(self) -> str:
        """Press what the browser itself asks, as soon as it does; return what it said."""
        self.call("Marionette:SetContext", value="chrome")
        said = ""
        deadline = time.monotonic() + START_SECONDS
        while (
            now := self.call("WebDriver:ExecuteScript", script=PRESS_ALLOW, args=[])
        ) or not said:
            said = now or said
            assert time.monotonic() < deadline, "the browser asks nothing"
            time.sleep(0.05)
        self.call("Marionette:SetContext", value="content")
        return said

    def end_worker(self) -> None:
        """End the extension's background, as Firefox does when nothing happens for a while."""
        self.call("Marionette:SetContext", value="chrome")
        self.call("WebDriver:ExecuteAsyncScript", script=END_WORKER, args=[FIREFOX_ID])
        self.call("Marionette:SetContext", value="content")

    def switch(self, handle: str) -> None:
        self.call("WebDriver:SwitchToWindow", handle=handle, focus=True)

    def close_tab(self) -> None:
        self.switch(self.call("WebDriver:CloseWindow")[0])

    def evaluate(self, source: str) -> object:
        """Evaluate an expression in the page's world; an error comes back as name, code, message."""
        text = self.call("WebDriver:ExecuteAsyncScript", script=EVALUATE, args=[source])
        return json.loads(text).get("value")

    def script(self, source: str) -> object:
        """Run a script on an extension's own page, whose policy allows no inline ones."""
        return self.call("WebDriver:ExecuteScript", script=source, args=[])

    def element(self, selector: str) -> str:
        found = self.call("WebDriver:FindElement", using="css selector", value=selector)
        return next(iter(found.values()))

    def click(self, selector: str) -> None:
        self.call("WebDriver:ElementClick", id=self.element(selector))

    def type(self, selector: str, text: str) -> None:
        self.call("WebDriver:ElementSendKeys", id=self.element(selector), text=text)

    def text(self, selector: str) -> str:
        return self.call("WebDriver:GetElementText", id=self.element(selector))

    def close(self) -> None:
        self._stream.close()
        self._socket.close()

    def _receive(self) -> list:
        length = b""
        while (digit := self._stream.read(1)) != b":":
            assert digit, "Firefox has gone"
            length += digit
        return json.loads(self._stream.read(int(length)))


@contextlib.contextmanager
def firefox(desk: Desk) -> Iterator[Marionette]:
    """Firefox with the desk's extension, installed for this session, in the desk's environment."""
    profile = desk.folder / "firefox"
    profile.mkdir()
    lines = [f"user_pref({json.dumps(k)}, {json.dumps(v)});" for k, v in PREFERENCES.items()]
    (profile / "user.js").write_text("\n".join(lines))
    with (desk.folder / "firefox.log").open("wb") as log, subprocess.Popen(
        [FIREFOX, "--headless", "--marionette", "--remote-allow-system-access",
         "--no-remote", "--profile", profile],
        env={**desk.environment, "MOZ_CRASHREPORTER_DISABLE": "1"}, stdout=log, stderr=log,
    ) as process:  # fmt: skip
        try:
            session = Marionette(_port(profile, process))
            session.call("Addon:Install", path=os.fspath(desk.extension), temporary=True)
            yield session
            session.close()
        finally:
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(20)
            process.kill()


def _port(profile: Path, process: subprocess.Popen[bytes]) -> int:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError, ValueError):
            return int((profile / "MarionetteActivePort").read_text())
        time.sleep(0.05)
    raise AssertionError("Firefox does not listen")
