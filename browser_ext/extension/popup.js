// The popup: what is on the tokens and a button to renew, on whatever page; whether the extension may
// run on this one; and, for developers, where requests spend their time.

import { api, ask, element, look, message, sentences, translatePage } from "./ask.js";
import { allowedSites, fits, listedSites, patternOf, SCRIPTS } from "./sites.js";
import { report } from "./errors.js";
import { hops } from "./hops.js";
import { Policy } from "./policy.js";
import { WebEidSites } from "./web-eid-sites.js";

const TRACE_MS = 1000;
/** How often an open popup looks at the tokens again: one may be plugged in or still be read. */
const LOOK_MS = 2000;
const policy = new Policy(api);
const webEid = new WebEidSites(api, policy);
const find = (id) => document.getElementById(id);

/** Show what is on the tokens for as long as the agent runs; one that ended is not started anew. */
async function showCertificates() {
  let shown = null;
  try {
    for (;;) {
      const { tokens } = await look("browser.overview");
      const seen = JSON.stringify(tokens);
      if (seen !== shown) {
        showTokens(tokens);
      }
      shown = seen;
      await new Promise((done) => setTimeout(done, LOOK_MS));
      // The host answers this by itself; any other request would have it start an agent.
      const { agent } = await look("host.status");
      if (agent === null) {
        throw report("agent_lost");
      }
    }
  } catch (error) {
    say(error.code ?? "internal", sentences(error));
  }
}

function showTokens(tokens) {
  const certificates = tokens.flatMap((token) => token.certificates);
  find("certificates").replaceChildren(...certificates.filter(isSigning).map(row));
  const state = tokens.length === 0 ? "no_token" : "no_certificate";
  certificates.some(isSigning) ? say("ready", "") : say(state);
}

const isSigning = ({ use }) => use === "signing";

function say(state, text = message(`state_${state}`)) {
  find("state").dataset.state = state;
  find("state").textContent = text;
}

function row({ organisation, thumbprint, status, days_left: days }) {
  const button = element("button", { type: "button", text: message("renew") });
  button.addEventListener("click", () => renew(thumbprint, button));
  const left = element("span", { class: `days ${status}`, text: daysText(status, days) });
  const name = element("span", { class: "organisation", text: organisation });
  return element("li", { "data-thumbprint": thumbprint }, element("div", {}, name, left), button);
}

function daysText(status, days) {
  if (status === "expired") {
    return days === 0 ? message("expired_today") : message("expired", -days);
  }
  return message(days === 0 ? "last_day" : "days_left", days);
}

async function renew(thumbprint, button) {
  button.disabled = true;
  find("error").hidden = true;
  try {
    await ask("browser.open_window", { name: "renew", thumbprint });
  } catch (error) {
    find("error").textContent = sentences(error);
    find("error").hidden = false;
  }
  button.disabled = false;
}

/** Say whether the extension runs on the page under the popup, and offer to let it. */
async function showSite() {
  const [tab] = await api.tabs.query({ active: true, currentWindow: true });
  const pattern = patternOf(tab?.url ?? "");
  const known = [...listedSites(api), ...(await allowedSites(api))];
  const runs = known.some((listed) => fits(listed, tab?.url ?? ""));
  if (!pattern && !runs) {
    return;
  }
  const host = new URL(tab.url).host;
  await policy.ready;
  const isForbidden = policy.forbids(tab.url);
  const state = isForbidden ? "forbidden_here" : runs ? "runs_here" : "not_here";
  find("site").hidden = false;
  find("site-text").textContent = message(state, host);
  find("allow").hidden = runs || isForbidden;
  find("allow").addEventListener("click", () => allow(pattern, tab.id));
  await showWebEid(tab.url, pattern, { isOffered: runs && !isForbidden && pattern !== null });
}

/** Whether pages of this site that are written for Web eID's extension are answered; from their next load on. */
async function showWebEid(address, pattern, { isOffered }) {
  const control = find("web-eid-switch");
  find("web-eid").hidden = !isOffered;
  control.checked = await webEid.isOn(address);
  control.disabled = webEid.isLocked(address);
  control.title = control.disabled ? message("managed") : "";
  control.addEventListener("change", () => webEid.change(pattern, { isOn: control.checked }));
}

async function allow(pattern, tabId) {
  if (await api.permissions.request({ origins: [pattern] })) {
    await api.scripting.executeScript({ target: { tabId }, files: SCRIPTS });
    find("allow").hidden = true;
    find("site-text").textContent = message("runs_here", new URL(pattern).host);
  }
}

async function showDeveloper() {
  await policy.ready;
  const kept = await api.storage.local.get("developer");
  const developer = policy.developerMode ?? kept.developer ?? false;
  find("developer-switch").checked = developer;
  find("developer-switch").disabled = policy.developerMode !== null;
  find("developer-switch").title = policy.developerMode === null ? "" : message("managed");
  find("developer").hidden = !developer;
  if (developer) {
    await showTrace();
  }
}

async function showTrace() {
  const own = api.runtime.getManifest().version;
  const [entries, versions] = await Promise.all([
    ask("trace"),
    ask("host.status").catch(() => ({ host: "–", agent: "–" })),
  ]);
  const { host, agent } = versions;
  find("versions").textContent = message("versions", own, host, agent ?? "–");
  find("trace").replaceChildren(...entries.map(traceRow));
}

function traceRow(entry) {
  const head = `${entry.origin ?? "–"} ${entry.method} → ${entry.outcome ?? "…"}`;
  const times = hops(entry).map(({ hop, ms }) => `${message(`hop_${hop}`)} ${ms.toFixed(1)} ms`);
  return element("li", {}, element("div", { text: head }), element("small", { text: times.join(" · ") }));
}

find("developer-switch").addEventListener("change", async (event) => {
  await api.storage.local.set({ developer: event.target.checked });
  await showDeveloper();
});

translatePage();
showSite();
showCertificates();
showDeveloper();
setInterval(() => !find("developer").hidden && showTrace(), TRACE_MS);
