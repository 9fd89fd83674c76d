// What the administrator decided: the browser's managed storage, whose schema is managed.json. It comes
// before what the user decided. The browser shows it to the extension, which has to keep it.

import { fits, listedSites } from "./sites.js";

const HOST = /^(\*\.)?[a-z0-9-]+(\.[a-z0-9-]+)*$/i;

export class Policy {
  #api;
  #values = {};
  /** Settles once the policy was read. */
  ready;

  constructor(api) {
    this.#api = api;
    this.ready = this.#read();
    api.storage.onChanged.addListener((_changes, area) => {
      if (area === "managed") {
        this.ready = this.#read();
      }
    });
  }

  /** Match patterns of the organisation's sites. */
  get sites() {
    return patterns(this.#values.sites);
  }

  /** Match patterns of the sites that may never ask. */
  get blockedSites() {
    return patterns(this.#values.blocked_sites);
  }

  /** Match patterns of the sites whose pages written for Web eID are answered. */
  get webEidSites() {
    return patterns(this.#values.web_eid_sites);
  }

  /** Whether the user may allow other sites than the organisation's. */
  get mayAddSites() {
    return this.#values.add_sites !== false;
  }

  /** Whether the developers' trace is on; null where that is the user's to say. */
  get developerMode() {
    const { developer_mode: value } = this.#values;
    return typeof value === "boolean" ? value : null;
  }

  /**
   * Whether pages of an address may not ask for one action (login, sign, decrypt), though they may ask.
   * A list of an action's sites that is there, be it empty, names all that may.
   */
  forbidsAction(address, action) {
    if (action === null) {
      return false;
    }
    const isIn = (listed) => listed.some((pattern) => fits(pattern, address));
    if (isIn(patterns(this.#values[`blocked_${action}_sites`]))) {
      return true;
    }
    const only = this.#values[`${action}_sites`];
    return Array.isArray(only) && !isIn(patterns(only));
  }

  /** Whether pages of an address may not ask, whatever the user says. */
  forbids(address) {
    const isIn = (listed) => listed.some((pattern) => fits(pattern, address));
    if (isIn(this.blockedSites)) {
      return true;
    }
    return !this.mayAddSites && !isIn([...listedSites(this.#api), ...this.sites]);
  }

  async #read() {
    try {
      this.#values = (await this.#api.storage.managed.get(null)) ?? {};
    } catch {
      this.#values = {}; // Firefox: no policy at all
    }
  }
}

/** Hosts as match patterns; Firefox holds a policy to no schema, so what is none is left out. */
function patterns(hosts) {
  const isHost = (host) => typeof host === "string" && HOST.test(host);
  const named = Array.isArray(hosts) ? hosts.filter(isHost) : [];
  return named.map((host) => `https://${host.toLowerCase()}/*`);
}
