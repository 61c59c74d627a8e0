// Push messages: turning them on and off on a device, and what the service worker shows. The browser reaches no push
// service here, so its subscriptions are faked, and DevTools deliver the messages.

import { createECDH, randomBytes, randomUUID } from 'node:crypto';

import { expectAccessible } from '../../support/axe.js';
import { expect, test } from '../../support/test.js';
import { unique } from '../../support/test-data.js';

test.use({ serviceWorkers: 'allow' });

const options = { serviceWorkers: 'allow', permissions: ['notifications'] };

/** Replaces the push service of a browser. What it is subscribed to is kept like by a real one. */
async function fakePushService(page) {
  const keys = {
    p256dh: createECDH('prime256v1').generateKeys('base64url'),
    auth: randomBytes(16).toString('base64url'),
  };
  await page.addInitScript(
    ({ keys, endpoint }) => {
      const bytes = (text) => Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0));
      const subscription = () => {
        const key = localStorage.getItem('fake-push');
        return (
          key && {
            endpoint,
            options: { applicationServerKey: bytes(key).buffer },
            toJSON: () => ({ endpoint, expirationTime: null, keys }),
            unsubscribe: async () => localStorage.removeItem('fake-push'),
          }
        );
      };
      PushManager.prototype.getSubscription = async () => subscription();
      PushManager.prototype.subscribe = async ({ applicationServerKey, userVisibleOnly }) => {
        if (!userVisibleOnly) throw new Error('browsers require it');
        localStorage.setItem('fake-push', applicationServerKey);
        return subscription();
      };
    },
    { keys, endpoint: `https://1.1.1.1/send/${randomUUID()}` },
  );
}

const subscriptions = (page) => page.evaluate(async () => (await (await fetch('/api/v1/me/push')).json()).subscriptions);

const turnOn = (page) => page.getByRole('button', { name: 'Notify me on this device' });

test('a device is subscribed by a press, and by another one not any more', async ({ accounts }) => {
  const page = await (await accounts.participant()).open('/', options);
  await fakePushService(page);
  await page.goto('/me/profile');
  await turnOn(page).click();
  await expect(page.getByText('This device gets notifications until you log out on it.')).toBeVisible();
  expect(await subscriptions(page)).toHaveLength(1);
  await expectAccessible(page, 'the profile with notifications');

  await page.reload();
  await page.getByRole('button', { name: 'Stop notifications here' }).click();
  await expect(turnOn(page)).toBeVisible();
  expect(await subscriptions(page)).toEqual([]);
});

test('a subscription with a former key of the site is renewed', async ({ accounts }) => {
  const page = await (await accounts.participant()).open('/', options);
  await fakePushService(page);
  await page.goto('/me/profile');
  await turnOn(page).click();
  await expect(page.getByRole('button', { name: 'Stop notifications here' })).toBeVisible();
  const key = await page.evaluate(() => localStorage.getItem('fake-push'));
  await page.evaluate(() => localStorage.setItem('fake-push', 'BFormer'));
  await page.reload();
  await expect(page.getByRole('button', { name: 'Stop notifications here' })).toBeVisible();
  expect(await page.evaluate(() => localStorage.getItem('fake-push'))).toBe(key);
});

test('the ticket of who waits offers notifications, to those who have not decided', async ({ accounts }) => {
  const organizer = await accounts.organizer();
  const id = await organizer.createCompetition(unique('Push Waiting'), { capacity: '1', waitlistEnabled: 'on' });
  await organizer.register(id);
  const participant = await accounts.participant();
  await participant.register(id);
  const page = await participant.open('/me/registrations', options);
  await fakePushService(page);
  const ticket = await page.locator('a[href^="/me/registrations/"]').first().getAttribute('href');
  await page.goto(ticket.split('/').slice(0, 4).join('/'));
  await turnOn(page).click();
  await expect(page.getByText('This device gets notifications')).toBeVisible();
  await page.reload();
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  await expect(page.locator('[data-push]')).toBeHidden();
});

test('a device that blocks notifications is told where to allow them', async ({ accounts }) => {
  const page = await (await accounts.participant()).open('/', options);
  await page.addInitScript(() => {
    Object.defineProperty(Notification, 'permission', { get: () => 'denied' });
  });
  await page.goto('/me/profile');
  await expect(page.getByText('Your browser blocks notifications from this site.')).toBeVisible();
  await expect(turnOn(page)).toBeHidden();
});

test('a failure is told, and can be tried again', async ({ accounts, monitor }) => {
  monitor.allow(/Failed to load|422/);
  const page = await (await accounts.participant()).open('/', options);
  await fakePushService(page);
  await page.goto('/me/profile');
  await page.route('**/api/v1/me/push-subscriptions', (route) => route.fulfill({ status: 422 }), { times: 1 });
  await turnOn(page).click();
  await expect(page.getByText("That didn’t work.")).toBeVisible();
  await turnOn(page).click();
  await expect(page.getByText('This device gets notifications')).toBeVisible();
});

/** Returns the service worker of a page's site, once it is active. */
async function serviceWorker(page) {
  await page.evaluate(() => navigator.serviceWorker.ready);
  return page.context().serviceWorkers()[0];
}

/** Lets the push service deliver a message to the site, through DevTools. */
async function deliver(page, data) {
  const session = await page.context().newCDPSession(page);
  const registered = new Promise((resolve) => {
    session.on('ServiceWorker.workerRegistrationUpdated', ({ registrations }) => {
      const found = registrations.find((it) => !it.isDeleted);
      if (found) resolve(found.registrationId);
    });
  });
  await session.send('ServiceWorker.enable');
  const { origin } = new URL(page.url());
  await session.send('ServiceWorker.deliverPushMessage', { origin, registrationId: await registered, data });
}

const shown = (page) =>
  page.evaluate(async () => {
    const registration = await navigator.serviceWorker.ready;
    const notifications = await registration.getNotifications();
    return notifications.map(({ title, body, tag, lang, dir, data }) => ({ title, body, tag, lang, dir, data }));
  });

test('a push message is shown as a notification, and a repeat of it takes its place', async ({ accounts }) => {
  const page = await (await accounts.participant()).open('/', options);
  await serviceWorker(page);
  const content = { title: 'Ein Platz für dich: Lauf', body: 'Am Samstag', tag: 'm1', lang: 'de', dir: 'ltr' };
  const message = JSON.stringify({ ...content, path: '/me/registrations/1' });
  await deliver(page, message);
  await expect.poll(() => shown(page)).toEqual([{ ...content, data: '/me/registrations/1' }]);
  await deliver(page, message);
  await deliver(page, 'no JSON');
  const kept = { title: 'Mini Compete', body: '', tag: '', lang: '', dir: 'auto', data: '/me/mailbox' };
  await expect.poll(async () => (await shown(page)).length).toBe(2);
  expect(await shown(page)).toEqual(expect.arrayContaining([kept, { ...content, data: '/me/registrations/1' }]));
});

test('a press on a notification opens a page of this site only, and the window that shows it already', async ({ accounts }) => {
  const page = await (await accounts.participant()).open('/me/mailbox', options);
  const worker = await serviceWorker(page);
  const opened = await worker.evaluate(async () => {
    const opened = [];
    clients.openWindow = async (address) => opened.push(`new ${new URL(address).pathname}`);
    WindowClient.prototype.focus = async function focus() {
      opened.push(`focus ${new URL(this.url).pathname}`);
    };
    for (const path of ['/me/mailbox', '/me/registrations', 'https://evil.example/', '//evil.example/']) await open(path);
    return opened;
  });
  expect(opened).toEqual(['focus /me/mailbox', 'new /me/registrations']);
});

test('a log-out ends the subscription of the device', async ({ accounts }) => {
  const page = await (await accounts.participant()).open('/', options);
  const worker = await serviceWorker(page);
  await worker.evaluate(() => {
    const unsubscribe = async () => {
      self.ended = true;
    };
    PushManager.prototype.getSubscription = async () => ({ unsubscribe });
  });
  await page.goto('/me/registrations');
  await page.locator('.menu summary').click();
  await page.getByRole('button', { name: 'Log out' }).click();
  await expect(page).toHaveURL('/');
  await expect.poll(() => worker.evaluate(() => self.ended)).toBe(true);
});
