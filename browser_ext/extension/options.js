// The options page: where the extension runs, and what the agent was told about which site.

import { api, ask, element, look, message, sentences, translatePage } from "./ask.js";
import { Policy } from "./policy.js";
import { allowedSites, fits, listedSites, patternOf } from "./sites.js";

const policy = new Policy(api);
const find = (id) => document.getElementById(id);

async function showSites() {
  await policy.ready;
  const allowed = await allowedSites(api);
  const own = allowed.filter((pattern) => !policy.sites.includes(pattern));
  find("runs").replaceChildren(
    ...listedSites(api).map((pattern) => siteRow(pattern, message("listed"))),
    ...policy.sites.map((pattern) => managedRow(pattern, allowed.includes(pattern))),
    ...own.map((pattern) => siteRow(pattern, forbiddenNote(pattern), remove(pattern))),
    ...policy.blockedSites.map((pattern) => siteRow(pattern, message("managed_blocked"))),
  );
  find("add").hidden = !policy.mayAddSites;
  find("managed-only").hidden = policy.mayAddSites;
}

/** A site of the organisation's: offered until the user has allowed it, then locked. */
function managedRow(pattern, isAllowed) {
  const button = isAllowed ? null : action("add", () => api.permissions.request({ origins: [pattern] }));
  return siteRow(pattern, message("managed"), button);
}

function forbiddenNote(pattern) {
  return policy.forbids(pattern.slice(0, -1)) ? message("managed_blocked") : "";
}

function siteRow(site, note, button = null) {
  const text = element("div", {}, element("span", { text: site }));
  if (note) {
    text.append(element("small", { text: note }));
  }
  return element("li", { "data-site": site }, text, ...(button ? [button] : []));
}

function remove(pattern) {
  return action("remove", () => api.permissions.remove({ origins: [pattern] }));
}

/** A button for something after which the list is shown anew. */
function action(name, act) {
  const button = element("button", { type: "button", text: message(name) });
  button.addEventListener("click", async () => {
    await act();
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
  if (pattern && policy.forbids(typed.includes("://") ? typed : `https://${typed}`)) {
    find("error").hidden = false;
    find("error").textContent = message("managed_blocked");
  } else if (pattern && (await api.permissions.request({ origins: [pattern] }))) {
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
