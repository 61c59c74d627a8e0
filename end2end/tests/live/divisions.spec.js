import { expect, test } from '../../support/test.js';
import { unique } from '../../support/test-data.js';
import { registerButton, waitForIslands } from '../../support/steps.js';

test('an open page says within seconds that a division is full, and keeps the choice', async ({ accounts }) => {
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

  const other = await (await accounts.participant()).open(`/competitions/${id}`, { javaScriptEnabled: false });
  await other.getByRole('radio', { name: /10 km/ }).check();
  await registerButton(other).click();
  await expect(other.getByTestId('division')).toContainText('10 km');

  await expect(page.getByText('0 of 1 free')).toBeVisible({ timeout: 20_000 });
  await expect(page.getByRole('radio', { name: /10 km.*full/s })).toBeVisible();
  await expect(page.getByRole('radio', { name: /Marathon/ })).toBeChecked();
});
