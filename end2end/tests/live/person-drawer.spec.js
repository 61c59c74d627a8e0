// The drawer that shows a participant beside the list of participants.

import { expectAccessible } from '../../support/axe.js';
import { expect, test } from '../../support/test.js';
import { unique } from '../../support/test-data.js';
import { waitForIslands } from '../../support/steps.js';

/** Returns the list of a competition with two participants as its organizer sees it, by name, and their names. */
async function openList(accounts) {
  const organizer = await accounts.organizer();
  const id = await organizer.createCompetition(unique('Drawer'));
  const names = [unique('Ada Above'), unique('Bert Below')];
  for (const name of names) await (await accounts.participant(name)).register(id);
  const page = await organizer.open(`/organize/${id}/registrations?sort=name`);
  await waitForIslands(page);
  return { page, names, drawer: page.getByTestId('person-drawer') };
}

const link = (page, name) => page.locator('#results').getByRole('link', { name });

test('with the keyboard: open, read, write a note, close', async ({ accounts }) => {
  const { page, names, drawer } = await openList(accounts);
  const [ada] = names;
  const list = page.url();
  await link(page, ada).focus();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('dialog', { name: ada })).toBeVisible();
  await expect(drawer.getByRole('heading', { name: ada })).toBeFocused();
  await expect(drawer.getByTestId('timeline')).toContainText('Registered with a seat');
  await expect(drawer.getByRole('link', { name: 'Open as a page' })).toHaveAttribute('href', /\/registrations\/[0-9a-f-]{36}$/);
  await expectAccessible(page, 'person in a drawer');

  await test.step('a note that was not sent waits', async () => {
    await drawer.getByLabel('Note', { exact: true }).fill('Comes late.');
    await page.keyboard.press('Escape');
    await expect(drawer).toBeHidden();
    await expect(link(page, ada)).toBeFocused();
    await page.keyboard.press('Enter');
    await expect(drawer.getByLabel('Note', { exact: true })).toHaveValue('Comes late.');
  });

  await test.step('add it', async () => {
    await drawer.getByRole('button', { name: 'Add the note' }).focus();
    await page.keyboard.press('Enter');
    await expect(drawer.getByRole('status')).toBeFocused();
    await expect(drawer.getByRole('status')).toContainText('The note is saved.');
    await expect(drawer.getByTestId('notes')).toContainText('Comes late.');
    await expect(drawer.getByLabel('Note', { exact: true })).toHaveValue('');
    expect(page.url()).toBe(list);
  });

  await test.step('an empty note is refused there, and one is deleted', async () => {
    await drawer.getByLabel('Note', { exact: true }).fill(' \u200b');
    await drawer.getByRole('button', { name: 'Add the note' }).click();
    await expect(drawer.locator('#note-error')).toBeVisible();
    await drawer.getByRole('button', { name: /^Delete the note of/ }).click();
    await expect(drawer.getByTestId('notes')).toHaveCount(0);
  });

  await page.keyboard.press('Escape');
  await expect(drawer).toBeHidden();
  await expect(link(page, ada)).toBeFocused();
  expect(page.url()).toBe(list);
});

test('the next person, the back button, a reload, and a page of its own', async ({ accounts }) => {
  const { page, names, drawer } = await openList(accounts);
  const [ada, bert] = names;
  await link(page, ada).click();
  await expect(drawer.getByRole('button', { name: 'Previous' })).toBeDisabled();
  await drawer.getByRole('button', { name: 'Next' }).click();
  await expect(page.getByRole('dialog', { name: bert })).toBeVisible();
  await expect(drawer.getByRole('button', { name: 'Next' })).toBeDisabled();
  await expect(drawer.getByTestId('timeline')).toContainText('Registered with a seat');

  await page.reload();
  await expect(page.getByRole('dialog', { name: bert })).toBeVisible();
  await page.goBack();
  await expect(drawer).toBeHidden();
  await expect(page.getByRole('heading', { level: 1, name: 'People' })).toBeVisible();

  await test.step('what can be done leads to the page that asks', async () => {
    await link(page, bert).click();
    await drawer.getByRole('button', { name: 'Cancel registration…' }).click();
    await expect(page.getByRole('heading', { level: 1, name: 'Cancel 1 registration?' })).toBeVisible();
    await page.goBack();
    await expect(page.getByRole('dialog', { name: bert })).toBeVisible();
    await drawer.getByRole('button', { name: 'Close' }).click();
    await expect(drawer).toBeHidden();
  });

  await test.step('the page', async () => {
    await link(page, ada).click();
    await drawer.getByRole('link', { name: 'Open as a page' }).click();
    await expect(page.getByRole('heading', { level: 1 })).toHaveText(ada);
  });
});

test('what was typed stays where the server can’t be reached', async ({ accounts, monitor }) => {
  monitor.allow(/Failed to load resource|ERR_/);
  const { page, names, drawer } = await openList(accounts);
  await link(page, names[0]).click();
  await drawer.getByLabel('Note', { exact: true }).fill('Vegetarian.');
  await page.route('**/act/add-note-to-registration-of-competition', (route) => route.abort());
  await drawer.getByRole('button', { name: 'Add the note' }).click();
  await expect(drawer.getByRole('alert')).toContainText('What you typed is still here');
  await page.unroute('**/act/add-note-to-registration-of-competition');
  await drawer.getByRole('button', { name: 'Add the note' }).click();
  await expect(drawer.getByTestId('notes')).toContainText('Vegetarian.');
});

test('a double click opens it, and from a page that it can’t show Back leads to the list', async ({ accounts, monitor }) => {
  monitor.allow(/Failed to load resource|ERR_/);
  const { page, names, drawer } = await openList(accounts);
  const list = page.url();
  await link(page, names[0]).dblclick();
  await expect(drawer.getByTestId('timeline')).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(drawer).toBeHidden();
  await expect.poll(() => page.evaluate(() => history.state?.person)).toBeUndefined();
  const only = (route) => (route.request().isNavigationRequest() ? route.continue() : route.abort());
  await page.route(/\/registrations\/[0-9a-f-]{36}$/, only);
  await link(page, names[1]).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(names[1]);
  await page.goBack();
  await expect(page.getByRole('heading', { level: 1, name: 'People' })).toBeVisible();
  await expect(drawer).toBeHidden();
  expect(page.url()).toBe(list);
});
