// Requests that the site refuses as a whole: the page that says so is designed, leads on, and loses no input.

import { readFileSync } from 'node:fs';

import { Server, sqlite } from '../../support/server.js';
import { expect, test } from '../../support/test.js';
import { DEMO, unique } from '../../support/test-data.js';

/** Asserts that a page is in the frame of the site, and says what happened. */
async function expectDesigned(page, title) {
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(title);
  await expect(page.locator('.site-header')).toBeVisible();
  await expect(page.locator('.site-header')).toHaveCSS('display', /flex|block|grid/);
  await expect(page.locator('main').getByRole('link').first(), 'a way on').toBeVisible();
}

test('a text that is too long for any form is explained, and is still in the form before', async ({ accounts, monitor, javaScriptEnabled }) => {
  monitor.allow(/status of 413/);
  const participant = await accounts.participant();
  const page = await participant.open('/me/profile', { javaScriptEnabled });
  const name = unique('Long Lena');
  await page.getByLabel('Name').fill(name);
  // Browsers bound what is typed; this is what a former version of the page, or a program, would send.
  await page.route('**/act/profile', (route) => route.continue({ postData: `name=${'x'.repeat(2_000_000)}` }));
  await page.getByRole('button', { name: 'Save' }).click();
  await expectDesigned(page, 'That is too long');
  await page.goBack();
  await expect(page.getByLabel('Name')).toHaveValue(name);
});

test('a participant who opens the list of participants as a file is told that it is not theirs', async ({ accounts, monitor, javaScriptEnabled }) => {
  monitor.allow(/status of 403/);
  const organizer = await accounts.organizer();
  const id = await organizer.createCompetition(unique('Private List'));
  const participant = await accounts.logIn(DEMO.participant);
  const page = await participant.open('/', { javaScriptEnabled });
  await page.goto(`/organize/${id}/registrations.csv`);
  await expectDesigned(page, /./);
  await expect(page.getByRole('main')).not.toContainText('@');
  const own = await organizer.open(`/organize/${id}/registrations`);
  const [download] = await Promise.all([
    own.waitForEvent('download'),
    own.getByRole('link', { name: /CSV/ }).first().click(),
  ]);
  expect(readFileSync(await download.path(), 'utf8')).toContain('userEmail');
});

test('who presses too often is told how long to wait, and the form keeps the address', async ({ browser, monitor, javaScriptEnabled }) => {
  test.setTimeout(90_000);
  monitor.allow(/another host|status of 429/);
  const store = sqlite();
  store.env.RATE_LIMIT = 'on';
  const server = await Server.start(store, '--demo');
  try {
    const context = await browser.newContext({ javaScriptEnabled });
    monitor.watch(context);
    const page = await context.newPage();
    await page.goto(`${server.url}/login`);
    const email = 'nobody@demo.test';
    await page.getByLabel('E-mail').fill(email);
    const words = page.getByText('a little fast');
    for (let attempt = 0; attempt < 40 && !(await words.count()); attempt += 1) {
      await page.getByLabel('Password').fill('a wrong password');
      await page.getByRole('main').getByRole('button', { name: 'Log in', exact: true }).click();
      await page.waitForLoadState();
    }
    await expect(words.first()).toBeVisible();
    await expect(page.locator('.site-header')).toBeVisible();
    const form = page.getByLabel('E-mail');
    if (!(await form.count())) await page.goBack();
    await expect(page.getByLabel('E-mail')).toHaveValue(email);
    await context.close();
    await server.stop();
  } finally {
    store.remove();
  }
});
