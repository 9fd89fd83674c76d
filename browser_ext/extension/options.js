// The options page: where the extension runs, and what the agent was told about which site.

import { api, ask, element, look, message, sentences, translatePage } from "./ask.js";
import { allowedSites, listedSites, patternOf } from "./sites.js";

const find = (id) => document.getElementById(id);

async function showSites() {
  const listed = listedSites(api).map((pattern) => siteRow(pattern, message("listed")));
  const allowed = (await allowedSites(api)).map((pattern) => siteRow(pattern, "", remove(pattern)));
  find("runs").replaceChildren(...listed, ...allowed);
}

function siteRow(site, note, button = null) {
  const text = element("div", {}, element("span", { text: site }));
  if (note) {
    text.append(element("small", { text: note }));
  }
  return element("li", { "data-site": site }, text, ...(button ? [button] : []));
}

function remove(pattern) {
  const button = element("button", { type: "button", text: message("remove") });
  button.addEventListener("click", async () => {
    await api.permissions.remove({ origins: [pattern] });
    await showSites();
  });
  return button;
}

find("add").addEventListener("submit", async (event) => {
  event.preventDefault();
  const typed = find("address").value.trim();
  const pattern = patternOf(typed.includes("://") ? typed : `https://${typed}`);
  find("error").hidden = pattern !== null;
  find("error").textContent = message("https_only");
  if (pattern && (await api.permissions.request({ origins: [pattern] }))) {
    find("address").value = "";
    await showSites();
  }
});

async function showDecisions() {
  try {
    const { decisions } = await look("browser.sites");
    find("decisions").replaceChildren(...[...byOrigin(decisions)].map(decisionRow));
    find("state").textContent = decisions.length > 0 ? "" : message("nothing_decided");
  } catch (error) {
    find("state").textContent = sentences(error);
  }
}

function byOrigin(decisions) {
  const found = new Map();
  decisions.forEach((d) => found.set(d.origin, [...(found.get(d.origin) ?? []), d]));
  return found;
}

function decisionRow([origin, decisions]) {
  const words = decisions.map(
    ({ action, decision }) => `${message(`action_${action}`)}: ${message(`decision_${decision}`)}`,
  );
  const button = element("button", { type: "button", text: message("withdraw") });
  button.addEventListener("click", async () => {
    await ask("browser.withdraw", { origin }).catch(() => {}); // gone already: the list says so
    await showDecisions();
  });
  return siteRow(origin, words.join(" · "), button);
}

translatePage();
document.title = message("name");
api.permissions.onAdded.addListener(showSites);
api.permissions.onRemoved.addListener(showSites);
showSites();
showDecisions();
