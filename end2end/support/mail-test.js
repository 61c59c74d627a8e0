// `test` with a server that sends mail, and with what it has sent.

import { MailServer } from './mail-server.js';
import { Server, sqlite } from './server.js';
import { expect, test as base } from './test.js';

export { expect };

export const test = base.extend({
  mail: [
    async ({}, use) => {
      const mail = await MailServer.start();
      await use(mail);
      mail.stop();
    },
    { scope: 'worker' },
  ],

  /** A server that sends mail. */
  server: [
    async ({ mail }, use) => {
      const store = sqlite();
      store.env = { ...store.env, SMTP_URL: mail.url, SMTP_FROM: 'Mini Compete <post@compete.test>' };
      try {
        const server = await Server.start(store);
        await use({ url: server.url, store });
        await server.stop();
      } finally {
        store.remove();
      }
    },
    { scope: 'worker', timeout: 90_000 },
  ],
});

/** Finds the path of a link with a token in a mail. */
export const link = (path) => new RegExp(`https?://[^/\\s]+(/${path}\\?token=[^\\s"<]+)`);
