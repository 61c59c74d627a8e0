// What belongs to the register form (questions, divisions): an open page shows it exactly where one can register, takes over
// what an organizer changes of it, and keeps what somebody has typed.

import { expect, test } from '../../support/test.js';
import { inSeconds, unique } from '../../support/test-data.js';
import { registerForm, registrationStatus, waitForIslands } from '../../support/steps.js';

const badge = (page) => page.locator('.competition-head .badge');
const mark = (page) => page.evaluate(() => { window.sameDocument = true; });
const isMarked = (page) => page.evaluate(() => window.sameDocument === true);

/** Creates a competition that asks a question and has two divisions. Returns what a participant submits. */
async function createAsking(organizer, fields) {
  const id = await organizer.createCompetition(unique('Asking'), fields);
  for (const name of ['10 km', 'Marathon']) {
    await organizer.submit('add-division', { competitionId: id, name });
  }
  await addQuestion(organizer, id, 'Team');
  const { items: questions } = JSON.parse(await organizer.html(`/api/v1/competitions/${id}/questions`));
  const { items: divisions } = JSON.parse(await organizer.html(`/api/v1/competitions/${id}/divisions`));
  const wish = { competitionId: id, divisionId: divisions[0].id, [`answers[q${questions[0].id}]`]: 'Rockets' };
  return { id, question: questions[0].id, register: (account) => account.submit('register', { ...wish, idempotencyKey: crypto.randomUUID() }) };
}

const addQuestion = (organizer, id, label, kind = 'SHORT_TEXT') =>
  organizer.submit('add-question', { competitionId: id, kind, label, help: '', required: 'on', options: '' });

/** Cancels the account's registration for a competition. */
async function cancel(account, id) {
  const [, registrationId] = /registrations\/([0-9a-f-]{36})\/cancel/.exec(await account.html(`/competitions/${id}`));
  await account.submit('cancel-registration', { registrationId });
}

/** Expects a page to ask what it asks where it has the form, and nowhere else. `asks` is what the phase has. */
async function expectAsking(page, asks, phase) {
  await expect(badge(page), phase).toHaveText(phase);
  await expect(registerForm(page), `${phase}: the form`).toHaveCount(asks ? 1 : 0);
  await expect(page.getByLabel('Team'), `${phase}: the question`).toBeVisible({ visible: asks });
  await expect(page.getByRole('radio', { name: /10 km/ }), `${phase}: the divisions`).toBeVisible({ visible: asks });
}

test('questions and divisions are where one can register, in each state of an open page', async ({ accounts }) => {
  const organizer = await accounts.organizer();
  const { id, register } = await createAsking(organizer, { capacity: '1', opensAt: inSeconds(14) });
  const watcher = await accounts.participant();
  const page = await watcher.open(`/competitions/${id}`);
  await waitForIslands(page);
  await mark(page);
  await expectAsking(page, true, 'Opens soon');
  await expectAsking(page, true, 'Few left');

  const holder = await accounts.participant();
  await register(holder);
  await expectAsking(page, false, 'Full');
  await expect(page.getByText('Marathon'), 'the divisions are a list').toBeVisible();
  const without = await watcher.open(`/competitions/${id}`, { javaScriptEnabled: false });
  await expectAsking(without, false, 'Full');

  await cancel(holder, id);
  await expectAsking(page, true, 'Few left');
  await organizer.submit('pause-competition', { competitionId: id });
  await expectAsking(page, true, 'Paused');
  await organizer.submit('resume-competition', { competitionId: id });

  await test.step('somebody registers in another tab, and cancels there', async () => {
    await register(watcher);
    await expect(registrationStatus(page)).toContainText('You’re in!');
    await expectAsking(page, false, 'Full');
    await expect(page.getByText('Marathon'), 'nothing to choose any more').toBeHidden();
    await cancel(watcher, id);
    await expectAsking(page, true, 'Few left');
  });

  await organizer.submit('change-waitlist-of-competition', { competitionId: id, waitlistEnabled: 'on' });
  await register(holder);
  await expectAsking(page, true, 'Waitlist');
  expect(await isMarked(page), 'no reload').toBe(true);

  await organizer.submit('close-registration-of-competition', { competitionId: id });
  await expectAsking(page, false, 'Registration closed');
  await without.reload();
  await expectAsking(without, false, 'Registration closed');
});

test('whoever cancels in another tab is asked again on a page that was loaded with a seat', async ({ accounts }) => {
  const organizer = await accounts.organizer();
  const { id, register } = await createAsking(organizer);
  const watcher = await accounts.participant();
  await register(watcher);
  const page = await watcher.open(`/competitions/${id}`);
  await waitForIslands(page);
  await mark(page);
  await expect(registrationStatus(page)).toContainText('You’re in!');
  await cancel(watcher, id);
  await expectAsking(page, true, 'Open');
  expect(await isMarked(page), 'no reload').toBe(true);
});

test('a new question and a question that is gone reach an open page, and what was typed stays', async ({ accounts }) => {
  const organizer = await accounts.organizer();
  const { id, question } = await createAsking(organizer);
  await addQuestion(organizer, id, 'Country', 'COUNTRY');
  const page = await (await accounts.participant()).open(`/competitions/${id}`);
  await waitForIslands(page);
  await mark(page);
  await page.getByRole('radio', { name: /Marathon/ }).check();
  await page.getByLabel('Country').selectOption('JP');
  await page.getByLabel('Team').pressSequentially('Rock');

  await addQuestion(organizer, id, 'Meal');
  await expect(page.getByLabel('Meal')).toBeVisible();
  await expect(page.getByLabel('Team'), 'the focus stays').toBeFocused();
  await page.keyboard.type('ets');
  await expect(page.getByLabel('Team')).toHaveValue('Rockets');
  await expect(page.getByRole('radio', { name: /Marathon/ })).toBeChecked();
  await expect(page.getByLabel('Country')).toHaveValue('JP');
  await expect(page.getByLabel('Country').locator('option:checked'), 'named again').not.toHaveAttribute('lang');

  await organizer.submit('archive-question', { competitionId: id, questionId: question });
  await expect(page.getByLabel('Team')).toHaveCount(0);
  await expect(page.getByLabel('Country')).toHaveValue('JP');
  expect(await isMarked(page), 'no reload').toBe(true);
});

test('the first question and the first division reach an open page, and follow it from then on', async ({ accounts }) => {
  const organizer = await accounts.organizer();
  const id = await organizer.createCompetition(unique('Plain'));
  const page = await (await accounts.participant()).open(`/competitions/${id}`);
  await waitForIslands(page);
  await mark(page);
  await organizer.submit('add-division', { competitionId: id, name: '10 km', capacity: '3' });
  await expect(page.getByText('3 of 3 free')).toBeVisible();
  await addQuestion(organizer, id, 'Country', 'COUNTRY');
  await expect(page.getByLabel('Country')).toBeVisible();
  await expect(page.getByLabel('Country').locator('option[lang]'), 'its script runs').toHaveCount(0);

  const other = await (await accounts.participant()).open(`/competitions/${id}`, { javaScriptEnabled: false });
  await other.getByRole('radio', { name: /10 km/ }).check();
  await other.getByLabel('Country').selectOption('FR');
  await registerForm(other).getByRole('button').click();
  await expect(registrationStatus(other)).toContainText('You’re in!');
  await expect(page.getByText('2 of 3 free')).toBeVisible();
  expect(await isMarked(page), 'no reload').toBe(true);
});

test('the ready check counts the questions that are still to be answered', async ({ accounts }) => {
  const organizer = await accounts.organizer();
  const { id } = await createAsking(organizer, { opensAt: inSeconds(3_600) });
  const participant = await accounts.participant();
  const without = await participant.open(`/competitions/${id}`, { javaScriptEnabled: false });
  await expect(without.getByTestId('ready-check')).toContainText('2 questions to answer');

  const page = await participant.open(`/competitions/${id}`);
  await waitForIslands(page);
  const check = page.getByTestId('ready-check');
  await expect(check).toContainText('2 questions to answer');
  await page.getByLabel('Team').fill('Rockets');
  await expect(check).toContainText('1 question to answer');
  await page.getByRole('radio', { name: /10 km/ }).check();
  await expect(check).toContainText('Your answers are ready');
  await page.getByLabel('Team').fill('');
  await expect(check).toContainText('1 question to answer');
});
