import { expect, test } from '../../support/test.js';
import { DEMO, inDays, unique } from '../../support/people.js';
import { alive, logIn, outcome, seatsLeft } from '../../support/steps.js';

test('an organizer makes a competition, publishes it, watches it fill, changes it, and sees who comes', async ({
  page,
  people,
  javaScriptEnabled,
  witness,
}) => {
  const title = unique('Kite Festival');
  const form = page.getByTestId('competition-form');
  let id;

  await test.step('log in and find the form', async () => {
    await page.goto('/login');
    await logIn(page, DEMO.organizer);
    await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Organize' }).click();
    await expect(page).toHaveURL('/organize');
    await page.getByRole('link', { name: 'New competition' }).first().click();
    await expect(page).toHaveURL('/organize/new');
  });

  await test.step('mistakes are said at their fields, and what was typed is still there', async () => {
    await form.getByLabel('Title').fill('   ');
    await form.getByLabel('Description').fill('\n  **Kites** & <b>wind</b>\n');
    await form.getByLabel('Place').fill('Tempelhofer Feld, Berlin');
    await form.getByLabel('Subjects').fill('kites, outdoor');
    await form.getByLabel('Starts').fill(inDays(20, 10));
    await form.getByLabel('Registration closes').fill(inDays(30));
    await form.getByLabel('Seats', { exact: true }).fill('3');
    await form.getByLabel('Keep a waitlist').uncheck();
    await form.getByRole('button', { name: 'Create' }).click();
    await expect(page).toHaveURL('/organize/new');
    await expect(page.getByRole('alert')).toContainText('Some fields need another look');
    for (const [label, words] of [
      ['Title', 'Enter'],
      ['Registration closes', "Registration can't close after the start."],
    ]) {
      const field = form.getByLabel(label);
      await expect(field).toHaveAttribute('aria-invalid', 'true');
      await expect(field).toHaveAccessibleDescription(new RegExp(words));
    }
    await expect(form.getByLabel('Description')).toHaveValue('\n  **Kites** & <b>wind</b>\n');
    await expect(form.getByLabel('Place')).toHaveValue('Tempelhofer Feld, Berlin');
    await expect(form.getByLabel('Subjects')).toHaveValue('kites, outdoor');
    await expect(form.getByLabel('Starts')).toHaveValue(inDays(20, 10));
    await expect(form.getByLabel('Registration closes')).toHaveValue(inDays(30));
    await expect(form.getByLabel('Seats', { exact: true })).toHaveValue('3');
    await expect(form.getByLabel('Keep a waitlist')).not.toBeChecked();
  });

  await test.step('put right, it is a draft that nobody else sees', async () => {
    await form.getByLabel('Title').fill(title);
    await form.getByLabel('Registration closes').fill(inDays(10));
    await form.getByRole('button', { name: 'Create' }).click();
    await expect(page).toHaveURL(/\/organize\/[0-9a-f-]{36}$/);
    id = new URL(page.url()).pathname.split('/').pop();
    await expect(outcome(page)).toContainText('created');
    await expect(page.getByRole('heading', { level: 1 })).toHaveText(title);
    witness.expect(/status of 404/);
    const stranger = await people.newcomer();
    const answer = await (await stranger.opens('/')).goto(`/competitions/${id}`);
    expect(answer.status()).toBe(404);
  });

  await test.step('publish', async () => {
    await page.getByRole('button', { name: 'Publish' }).click();
    await expect(outcome(page)).toContainText('published');
    await expect(page.getByText('Open', { exact: true })).toBeVisible();
    await page.getByRole('link', { name: 'See the page' }).click();
    await expect(page.locator('.prose strong')).toHaveText('Kites');
    await expect(page.locator('.prose'), 'HTML is not obeyed').toContainText('wind');
    await expect(page.locator('.prose b')).toHaveCount(0);
    await expect(page.getByText('You run this competition')).toBeVisible();
  });

  await test.step('watch it fill', async () => {
    await page.goto(`/organize/${id}`);
    await expect(seatsLeft(page)).toHaveText('3');
    if (javaScriptEnabled !== false) await alive(page);
    const guest = await people.newcomer(unique('Greta Guest'));
    await guest.registers(id);
    if (javaScriptEnabled === false) await page.reload();
    await expect(seatsLeft(page)).toHaveText('2');
    await page.goto('/organize');
    const row = page.getByRole('row').filter({ hasText: title });
    await expect(seatsLeft(row)).toHaveText('2');
  });

  await test.step('change it', async () => {
    await page.goto(`/organize/${id}`);
    await page.getByRole('link', { name: 'Edit', exact: true }).click();
    await expect(form.getByLabel('Description')).toHaveValue(/\*\*Kites\*\* & <b>wind<\/b>/);
    await expect(form.getByLabel('Starts')).toHaveValue(inDays(20, 10));
    await form.getByLabel('Seats', { exact: true }).fill('8');
    await form.getByRole('button', { name: 'Save changes' }).click();
    await expect(outcome(page)).toContainText('saved');
    await expect(seatsLeft(page)).toHaveText('7');
    await page.goto(`/competitions/${id}`);
    await expect(seatsLeft(page)).toHaveText('7');
  });

  await test.step('see who comes', async () => {
    await page.goto(`/organize/${id}/registrations`);
    await expect(page.getByRole('row').filter({ hasText: 'Greta Guest' })).toContainText('@end2end.test');
    await page.getByLabel('Search').fill('somebody else');
    await page.getByLabel('Search').press('Enter');
    await expect(page.getByText('Nobody matches')).toBeVisible();
  });
});

test('fewer seats than are taken are refused at the field', async ({ people }) => {
  const organizer = await people.organizer();
  const id = await organizer.offers(unique('Shrinking'), { capacity: '5' });
  for (let n = 0; n < 2; n += 1) await (await people.newcomer()).registers(id);
  const page = await organizer.opens(`/organize/${id}/edit`);
  const seats = page.getByLabel('Seats', { exact: true });
  await seats.fill('1');
  await page.getByRole('button', { name: 'Save changes' }).click();
  await expect(seats).toHaveAccessibleDescription(/More seats are taken than that/);
  await expect(seats).toHaveValue('1');
  await page.goto(`/competitions/${id}`);
  await expect(seatsLeft(page)).toHaveText('3');
});

test('what somebody else saved meanwhile is not overwritten unseen', async ({ people }) => {
  const organizer = await people.organizer();
  const title = unique('Two Editors');
  const id = await organizer.offers(title);
  const mine = await organizer.opens(`/organize/${id}/edit`);
  const other = await organizer.opens(`/organize/${id}/edit`);
  await other.getByLabel('Place').fill('Their place');
  await other.getByRole('button', { name: 'Save changes' }).click();
  await expect(outcome(other)).toContainText('saved');
  await mine.getByLabel('Place').fill('My place');
  await mine.getByRole('button', { name: 'Save changes' }).click();
  await expect(outcome(mine)).toContainText('Somebody else saved changes');
  await expect(mine.getByLabel('Place'), 'nothing typed is lost').toHaveValue('My place');
});

test('calling off asks first, tells everyone, and is the end of registering', async ({ people }) => {
  const organizer = await people.organizer();
  const title = unique('Rained Off');
  const id = await organizer.offers(title);
  const guest = await people.newcomer();
  await guest.registers(id);
  const page = await organizer.opens(`/organize/${id}`);
  await page.getByRole('link', { name: 'Call off' }).click();
  await expect(page.getByText('1 person has a seat and will be told')).toBeVisible();
  await page.getByRole('button', { name: 'Yes, call it off' }).click();
  await expect(outcome(page)).toContainText('called off');
  const theirs = await guest.opens(`/competitions/${id}`);
  await expect(theirs.getByRole('complementary')).toContainText('called this competition off');
});
