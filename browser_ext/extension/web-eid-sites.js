// On which sites pages written for Web eID's extension are answered: where the user switched that on, kept in
// the extension's own storage, or the administrator did. Nowhere by default.

import { fits } from "./sites.js";

const KEY = "webEidSites";

export class WebEidSites {
  #api;
  #policy;

  constructor(api, policy) {
    this.#api = api;
    this.#policy = policy;
  }

  /** Whether pages of an address are answered. */
  async isOn(address) {
    await this.#policy.ready;
    const sites = [...this.#policy.webEidSites, ...(await this.#chosen())];
    return !this.#policy.forbids(address) && sites.some((pattern) => fits(pattern, address));
  }

  /** Whether the administrator decided, so that the user cannot. */
  isLocked(address) {
    return this.#policy.webEidSites.some((pattern) => fits(pattern, address));
  }

  /** The user's switch for one site, by its match pattern. */
  async change(pattern, { isOn }) {
    const others = (await this.#chosen()).filter((known) => known !== pattern);
    await this.#api.storage.local.set({ [KEY]: isOn ? [...others, pattern] : others });
  }

  async #chosen() {
    const { [KEY]: sites } = await this.#api.storage.local.get(KEY);
    return Array.isArray(sites) ? sites.filter((pattern) => typeof pattern === "string") : [];
  }
}
