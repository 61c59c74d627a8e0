// The list of own competitions follows a rush by itself.

import { expect, test } from '../../support/test.js';
import { unique } from '../../support/test-data.js';

const tile = (page, name) => page.locator('.tiles > div').filter({ hasText: name });

test('the totals and the list follow registrations without a reload', async ({ accounts }) => {
  const organizer = await accounts.organizer();
  const title = unique('Busy Evening');
  const id = await organizer.createCompetition(title, { capacity: '4' });
  const page = await organizer.open('/organize');
  await page.evaluate(() => { window.sameDocument = true; });
  await expect(tile(page, 'Seats taken')).toContainText('0 of 4');
  await expect(tile(page, 'last 24 hours').locator('svg')).toBeVisible();
  await (await accounts.participant()).register(id);
  await expect(tile(page, 'Seats taken')).toContainText('1 of 4', { timeout: 20_000 });
  await expect(tile(page, 'Seats taken')).toContainText('+1 in 24 hours');
  await expect(tile(page, 'last 24 hours')).toContainText('0 in the 24 hours before');
  expect(await page.evaluate(() => window.sameDocument), 'no reload').toBe(true);
});

test('what is typed into the search stays while the page is kept up to date', async ({ accounts }) => {
  const organizer = await accounts.organizer();
  const title = unique('Searched Evening');
  const id = await organizer.createCompetition(title, { capacity: '4' });
  await organizer.createCompetition(unique('Another Night'));
  const page = await organizer.open('/organize');
  await page.getByRole('searchbox').fill(title);
  await expect(page.locator('#own-list tbody tr')).toHaveCount(1);
  await (await accounts.participant()).register(id);
  await expect(tile(page, 'Seats taken')).toContainText('1 of', { timeout: 20_000 });
  await expect(page.locator('#own-list tbody tr')).toHaveCount(1);
  await expect(page.getByRole('searchbox')).toHaveValue(title);
});
