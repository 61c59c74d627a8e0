// `test` with one server per Playwright worker, accounts that use it, and a monitor of all pages.

import { test as base, expect } from '@playwright/test';

import { Accounts } from './accounts.js';
import { PageMonitor } from './page-monitor.js';
import { Server, sqlite } from './server.js';

export { expect };

export const test = base.extend({
  /** A server on SQLite with the demo data. */
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

  monitor: async ({ baseURL }, use) => {
    const monitor = new PageMonitor(baseURL);
    await use(monitor);
    monitor.verify();
  },

  context: async ({ context, monitor }, use) => {
    monitor.watch(context);
    await use(context);
  },

  /** Other accounts: `accounts.participant()`, `accounts.organizer()`, each with a session and a browser. */
  accounts: async ({ playwright, browser, baseURL, server, monitor }, use) => {
    const accounts = new Accounts({ playwright, browser, baseURL, store: server.store, monitor });
    await use(accounts);
    await accounts.close();
  },
});
