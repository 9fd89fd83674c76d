// The extension's background: joins the pages that ask to the one native host.
// It keeps no state that must outlive it; a browser may end it whenever nothing is under way.

import { Client } from "./client.js";
import { NativeLink } from "./native.js";

const api = globalThis.browser ?? globalThis.chrome;
const clients = new Set();

const link = new NativeLink(api, {
  isWatching: () => [...clients].some((client) => client.isWatching),
  onRenewal: (change) => clients.forEach((client) => client.renewalChanged(change ?? {})),
  onLoss: (error) => clients.forEach((client) => client.watchesLost(error)),
});

api.runtime.onConnect.addListener((port) => {
  const client = new Client(port, link);
  clients.add(client);
  port.onMessage.addListener((message) => client.receive(message));
  port.onDisconnect.addListener(() => {
    clients.delete(client);
    client.leave();
  });
});
