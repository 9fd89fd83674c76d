// The extension's background: joins the pages that ask to the one native host.
// It keeps no state that must outlive it; a browser may end it whenever nothing is under way.

import { Client } from "./client.js";
import { NativeLink } from "./native.js";
import { isOwnPage, OwnPage } from "./own.js";
import { Policy } from "./policy.js";
import { originOf } from "./requests.js";
import { keepSitesInStep, listedSites } from "./sites.js";
import { Trace } from "./trace.js";
import { WebEidSites } from "./web-eid-sites.js";

const api = globalThis.browser ?? globalThis.chrome;
/** Only a developer build runs on pages without https. */
const isDeveloper = listedSites(api).some((pattern) => pattern.startsWith("http:"));
const clients = new Set();
const policy = new Policy(api);
const trace = new Trace(api, policy, (method, params) => {
  if (link.isOpen) {
    link.request(method, params, () => {});
  }
});

const link = new NativeLink(api, {
  isWatching: () => [...clients].some((client) => client.isWatching),
  traces: () => trace.isOn,
  trace: (params) => trace.host(params),
  renewal: (change) => clients.forEach((client) => client.renewalChanged(change)),
  renewalLost: (...lost) => clients.forEach((client) => client.renewalLost(...lost)),
  loss: (error) => clients.forEach((client) => client.watchesLost(error)),
});

api.runtime.onConnect.addListener((port) => {
  if (isOwnPage(api, port.sender)) {
    const page = new OwnPage(port, link, trace);
    port.onMessage.addListener((message) => page.receive(message));
    port.onDisconnect.addListener(() => page.leave());
    return;
  }
  const client = new Client(port, link, trace, { isDeveloper, policy });
  clients.add(client);
  port.onMessage.addListener(async (message) => {
    await policy.ready; // in the order they came
    if (clients.has(client)) {
      client.receive(message);
    }
  });
  port.onDisconnect.addListener(() => {
    clients.delete(client);
    client.leave();
  });
});

const webEid = new WebEidSites(api, policy);
api.runtime.onMessage.addListener((message, sender, respond) => {
  if (message?.question !== "web-eid") {
    return false;
  }
  const origin = originOf(sender, { isDeveloper });
  Promise.resolve(origin !== null && webEid.isOn(origin)).then(respond, () => respond(false));
  return true; // the answer comes later
});

keepSitesInStep(api);
