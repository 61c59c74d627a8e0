// What the script adds to the ticket: the visitor's own time, the copied link, and what happens while it is open.

import { expect, test } from '../../support/test.js';
import { unique } from '../../support/test-data.js';
import { registerButton, registrationStatus, waitForIslands } from '../../support/steps.js';

const code = (page) => page.getByRole('img', { name: 'QR code for check-in' });

test('the link is copied, and the time of the venue has the own one beside it', async ({ accounts }) => {
  const organizer = await accounts.organizer();
  const id = await organizer.createCompetition(unique('Copied'), { timeZone: 'Asia/Tokyo' });
  const page = await (await accounts.participant()).open(`/competitions/${id}`);
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await registerButton(page).click();
  await expect(registrationStatus(page)).toContainText("You’re in!");
  await waitForIslands(page);
  await expect(page.locator('.pass')).toContainText(/JST.*for you/);
  await page.getByRole('button', { name: 'Copy link' }).click();
  await expect(page.getByRole('button', { name: 'Copied' })).toBeVisible();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  expect(copied).toBe(await page.getByTestId('share-link').textContent());
});

test('the address of a competition is copied on its page', async ({ page, accounts }) => {
  const organizer = await accounts.organizer();
  const id = await organizer.createCompetition(unique('Copy Me'));
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.goto(`/competitions/${id}`);
  await waitForIslands(page);
  await page.getByRole('button', { name: 'Copy link' }).click();
  await expect(page.getByRole('button', { name: 'Copied' })).toBeVisible();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(page.url());
});

test('a promotion turns the open page into a ticket', async ({ accounts }) => {
  const organizer = await accounts.organizer();
  const id = await organizer.createCompetition(unique('Live Line'), { capacity: '1', waitlistEnabled: 'on' });
  const holder = await accounts.participant();
  await holder.register(id);
  const page = await (await accounts.participant()).open(`/competitions/${id}`);
  await registerButton(page).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Number 1 on the waitlist');
  await waitForIslands(page);
  await page.evaluate(() => { window.same = true; });
  const holderPage = await holder.open('/me/registrations');
  await holderPage.getByRole('link', { name: 'Cancel registration' }).click();
  await holderPage.getByRole('button', { name: 'Yes, cancel registration' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText("You’re in!");
  await expect(code(page)).toBeVisible();
  await expect(page.getByRole('button', { name: 'Copy link' }), 'the script knows the new parts').toBeVisible();
  expect(await page.evaluate(() => window.same), 'no reload').toBe(true);
});

test('large text on a small screen cuts nothing of the ticket off', async ({ accounts }) => {
  const organizer = await accounts.organizer();
  const id = await organizer.createCompetition(unique('Large Text'));
  const page = await (await accounts.participant()).open(`/competitions/${id}`);
  await registerButton(page).click();
  await expect(code(page)).toBeVisible();
  await page.setViewportSize({ width: 390, height: 844 });
  await page.evaluate(() => { document.documentElement.style.fontSize = '200%'; });
  const cut = await page.locator('.pass').evaluate((pass) => {
    const { right } = pass.getBoundingClientRect();
    const parts = [...pass.querySelectorAll('.stub, .stub :not(svg *), .facts *')];
    return parts.filter((part) => part.getBoundingClientRect().right > right + 1).map((part) => part.outerHTML.slice(0, 80));
  });
  expect(cut).toEqual([]);
});
