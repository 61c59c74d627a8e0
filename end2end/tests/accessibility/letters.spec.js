// The pages that only a site has that sends mail, and those behind the links of its letters.

import { expectAccessible, expectAccessibleInArabic } from '../../support/axe.js';
import { inLanguage, REFUSED } from '../../support/all-pages.js';
import { expect, link, test } from '../../support/mail-test.js';
import { overflow } from '../../support/overflow.js';
import { waitForIslands } from '../../support/steps.js';

const PHONE = { width: 390, height: 844 };
const DESKTOP = { width: 1280, height: 800 };

/** The titles of the pages that need no account. */
const TITLES = {
  '/login': 'Welcome back',
  '/login?with=email': 'Welcome back',
  '/login?with=code': 'Enter your code',
  '/forgot': 'Forgot your password?',
  '/forgot?sent=1': 'Check your mail',
};

test('the pages about letters and behind their links are accessible, and fit a phone', async ({ page, accounts, mail, monitor }) => {
  test.setTimeout(150_000);
  monitor.allow(REFUSED);
  const organizer = await accounts.organizer();
  const newcomer = await accounts.participant();
  await accounts.submitIn(page, 'forgot', { email: organizer.email });
  const reset = await mail.find(organizer.email, link('reset'));
  const confirmation = await mail.find(newcomer.email, link('verify-email'));
  const own = await newcomer.open('/me/profile');
  const visits = [
    ...Object.entries(TITLES).map(([address, title]) => [page, address, title]),
    [page, reset, 'Set a new password'],
    [page, confirmation, 'Confirm your e-mail address'],
    [own, '/verify-email', 'Check your mail'],
    [own, '/me/security', 'Security'],
  ];
  for (const [viewer, address, title] of visits) {
    await viewer.goto(address);
    await waitForIslands(viewer);
    await expect.soft(viewer).toHaveTitle(`${title} · Mini Compete`);
    expect.soft(await viewer.getByRole('heading', { level: 1 }).count(), `${address}: one h1`).toBe(1);
    await expectAccessible(viewer, address);
    await viewer.setViewportSize(PHONE);
    expect.soft(await overflow(viewer), `${address} on a phone`).toEqual([]);
    await viewer.setViewportSize(DESKTOP);
  }
  for (const [viewer, address] of visits) {
    await viewer.goto(inLanguage(address, 'ar'));
    await waitForIslands(viewer);
    await expectAccessibleInArabic(viewer, address);
  }
});
