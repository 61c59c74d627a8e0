import { expectAccessible } from '../../support/axe.js';
import { expect, test } from '../../support/test.js';
import { unique } from '../../support/test-data.js';
import { flashMessage, waitForIslands } from '../../support/steps.js';

test('an organizer adds a participant, finds them and cancels the registration', async ({ accounts, javaScriptEnabled }) => {
  test.setTimeout(150_000);
  // The rules are checked by a script of the page.
  const withScripts = javaScriptEnabled !== false;
  const name = unique('Zoë Walker');
  const email = `${unique('walk').toLowerCase().replace(/[^a-z0-9]/g, '')}@example.org`;

  const organizer = await accounts.organizer();
  const id = await organizer.createCompetition(unique('Walk-ins'));
  const page = await organizer.open(`/organize/${id}/registrations`, { javaScriptEnabled });
  if (withScripts) await waitForIslands(page);
  await expect(page.getByRole('heading', { level: 1, name: 'People' })).toBeVisible();
  if (withScripts) await expectAccessible(page, 'people');

  await test.step('add somebody by e-mail', async () => {
    const form = page.getByTestId('participant-form');
    await form.getByLabel('Name').fill(name);
    await form.getByLabel('E-mail').fill(email);
    await form.getByRole('button', { name: 'Add participant' }).click();
    await expect(flashMessage(page)).toContainText(name);
  });

  await test.step('find them without the accent, and sort by name', async () => {
    await page.getByRole('searchbox').fill(name.replace('ë', 'e'));
    await page.getByRole('searchbox').press('Enter');
    const row = page.getByRole('row').filter({ hasText: email });
    await expect(row).toHaveCount(1);
    await page.getByRole('columnheader', { name: 'Name' }).getByRole('link').click();
    await expect(page.getByRole('columnheader', { name: 'Name' })).toHaveAttribute('aria-sort', 'ascending');
    await expect(row).toHaveCount(1);
  });

  await test.step('choose nobody, and be told so', async () => {
    await page.getByRole('button', { name: 'Cancel registrations' }).click();
    await expect(flashMessage(page)).toContainText('Choose at least one person.');
    await page.goBack();
  });

  await test.step('see what will happen, and cancel with a reason', async () => {
    await page.goto(`${new URL(page.url()).pathname}?search=${encodeURIComponent(email)}`);
    await page.getByRole('checkbox', { name }).check();
    await page.getByRole('button', { name: 'Cancel registrations' }).click();
    await expect(page.getByRole('heading', { level: 1, name: 'Cancel 1 registration?' })).toBeVisible();
    await expect(page.getByTestId('effects')).toContainText('the person is told');
    if (withScripts) await expectAccessible(page, 'review');
    await page.getByLabel('Reason').fill('Twice on the list.');
    await page.getByRole('button', { name: 'Cancel 1 registration' }).click();
    await expect(flashMessage(page)).toContainText('Cancelled by mistake?');
  });

  await test.step('undo it', async () => {
    await page.getByRole('button', { name: 'Undo', exact: true }).click();
    await expect(flashMessage(page)).toContainText('1 person is back in their seat.');
  });

  await test.step('the list tells the truth', async () => {
    await page.goto(`${new URL(page.url()).pathname}?search=${encodeURIComponent(email)}`);
    const rows = page.getByRole('row').filter({ hasText: email });
    await expect(rows).toHaveCount(2);
    await expect(rows.filter({ hasText: 'Cancelled' })).toHaveCount(1);
  });
});

test('an organizer saves what the list shows under a name, and finds it again', async ({ accounts, javaScriptEnabled }) => {
  const withScripts = javaScriptEnabled !== false;
  const organizer = await accounts.organizer();
  const id = await organizer.createCompetition(unique('Views'));
  const page = await organizer.open(`/organize/${id}/registrations`, { javaScriptEnabled });
  if (withScripts) await waitForIslands(page);
  const views = page.getByTestId('saved-views');
  await expect(page.getByTestId('save-view')).toHaveCount(0);

  await test.step('filter the list, and save the view', async () => {
    await page.getByLabel('Status').selectOption('WAITLISTED');
    if (!withScripts) await page.getByRole('button', { name: 'Show' }).click();
    await expect(page).toHaveURL(/status=WAITLISTED/);
    await views.getByText('Save this view').click();
    if (withScripts) await expectAccessible(page, 'people with a form for a view');
    await views.getByLabel('Name of the view').fill('Waiting');
    await views.getByRole('button', { name: 'Save view' }).click();
    await expect(flashMessage(page)).toContainText('“Waiting” is saved');
    await expect(views.getByRole('link', { name: 'Waiting' })).toHaveAttribute('aria-current', 'true');
  });

  await test.step('leave it, and come back to it', async () => {
    await views.getByRole('link', { name: 'Everyone' }).click();
    await expect(page).not.toHaveURL(/status=/);
    await views.getByRole('link', { name: 'Waiting' }).click();
    await expect(page.getByLabel('Status')).toHaveValue('WAITLISTED');
    if (withScripts) await expectAccessible(page, 'people with a saved view');
    await expect(page.getByRole('link', { name: 'Download XLSX' })).toHaveAttribute('href', /status=WAITLISTED/);
  });

  await test.step('delete it', async () => {
    await views.getByText('Change “Waiting”').click();
    await views.getByRole('button', { name: 'Delete view' }).click();
    await expect(flashMessage(page)).toContainText('The view is deleted.');
    await expect(views.getByRole('link')).toHaveCount(0);
  });
});
