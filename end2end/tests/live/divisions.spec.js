import { expect, test } from '../../support/test.js';
import { unique } from '../../support/test-data.js';
import { registerButton, waitForIslands } from '../../support/steps.js';

test('an open page says within a second that a division is full, and keeps the choice', async ({ accounts }) => {
  const organizer = await accounts.organizer();
  const id = await organizer.createCompetition(unique('City Run'));
  const pages = await organizer.open(`/organize/${id}/divisions`);
  for (const [name, seats] of [['10 km', '1'], ['Marathon', '5']]) {
    const form = pages.getByTestId('division-form');
    await form.getByLabel('Name').fill(name);
    await form.getByLabel('Seats').fill(seats);
    await form.getByRole('button', { name: 'Add division' }).click();
    await expect(pages.getByTestId('divisions')).toContainText(name);
  }

  const watcher = await accounts.participant();
  const page = await watcher.open(`/competitions/${id}`);
  await waitForIslands(page);
  await page.getByRole('radio', { name: /Marathon/ }).check();
  await expect(page.getByText('1 of 1 free')).toBeVisible();

  // Notes when the page says what of the division and of the whole competition.
  await page.evaluate(() => {
    window.said = {};
    new MutationObserver(() => {
      if (document.querySelector('[data-testid=seats-left]').textContent === '9') window.said.total ??= performance.now();
      if (document.body.textContent.includes('0 of 1 free')) window.said.division ??= performance.now();
    }).observe(document.body, { childList: true, characterData: true, subtree: true });
  });

  const other = await (await accounts.participant()).open(`/competitions/${id}`, { javaScriptEnabled: false });
  await other.getByRole('radio', { name: /10 km/ }).check();
  await registerButton(other).click();
  await expect(other.getByTestId('division')).toContainText('10 km');

  await expect(page.getByText('0 of 1 free')).toBeVisible();
  await expect.poll(() => page.evaluate(() => window.said.total)).toBeTruthy();
  const { total, division } = await page.evaluate(() => window.said);
  expect(division - total, 'both agree within a second').toBeLessThan(1_000);
  await expect(page.getByRole('radio', { name: /10 km.*full/s })).toBeVisible();
  await expect(page.getByRole('radio', { name: /Marathon/ })).toBeChecked();
});
