// Screenshots of the main pages.

import { Accounts } from '../../support/accounts.js';
import { MailServer } from '../../support/mail-server.js';
import { link } from '../../support/mail-test.js';
import { PHONE, screenshot, screenshots } from '../../support/screenshots.js';
import { Server, sqlite } from '../../support/server.js';
import { expect, test } from '../../support/test.js';
import { DEMO } from '../../support/test-data.js';

test('screenshots of the main pages', async ({ accounts, browser, baseURL, monitor, playwright }) => {
  test.setTimeout(400_000);
  const participant = await accounts.logIn(DEMO.participant);
  const organizer = await accounts.logIn(DEMO.organizer);
  await expect(async () => {
    expect((await participant.html('/me/mailbox')).match(/data-testid="message"/g)?.length).toBeGreaterThan(2);
  }, 'the messages of the demo data exist').toPass();
  const find = async (account, address, pattern) => pattern.exec(await account.html(address))[0];
  const id = /\/competitions\/[0-9a-f-]{36}/;
  const titled = (word) => find(participant, `/competitions?search=${word}`, id);
  const harbour = await titled('Harbour');
  const cancelled = new RegExp('/organize/[0-9a-f-]{36}(?=[^/]*Spring Photo Walk)');
  const ticket = await find(participant, '/me/registrations', /\/me\/registrations\/[0-9a-f-]{36}(?!\/cancel)/);
  const message = await find(participant, '/me/mailbox', /\/me\/mailbox\?message=[0-9a-f-]{36}/);
  const pages = {
    anonymous: {
      home: '/',
      browse: '/competitions',
      'competition-full': await titled('Letterpress'),
      'competition-waitlist': await titled('Chess'),
    },
    participant: {
      'competition-open': await titled('Robotics'),
      'competition-opens-soon': await titled('Relay'),
      'competition-registered': harbour,
      'competition-cancelled': (await find(organizer, '/organize', cancelled)).replace('organize', 'competitions'),
      registrations: '/me/registrations',
      ticket,
      mailbox: message,
      profile: '/me/profile',
    },
    organizer: { organize: '/organize' },
  };

  const open = async (viewer, options) => {
    if (viewer !== 'anonymous') return { participant, organizer }[viewer].open('/me/profile', options);
    const context = await browser.newContext({ baseURL, ...options });
    monitor.watch(context);
    return context.newPage();
  };
  for (const [viewer, addresses] of Object.entries(pages)) {
    await screenshots((options) => open(viewer, options), addresses);
  }
  for (const language of ['ja', 'ar']) {
    const page = await open('participant', PHONE);
    for (const name of ['competition-registered', 'ticket']) {
      await screenshot(page, `${name}-${language}`, `${pages.participant[name]}?lang=${language}`);
      await expect(page).not.toHaveURL(/lang=/);
      await expect(page.locator('html')).toHaveAttribute('lang', language);
    }
    await page.context().close();
  }
  // A new password is set behind the link of a letter, which only a site has that sends mail.
  const mail = await MailServer.start();
  const store = sqlite();
  store.env.SMTP_URL = mail.url;
  const mailing = await Server.start(store);
  const theirs = new Accounts({ playwright, browser, baseURL: mailing.url, store, monitor });
  monitor.allow(/another host/);
  try {
    const forgetful = await theirs.organizer();
    const page = await open('anonymous', {});
    await theirs.submitIn(page, 'forgot', { email: forgetful.email });
    await page.context().close();
    const reset = await mail.find(forgetful.email, link('reset'));
    await screenshots((options) => open('anonymous', options), { reset: `${mailing.url}${reset}` });
    await theirs.close();
    await mailing.stop();
  } finally {
    store.remove();
    mail.stop();
  }
});
