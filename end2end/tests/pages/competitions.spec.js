import { expect, test } from '../../support/test.js';
import { DEMO, inDays, unique } from '../../support/test-data.js';
import { flashMessage, logIn, seatsLeft, waitForIslands } from '../../support/steps.js';

test('an organizer creates, publishes, watches and edits a competition, and lists its registrations', async ({
  page,
  accounts,
  javaScriptEnabled,
  monitor,
}) => {
  const title = unique('Kite Festival');
  const form = page.getByTestId('competition-form');
  let id;

  await test.step('log in and open the form', async () => {
    await page.goto('/login');
    await logIn(page, DEMO.organizer);
    await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Organize' }).click();
    await expect(page).toHaveURL('/organize');
    await page.getByRole('link', { name: 'New competition' }).first().click();
    await expect(page).toHaveURL('/organize/new');
  });

  await test.step('errors are shown at their fields, and the input is kept', async () => {
    await form.getByLabel('Title').fill('   ');
    await form.getByLabel('Description').fill('\n  **Kites** & <b>wind</b>\n');
    await form.getByLabel('Place').fill('Tempelhofer Feld, Berlin');
    await form.getByLabel('Topics').fill('kites, outdoor');
    await form.getByLabel('Starts').fill(inDays(20, 10));
    await form.getByLabel('Registration closes').fill(inDays(30));
    await form.getByLabel('Seats', { exact: true }).fill('3');
    await form.getByLabel('Keep a waitlist').uncheck();
    await form.getByRole('button', { name: 'Create' }).click();
    await expect(page).toHaveURL('/organize/new');
    await expect(page.getByRole('alert')).toContainText('Some fields need another look');
    for (const [label, words] of [
      ['Title', 'Enter'],
      ['Registration closes', "Registration can’t close after the start."],
    ]) {
      const field = form.getByLabel(label);
      await expect(field).toHaveAttribute('aria-invalid', 'true');
      await expect(field).toHaveAccessibleDescription(new RegExp(words));
    }
    await expect(form.getByLabel('Description')).toHaveValue('\n  **Kites** & <b>wind</b>\n');
    await expect(form.getByLabel('Place')).toHaveValue('Tempelhofer Feld, Berlin');
    await expect(form.getByLabel('Topics')).toHaveValue('kites, outdoor');
    await expect(form.getByLabel('Starts')).toHaveValue(inDays(20, 10));
    await expect(form.getByLabel('Registration closes')).toHaveValue(inDays(30));
    await expect(form.getByLabel('Seats', { exact: true })).toHaveValue('3');
    await expect(form.getByLabel('Keep a waitlist')).not.toBeChecked();
  });

  await test.step('without errors it is a draft that others cannot see', async () => {
    await form.getByLabel('Title').fill(title);
    await form.getByLabel('Registration closes').fill(inDays(10));
    await form.getByRole('button', { name: 'Create' }).click();
    await expect(page).toHaveURL(/\/organize\/[0-9a-f-]{36}$/);
    id = new URL(page.url()).pathname.split('/').pop();
    await expect(flashMessage(page)).toContainText('created');
    await expect(page.getByRole('heading', { level: 1 })).toHaveText(title);
    monitor.allow(/status of 404/);
    const other = await accounts.participant();
    const response = await (await other.open('/')).goto(`/competitions/${id}`);
    expect(response.status()).toBe(404);
  });

  await test.step('publish', async () => {
    await page.getByRole('button', { name: 'Publish' }).click();
    await expect(flashMessage(page)).toContainText('published');
    await expect(page.getByText('Open', { exact: true })).toBeVisible();
    await page.getByRole('link', { name: 'View competition' }).click();
    await expect(page.locator('.prose strong')).toHaveText('Kites');
    await expect(page.locator('.prose'), 'HTML is shown as text').toContainText('wind');
    await expect(page.locator('.prose b')).toHaveCount(0);
    await expect(page.getByText('You run this competition')).toBeVisible();
  });

  await test.step('watch the seats', async () => {
    await page.goto(`/organize/${id}`);
    await expect(seatsLeft(page)).toHaveText('3');
    if (javaScriptEnabled !== false) await waitForIslands(page);
    const participant = await accounts.participant(unique('Greta Guest'));
    await participant.register(id);
    if (javaScriptEnabled === false) await page.reload();
    await expect(seatsLeft(page)).toHaveText('2');
    await page.goto('/organize');
    const row = page.getByRole('row').filter({ hasText: title });
    await expect(seatsLeft(row)).toHaveText('2');
  });

  await test.step('edit it', async () => {
    await page.goto(`/organize/${id}`);
    await page.getByRole('link', { name: 'Edit', exact: true }).click();
    await expect(form.getByLabel('Description')).toHaveValue(/\*\*Kites\*\* & <b>wind<\/b>/);
    await expect(form.getByLabel('Starts')).toHaveValue(inDays(20, 10));
    await form.getByLabel('Seats', { exact: true }).fill('8');
    await form.getByRole('button', { name: 'Save changes' }).click();
    await expect(flashMessage(page)).toContainText('saved');
    await expect(seatsLeft(page)).toHaveText('7');
    await page.goto(`/competitions/${id}`);
    await expect(seatsLeft(page)).toHaveText('7');
  });

  await test.step('list the registrations', async () => {
    await page.goto(`/organize/${id}/registrations`);
    await expect(page.getByRole('row').filter({ hasText: 'Greta Guest' })).toContainText('@end2end.test');
    await page.getByLabel('Search').fill('somebody else');
    await page.getByLabel('Search').press('Enter');
    await expect(page.getByText('Nobody matches')).toBeVisible();
  });
});

test('a capacity below the number of taken seats is an error at the field', async ({ accounts }) => {
  const organizer = await accounts.organizer();
  const id = await organizer.createCompetition(unique('Shrinking'), { capacity: '5' });
  for (let n = 0; n < 2; n += 1) await (await accounts.participant()).register(id);
  const page = await organizer.open(`/organize/${id}/edit`);
  const seats = page.getByLabel('Seats', { exact: true });
  await seats.fill('1');
  await page.getByRole('button', { name: 'Save changes' }).click();
  await expect(seats).toHaveAccessibleDescription(/More seats are taken or set aside than that/);
  await expect(seats).toHaveValue('1');
  await page.goto(`/competitions/${id}`);
  await expect(seatsLeft(page)).toHaveText('3');
});

test('an edit does not silently overwrite what was saved in the meantime', async ({ accounts }) => {
  const organizer = await accounts.organizer();
  const title = unique('Two Editors');
  const id = await organizer.createCompetition(title);
  const mine = await organizer.open(`/organize/${id}/edit`);
  const other = await organizer.open(`/organize/${id}/edit`);
  await other.getByLabel('Place').fill('Their place');
  await other.getByRole('button', { name: 'Save changes' }).click();
  await expect(flashMessage(other)).toContainText('saved');
  await mine.getByLabel('Place').fill('My place');
  await mine.getByRole('button', { name: 'Save changes' }).click();
  await expect(flashMessage(mine)).toContainText('Somebody else saved changes');
  await expect(mine.getByLabel('Place'), 'the input is kept').toHaveValue('My place');
});

test('cancelling a competition asks for confirmation, and is shown to its participants', async ({ accounts }) => {
  const organizer = await accounts.organizer();
  const title = unique('Rained Off');
  const id = await organizer.createCompetition(title);
  const participant = await accounts.participant();
  await participant.register(id);
  const page = await organizer.open(`/organize/${id}`);
  await page.getByRole('link', { name: 'Cancel competition' }).click();
  await expect(page.getByText('1 person with a seat will be told')).toBeVisible();
  await page.getByRole('button', { name: 'Yes, cancel it' }).click();
  await expect(flashMessage(page)).toContainText('It is cancelled');
  const participantPage = await participant.open(`/competitions/${id}`);
  await expect(participantPage.getByRole('complementary')).toContainText('has cancelled this competition');
});

test('an organizer pauses registration and resumes it', async ({ accounts, javaScriptEnabled }) => {
  const organizer = await accounts.organizer();
  const id = await organizer.createCompetition(unique('Break'));
  const visitor = await accounts.participant();
  const page = await organizer.open(`/organize/${id}`, { javaScriptEnabled });
  if (javaScriptEnabled) await waitForIslands(page);
  await page.getByRole('link', { name: 'Pause registration' }).click();
  await page.getByRole('button', { name: 'Yes, pause it' }).click();
  await expect(flashMessage(page)).toContainText('Registration is paused.');
  const seen = await visitor.open(`/competitions/${id}`, { javaScriptEnabled });
  await expect(seen.locator('.competition-head .badge')).toHaveText('Paused');
  await expect(seen.getByRole('heading', { name: 'Registration is paused' })).toBeVisible();
  await page.getByRole('button', { name: 'Resume registration' }).click();
  await expect(flashMessage(page)).toContainText('no longer paused');
  await seen.reload();
  await expect(seen.getByTestId('register-form').getByRole('button')).toBeEnabled();
});
