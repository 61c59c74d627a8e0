// How participants become organizers, and what organizers find on their list and in the history of a competition.

import { expect, test } from '../../support/test.js';
import { DEMO, inDays, unique } from '../../support/test-data.js';
import { flashMessage, waitForIslands } from '../../support/steps.js';

/** Opens a page as an account, and waits until it can be used. */
async function openAs(account, address, javaScriptEnabled) {
  const page = await account.open(address, { javaScriptEnabled });
  if (javaScriptEnabled !== false) await waitForIslands(page);
  return page;
}

test('a participant asks to become an organizer, and an administrator approves', async ({ accounts, monitor, javaScriptEnabled }) => {
  monitor.allow(/status of 403/);
  const participant = await accounts.participant(unique('Paula Planner'));
  const page = await openAs(participant, '/organize', javaScriptEnabled);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('You can’t organize competitions yet');
  await page.getByLabel('What do you want to organize?').fill('Our club’s chess evening in March, for forty people.');
  await page.getByRole('button', { name: 'Ask to become an organizer' }).click();
  await expect(flashMessage(page)).toContainText('Your request was sent.');
  await expect(page.getByTestId('organizer-request')).toContainText('with the administrators');

  const admin = await openAs(await accounts.logIn(DEMO.admin), '/admin/organizer-requests', javaScriptEnabled);
  const row = admin.getByRole('row').filter({ hasText: participant.name });
  await expect(row).toContainText('chess evening');
  await row.getByRole('button', { name: 'Approve' }).click();
  await expect(flashMessage(admin)).toContainText('is an organizer now');
  await expect(admin.getByRole('row').filter({ hasText: participant.name })).toHaveCount(0);

  await page.goto('/organize');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Organize');
  await page.goto('/me/mailbox');
  await expect(page.getByText('You can organize competitions now').first()).toBeVisible();
});

test('an organizer finds a competition by words and state, and reads its history', async ({ accounts, javaScriptEnabled }) => {
  const organizer = await accounts.organizer();
  const title = unique('Harbour Sprint');
  const id = await organizer.createCompetition(title, { capacity: '7' });
  await organizer.createCompetition(unique('Mountain Relay'), { status: 'DRAFT', publishAt: inDays(1) });
  const page = await openAs(organizer, '/organize', javaScriptEnabled);
  await expect(page.locator('#own-list tbody tr')).toHaveCount(2);
  await page.getByLabel('Search').fill('harbour');
  await page.getByLabel('Search').press('Enter');
  await expect(page.locator('#own-list tbody tr')).toHaveCount(1);
  await page.getByRole('link', { name: title }).click();
  await page.getByRole('link', { name: 'Edit' }).click();
  await page.getByLabel('Seats', { exact: true }).fill('9');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page).toHaveURL(`/organize/${id}`);
  await page.getByRole('link', { name: 'History' }).click();
  await expect(page.getByRole('row').nth(1)).toContainText('Seats: 7 → 9');
  await expect(page.getByRole('row').nth(2)).toContainText('Competition created');
});
