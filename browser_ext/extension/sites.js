// Sites beyond the listed portals: each the user allowed is a host permission of the browser's, and
// the content script is registered for exactly those. The browser keeps both.

const SCRIPT = "allowed-sites";
/** What runs on each site; the second stays silent where nobody switched it on. */
export const SCRIPTS = ["content.js", "web-eid.js"];

/**
 * Register the content script for the sites allowed now, and again whenever they change.
 *
 * Looked at whenever the worker starts, too: an event may have been lost. One registration follows
 * the other, or two that run at once would take each other's script away.
 */
export function keepSitesInStep(api) {
  let last = Promise.resolve();
  const renew = () => {
    last = last.then(() => register(api)).catch((error) => console.error("sites", error));
    return last;
  };
  renew();
  api.permissions.onAdded.addListener(renew);
  api.permissions.onRemoved.addListener(renew);
  api.runtime.onInstalled.addListener(renew);
  api.runtime.onStartup?.addListener(renew);
}

/** Match patterns of the portals every build runs on. */
export function listedSites(api) {
  return api.runtime.getManifest().content_scripts.flatMap((script) => script.matches);
}

/** Match patterns of the sites the user allowed. */
export async function allowedSites(api) {
  const listed = new Set(listedSites(api));
  const { origins = [] } = await api.permissions.getAll();
  return origins.filter((pattern) => !listed.has(pattern)).sort();
}

/** The match pattern of an address's one site, or null where the extension cannot run there. */
export function patternOf(address) {
  if (!URL.canParse(address)) {
    return null;
  }
  const { protocol, hostname } = new URL(address);
  const isOne = hostname !== "" && !hostname.includes("*"); // an address may have one, a site none
  return protocol === "https:" && isOne ? `https://${hostname}/*` : null;
}

/** Whether a match pattern of ours (a scheme, a host that may start with `*.`, all paths) fits. */
export function fits(pattern, address) {
  const [, scheme, host] = /^(https?):\/\/([^/]+)\/\*$/.exec(pattern) ?? [];
  if (!scheme || !URL.canParse(address)) {
    return false;
  }
  const { protocol, hostname } = new URL(address);
  const isBelow = host.startsWith("*.") && `.${hostname}`.endsWith(host.slice(1));
  return protocol === `${scheme}:` && (hostname === host || isBelow);
}

async function register(api) {
  const matches = await allowedSites(api);
  const [known] = await api.scripting.getRegisteredContentScripts({ ids: [SCRIPT] });
  if (isSame(known?.matches ?? [], matches)) {
    return;
  }
  if (known) {
    await api.scripting.unregisterContentScripts({ ids: [SCRIPT] });
  }
  if (matches.length > 0) {
    const script = { id: SCRIPT, matches, js: SCRIPTS, runAt: "document_start" };
    await api.scripting.registerContentScripts([{ ...script, allFrames: false }]);
  }
}

function isSame(some, others) {
  return JSON.stringify([...some].sort()) === JSON.stringify([...others].sort());
}
