// What organizers are asked and shown while they edit, close and delete a competition.

import { expect, test } from '../../support/test.js';
import { inDays, unique } from '../../support/test-data.js';
import { flashMessage, waitForIslands, waitForMessage } from '../../support/steps.js';

/** Opens a page as an account, and waits until it can be used. */
async function openAs(account, address, javaScriptEnabled) {
  const page = await account.open(address, { javaScriptEnabled });
  if (javaScriptEnabled !== false) await waitForIslands(page);
  return page;
}

test('another place is told to those who are registered, if the organizer says so', async ({ accounts, javaScriptEnabled }) => {
  const organizer = await accounts.organizer();
  const title = unique('Moving Relay');
  const id = await organizer.createCompetition(title);
  const participant = await accounts.participant();
  await participant.register(id);
  const page = await openAs(organizer, `/organize/${id}/edit`, javaScriptEnabled);
  await page.getByLabel('Place').fill('The other harbour');
  await page.getByLabel('Title').press('Enter');
  const question = page.getByTestId('notify-question');
  await expect(question.getByRole('heading')).toHaveText('Tell 1 person?');
  await expect(question).toContainText('The other harbour');
  await question.getByRole('button', { name: 'Save and tell 1 person' }).click();
  await expect(flashMessage(page)).toContainText('saved');
  const mailbox = await participant.open('/me/mailbox');
  const message = await waitForMessage(mailbox, 'New place');
  await message.click();
  await expect(mailbox.getByText('The other harbour').first()).toBeVisible();
});

test('more seats say who is promoted before they are saved', async ({ accounts, javaScriptEnabled }) => {
  const organizer = await accounts.organizer();
  const id = await organizer.createCompetition(unique('Growing Run'), { capacity: '1', waitlistEnabled: 'on' });
  for (let number = 0; number < 3; number += 1) await (await accounts.participant()).register(id);
  const page = await openAs(organizer, `/organize/${id}/edit`, javaScriptEnabled);
  await expect(page.getByTestId('seats-now')).toContainText('Seats taken: 1. Waiting: 2.');
  await page.getByLabel('Seats', { exact: true }).fill('2');
  await page.getByRole('button', { name: 'Save changes' }).click();
  const question = page.getByTestId('capacity-question');
  await expect(question.getByRole('heading')).toHaveText('Promote 1 person from the waitlist?');
  await expect(question).toContainText('It promotes 1 of 2 waiting');
  await question.getByRole('button', { name: 'Save and promote 1 person' }).click();
  await expect(flashMessage(page)).toContainText('saved');
});

test('a description is previewed before it is saved', async ({ accounts, javaScriptEnabled }) => {
  const organizer = await accounts.organizer();
  const page = await openAs(organizer, '/organize/new', javaScriptEnabled);
  const description = page.getByRole('textbox', { name: 'Description' });
  await description.fill('**Bring** a lamp');
  await page.getByRole('button', { name: 'Preview the description' }).click();
  await expect(page.locator('#preview strong')).toHaveText('Bring');
  await expect(description).toHaveValue('**Bring** a lamp');
  await page.getByLabel('Title').fill(unique('Night Orienteering'));
  await page.getByLabel('Starts').fill(inDays(20));
  await page.getByLabel('Registration closes').fill(inDays(10));
  await page.getByLabel('Seats', { exact: true }).fill('3');
  await page.getByRole('button', { name: 'Create' }).click();
  await expect(flashMessage(page)).toContainText('created');
});

test('registration is closed, reopened, and the competition is deleted by its title', async ({ accounts, javaScriptEnabled }) => {
  const organizer = await accounts.organizer();
  const title = unique('Short Season');
  const id = await organizer.createCompetition(title);
  const page = await openAs(organizer, `/organize/${id}`, javaScriptEnabled);
  await page.getByRole('link', { name: 'Close registration' }).click();
  await page.getByRole('button', { name: 'Yes, close it' }).click();
  await expect(flashMessage(page)).toContainText('Registration is closed.');
  await page.getByRole('link', { name: 'Reopen registration' }).click();
  await page.getByRole('button', { name: 'Reopen it' }).click();
  await expect(flashMessage(page)).toContainText('Registration is open again.');

  await page.getByRole('link', { name: 'Delete' }).click();
  await page.getByLabel('Title').fill('Another title');
  await page.getByRole('button', { name: 'Yes, delete it' }).click();
  await expect(flashMessage(page)).toContainText('This is not the title');
  await page.getByLabel('Title').fill(title);
  await page.getByRole('button', { name: 'Yes, delete it' }).click();
  await expect(flashMessage(page)).toContainText('deleted');
});
