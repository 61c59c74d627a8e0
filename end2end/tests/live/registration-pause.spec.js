// Pausing registration: open pages follow the pause and its end, and the organizer is asked first.

import { expect, test } from '../../support/test.js';
import { unique } from '../../support/test-data.js';
import { flashMessage, registerButton, registrationStatus, waitForIslands } from '../../support/steps.js';

const badge = (page) => page.locator('.competition-head .badge');
const panel = (page) => page.locator('aside.panel');

test('an open page shows a pause within a second, and the button comes back without a reload', async ({ accounts }) => {
  const organizer = await accounts.organizer();
  const id = await organizer.createCompetition(unique('Paused'));
  const participant = await accounts.participant();
  const page = await participant.open(`/competitions/${id}`);
  await waitForIslands(page);
  await page.evaluate(() => { window.sameDocument = true; });
  await expect(registerButton(page)).toBeEnabled();

  await organizer.submit('pause-competition', { competitionId: id });
  await expect(badge(page)).toHaveText('Paused', { timeout: 1_000 });
  await expect(registerButton(page)).toBeDisabled();
  await expect(panel(page)).toContainText('Registration is paused');
  await expect(panel(page)).toContainText('The button comes back by itself.');

  await organizer.submit('resume-competition', { competitionId: id });
  await expect(registerButton(page)).toBeEnabled({ timeout: 1_000 });
  await expect(badge(page)).toHaveText('Open');
  expect(await page.evaluate(() => window.sameDocument), 'no reload').toBe(true);
  await registerButton(page).click();
  await expect(registrationStatus(page)).toContainText("You’re in!");
});

test('a page that is loaded during a pause gets its button at the end of it', async ({ page, accounts }) => {
  const organizer = await accounts.organizer();
  const id = await organizer.createCompetition(unique('Loaded Paused'));
  await organizer.submit('pause-competition', { competitionId: id });
  await page.goto(`/competitions/${id}`);
  await waitForIslands(page);
  await expect(badge(page)).toHaveText('Paused');
  await expect(registerButton(page)).toBeDisabled();
  await organizer.submit('resume-competition', { competitionId: id });
  await expect(registerButton(page)).toBeEnabled();
  await expect(registerButton(page)).toHaveText('Register');
});

test('the organizer is asked in a dialog with the number of free seats', async ({ accounts }) => {
  const organizer = await accounts.organizer();
  const id = await organizer.createCompetition(unique('Asked'), { capacity: '7' });
  const page = await organizer.open(`/organize/${id}`);
  await waitForIslands(page);
  await page.getByRole('link', { name: 'Pause registration' }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog).toContainText('7 seats are free.');
  await dialog.getByRole('button', { name: 'Yes, pause it' }).click();
  await expect(flashMessage(page)).toContainText('Registration is paused.');
  await expect(page.locator('[data-phase-badge]')).toHaveText('Paused');
  await page.getByRole('button', { name: 'Resume registration' }).click();
  await expect(page.locator('[data-phase-badge]')).toHaveText('Open');
});
