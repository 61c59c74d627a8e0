import { expectAccessible } from '../../support/axe.js';
import { expect, test } from '../../support/test.js';
import { unique } from '../../support/test-data.js';
import { flashMessage } from '../../support/steps.js';

test('a race needs three presses and a title', async ({ accounts, javaScriptEnabled }) => {
  const organizer = await accounts.organizer();
  const page = await organizer.open('/organize/new', { javaScriptEnabled });
  await page.getByRole('link', { name: 'Race', exact: true }).click();
  await expect(page.getByTestId('preset')).toContainText('Half marathon');
  if (javaScriptEnabled !== false) await expectAccessible(page, 'a preset');
  const form = page.getByTestId('competition-form');
  await expect(form.getByLabel('Seats', { exact: true })).toHaveValue('300');
  await form.getByLabel('Title').fill(unique('Ring Road Run'));
  await form.getByRole('button', { name: 'Create' }).click();
  await expect(flashMessage(page)).toBeVisible();
  await page.getByRole('link', { name: 'Divisions' }).first().click();
  await expect(page.getByTestId('divisions').getByRole('listitem')).toHaveCount(4);
});
