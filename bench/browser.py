"""``certificates()`` from a page to its answer in Chromium, beside a bare host that only echoes.

The echo's extension has the same pattern, content script, worker, one native port, and nothing else;
its host is a loop over standard input. Both run in one browser and take turns.
"""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import sys
from pathlib import Path

from bench.tables import print_times

sys.path.append(str(Path(__file__).parents[1] / "tests/browser"))

from chromium import Desk, chromium, portal_server, short_folder

from native_host.identity import CHROMIUM_KEY, extension_id
from sandbox.desk.desk import Desk as AgentDesk

ROUNDS = 100
ECHO_KEY = CHROMIUM_KEY[:-12] + "AwEAAQAAAAAB"[:12]
"""Any other key gives another id; nobody checks that it is a good one."""
HOST = "org.odc.echo"
HOST_SCRIPT = f"""#!{sys.executable} -IS
import sys
read, write = sys.stdin.buffer, sys.stdout.buffer
while header := read.read(4):
    write.write(header + read.read(int.from_bytes(header, sys.byteorder)))
    write.flush()
"""
CONTENT = """
let port = null;
addEventListener("message", (event) => {
  if (event.source !== window || event.data.echo !== "request") return;
  port ??= open();
  port.postMessage(event.data.body);
});
function open() {
  const opened = chrome.runtime.connect();
  opened.onMessage.addListener((body) => postMessage({ echo: "reply", body }, location.origin));
  return opened;
}
"""
WORKER = f"""
let native = null;
let page = null;
chrome.runtime.onConnect.addListener((port) => {{
  page = port;
  port.onMessage.addListener((body) => {{
    native ??= open();
    native.postMessage(body);
  }});
}});
function open() {{
  const opened = chrome.runtime.connectNative("{HOST}");
  opened.onMessage.addListener((body) => page.postMessage(body));
  return opened;
}}
"""
MEASURE = """async ([rounds, body]) => {
  const echo = () => new Promise((resolve) => {
    const receive = ({ data }) => {
      if (data.echo === "reply") { removeEventListener("message", receive); resolve(); }
    };
    addEventListener("message", receive);
    postMessage({ echo: "request", body }, location.origin);
  });
  const calls = { certificates: () => odc.certificates(), status: () => odc.status(), echo };
  const times = { certificates: [], status: [], echo: [] };
  for (let n = -5; n < rounds; n += 1) {
    for (const [name, call] of Object.entries(calls)) {
      const before = performance.now();
      await call();
      if (n >= 0) times[name].push(performance.now() - before);
      await new Promise((later) => setTimeout(later, 30));
    }
  }
  return times;
}"""


def main() -> None:
    """Print the table."""
    asyncio.run(_measure())


async def _measure() -> None:
    with short_folder() as folder, portal_server() as portal:
        desk = Desk(folder)
        desk.build_extension()
        desk.register_host()
        echo = _write_echo(desk)
        with AgentDesk(desk.odc_home, environment=desk.environment) as agent_desk:
            url = agent_desk.start_authority().url
            agent_desk.issue_token("--expired-days", "961")
            agent_desk.configure_agent(url, extra="[reminders]\nnotifications = false\n")
            agent_desk.start_agent("--no-tray")
            both = f"{desk.extension},{echo}"
            options = (f"--load-extension={both}", f"--disable-extensions-except={both}")
            async with chromium(desk, *options) as context:
                page = await context.new_page()
                await page.goto(portal)
                await page.wait_for_function("window.odc !== undefined")
                body = {"certificates": await page.evaluate("odc.certificates()")}
                times = await page.evaluate(MEASURE, [ROUNDS, body])
    names = {
        "certificates": "certificates(), page to answer",
        "status": "status(), page to answer",
        "echo": "bare echo host, an answer of that size",
    }
    print_times(f"in Chromium, {ROUNDS} rounds", {names[name]: t for name, t in times.items()})
    ours, theirs = (statistics.median(times[name]) for name in ("certificates", "echo"))
    print(f"certificates() is {ours / theirs:.2f} of the bare echo (goal 1.5)")


def _write_echo(desk: Desk) -> Path:
    """Write the echo's extension and register its host; return the extension's folder."""
    folder = desk.folder / "echo"
    folder.mkdir()
    script = {"matches": ["http://localhost/*"], "js": ["content.js"], "run_at": "document_start"}
    manifest = {
        "manifest_version": 3,
        "name": "echo",
        "version": "1",
        "key": ECHO_KEY,
        "permissions": ["nativeMessaging"],
        "background": {"service_worker": "worker.js"},
        "content_scripts": [script],
    }
    (folder / "manifest.json").write_text(json.dumps(manifest))
    (folder / "content.js").write_text(f"(() => {{{CONTENT}}})();")
    (folder / "worker.js").write_text(WORKER)
    host = desk.folder / "echo-host"
    host.write_text(HOST_SCRIPT)
    host.chmod(0o755)
    allowed = [f"chrome-extension://{extension_id(ECHO_KEY)}/"]
    registered = {
        "name": HOST, "description": "echo", "path": os.fspath(host), "type": "stdio",
        "allowed_origins": allowed,
    }  # fmt: skip
    desk.host_manifest.with_name(f"{HOST}.json").write_text(json.dumps(registered))
    return folder
