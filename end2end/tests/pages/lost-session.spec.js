import { expect, test } from '../../support/test.js';
import { unique } from '../../support/test-data.js';
import { flashMessage, logIn } from '../../support/steps.js';
import { totp } from '../../support/totp.js';

/** Ends the session of a page, as if it had expired. */
async function loseSession(page) {
  await page.context().clearCookies({ name: 'mc_session' });
}

test('a profile that is typed while the session ends is there again after the log-in', async ({ accounts }) => {
  const participant = await accounts.participant();
  const page = await participant.open('/me/profile');
  await page.getByLabel('Name').fill('Nadia & <Newname>');
  await page.getByLabel('Remind me').uncheck();
  await loseSession(page);
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(flashMessage(page)).toContainText('what you typed is still here');
  await logIn(page, participant.email, 'not the password');
  await expect(page.getByRole('alert')).toContainText('Wrong email or password');
  await expect(page.getByText('Some fields need another look')).toHaveCount(0);
  await logIn(page, participant.email);
  await expect(page).toHaveURL('/me/profile');
  await expect(page.getByLabel('Name')).toHaveValue('Nadia & <Newname>');
  await expect(page.getByLabel('Remind me')).not.toBeChecked();
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(flashMessage(page)).toContainText('saved');
  await expect(page.getByRole('banner')).toContainText('Nadia & <Newname>');
});

test('a competition that is typed while the session ends is there again after the log-in', async ({ accounts }) => {
  const organizer = await accounts.organizer();
  const page = await organizer.open('/organize/new');
  const form = page.getByTestId('competition-form');
  const description = `${'A long text with "quotes".\n'.repeat(400)}The end.`;
  await form.getByLabel('Title').fill('Long Evening');
  await form.getByLabel('Description').fill(description);
  await form.getByLabel('Starts').fill('2031-05-02T09:00');
  await form.getByLabel('Registration closes').fill('2031-05-01T09:00');
  await form.getByLabel('Seats', { exact: true }).fill('12');
  await form.getByLabel('Keep a waitlist').uncheck();
  await loseSession(page);
  await form.getByRole('button', { name: 'Create' }).click();
  await logIn(page, organizer.email);
  await expect(page).toHaveURL('/organize/new');
  await expect(form.getByLabel('Title')).toHaveValue('Long Evening');
  await expect(form.getByLabel('Description')).toHaveValue(description);
  await expect(form.getByLabel('Starts')).toHaveValue('2031-05-02T09:00');
  await expect(form.getByLabel('Keep a waitlist')).not.toBeChecked();
  await form.getByRole('button', { name: 'Create' }).click();
  await expect(flashMessage(page)).toContainText('created');
});

test('what was typed survives a sign-up on the way, and a log-in with a second factor', async ({ accounts }) => {
  const participant = await accounts.participant();
  const page = await participant.open('/me/second-factor');
  await page.getByRole('button', { name: 'Set up two-step log-in' }).click();
  const secret = await page.getByTestId('totp-secret').textContent();
  await page.getByLabel('Code from your app').fill(totp(secret));
  await page.getByRole('button', { name: 'Turn on' }).click();
  await page.getByRole('button', { name: "I've saved them" }).click();
  await page.goto('/me/profile');
  await page.getByLabel('Name').fill('Typed Before');
  await loseSession(page);
  await page.getByRole('button', { name: 'Save' }).click();
  const main = page.getByRole('main');
  await main.getByRole('button', { name: 'Sign up' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Create your account');
  await main.getByRole('button', { name: 'Log in' }).click();
  await main.getByRole('button', { name: 'Forgot your password?' }).click();
  await main.getByRole('button', { name: 'Back to log in' }).click();
  await logIn(page, participant.email);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Enter your code');
  await page.getByLabel('Code from your app').fill(totp(secret, 1));
  await page.getByRole('button', { name: 'Log in', exact: true }).click();
  await expect(page).toHaveURL('/me/profile');
  await expect(page.getByLabel('Name')).toHaveValue('Typed Before');
  await expect(flashMessage(page)).toContainText('not saved yet');
});

test('of two edits at the same time neither reverts the other', async ({ accounts }) => {
  const organizer = await accounts.organizer();
  const title = unique('Two Editors');
  const id = await organizer.createCompetition(title);
  const mine = await organizer.open(`/organize/${id}/edit`);
  const other = await organizer.open(`/organize/${id}/edit`);
  await other.getByLabel('Title').fill(`${title}, renamed`);
  await other.getByLabel('Seats', { exact: true }).fill('20');
  await other.getByRole('button', { name: 'Save changes' }).click();
  await expect(flashMessage(other)).toContainText('saved');
  await mine.getByLabel('Place').fill('My place');
  await mine.getByLabel('Seats', { exact: true }).fill('30');
  await mine.getByRole('button', { name: 'Save changes' }).click();
  await expect(flashMessage(mine)).toContainText('Somebody else saved changes');
  await expect(mine.getByLabel('Title'), 'not touched here').toHaveValue(`${title}, renamed`);
  await expect(mine.getByLabel('Place'), 'touched here only').toHaveValue('My place');
  const seats = mine.getByLabel('Seats', { exact: true });
  await expect(seats, 'touched by both').toHaveValue('30');
  await expect(seats).toHaveAccessibleDescription(/Saved by somebody else: 20/);
  await mine.getByRole('button', { name: 'Save changes' }).click();
  await expect(mine).toHaveURL(`/organize/${id}`);
  await expect(mine.getByRole('heading', { level: 1 })).toHaveText(`${title}, renamed`);
});
