// `test` with a server of its own a worker, people who use it, and a witness who reports what no page
// may do.

import { test as base, expect } from '@playwright/test';

import { People } from './people.js';
import { Server, sqlite } from './server.js';
import { Witness } from './witness.js';

export { expect };

export const test = base.extend({
  /** Embedded SQLite, with the demo's data. */
  server: [
    async ({}, use) => {
      const store = sqlite();
      try {
        const server = await Server.start(store, '--demo');
        await use({ url: server.url, store });
        await server.stop();
      } finally {
        store.remove();
      }
    },
    { scope: 'worker', timeout: 90_000 },
  ],

  baseURL: async ({ server }, use) => use(server.url),

  witness: async ({ baseURL }, use) => {
    const witness = new Witness(baseURL);
    await use(witness);
    witness.conclude();
  },

  context: async ({ context, witness }, use) => {
    witness.watch(context);
    await use(context);
  },

  /** Others: `people.newcomer()`, `people.organizer()`, each with a session and a browser. */
  people: async ({ playwright, browser, baseURL, server, witness }, use) => {
    const people = new People({ playwright, browser, baseURL, store: server.store, witness });
    await use(people);
    await people.leave();
  },
});
