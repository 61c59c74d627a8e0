import { expect, test } from '../../support/test.js';
import { DEMO, PASSWORD, unique, uniqueEmail } from '../../support/people.js';
import { logIn, outcome } from '../../support/steps.js';

test('a wrong password keeps the e-mail address and never the password', async ({ page }) => {
  await page.goto('/login');
  await logIn(page, DEMO.participant, 'not-the-password');
  await expect(page).toHaveURL('/login');
  const password = page.getByLabel('Password');
  await expect(page.getByLabel('E-mail')).toHaveValue(DEMO.participant);
  await expect(password).toHaveValue('');
  await expect(password).toHaveAccessibleDescription(/do not match/);
  expect(await page.content()).not.toContain('not-the-password');
  await logIn(page, DEMO.participant);
  await expect(outcome(page)).toContainText('Welcome back, Pat Participant');
});

test('an unknown account is answered like a wrong password', async ({ page }) => {
  await page.goto('/login');
  await logIn(page, uniqueEmail(), 'not-the-password');
  await expect(page.getByLabel('Password')).toHaveAccessibleDescription(/do not match/);
});

test('a sign-up with mistakes says them at the fields and keeps what was typed, but no password', async ({ page }) => {
  await page.goto('/signup');
  const form = page.getByTestId('signup-form');
  await form.getByLabel('Name').fill('Nadia & <New>');
  await form.getByLabel('E-mail').fill(DEMO.participant);
  await form.getByLabel('Password').fill('long-enough-it-is');
  await form.getByRole('button', { name: 'Sign up' }).click();
  await expect(page).toHaveURL('/signup');
  await expect(form.getByLabel('Name')).toHaveValue('Nadia & <New>');
  await expect(form.getByLabel('E-mail')).toHaveValue(DEMO.participant);
  await expect(form.getByLabel('E-mail')).toHaveAccessibleDescription(/exists already/);
  await expect(form.getByLabel('Password')).toHaveValue('');
  expect(await page.content()).not.toContain('long-enough-it-is');
});

test('a page for members leads over the login to itself', async ({ page }) => {
  await page.goto('/me/registrations?page=1');
  await expect(page).toHaveURL(/^[^?]+\/login\?next=/);
  await logIn(page, DEMO.participant);
  await expect(page).toHaveURL('/me/registrations?page=1');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('My registrations');
});

test('the login leads to no other site', async ({ page }) => {
  for (const next of ['https://evil.example/', '//evil.example', '/\\evil.example']) {
    await page.context().clearCookies();
    await page.goto(`/login?next=${encodeURIComponent(next)}`);
    await logIn(page, DEMO.participant);
    await expect(page).toHaveURL('/competitions');
  }
});

test('logging out ends the session', async ({ page }) => {
  await page.goto('/login');
  await logIn(page, DEMO.participant);
  await page.locator('summary').click();
  await page.getByRole('button', { name: 'Log out' }).click();
  await expect(page).toHaveURL('/');
  await expect(page.getByRole('banner').getByRole('link', { name: 'Log in' })).toBeVisible();
  await page.goto('/me/mailbox');
  await expect(page).toHaveURL(/\/login\?next=/);
});

test('what does not exist is a 404 page with a way on', async ({ page, witness }) => {
  witness.expect(/status of 404/);
  for (const address of [
    '/competitions/0190a6c0-0000-7000-8000-000000000000',
    '/competitions/not-an-id',
    '/no/such/page',
  ]) {
    const answer = await page.goto(address);
    expect(answer.status(), address).toBe(404);
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('Nothing here');
    await expect(page.getByRole('main').getByRole('link', { name: 'See all competitions' })).toBeVisible();
  }
});

test("somebody else's competition is closed to other organizers, and /organize to participants", async ({
  people,
  witness,
}) => {
  witness.expect(/status of 403/);
  const owner = await people.organizer();
  const id = await owner.offers(unique('Not Yours'));
  const rival = await people.organizer();
  const participant = await people.known(DEMO.participant);
  for (const [person, addresses] of [
    [rival, [`/organize/${id}`, `/organize/${id}/edit`, `/organize/${id}/registrations`, `/organize/${id}/delete`]],
    [participant, ['/organize', '/organize/new', `/organize/${id}`]],
  ]) {
    const page = await person.opens('/');
    for (const address of addresses) {
      const answer = await page.goto(address);
      expect(answer.status(), address).toBe(403);
      await expect(page.getByRole('heading', { level: 1 })).toHaveText('Not yours to see');
    }
  }
});

test('the profile can be changed, and shows the new name at once', async ({ people }) => {
  const person = await people.newcomer('Petra Before');
  const page = await person.opens('/me/profile');
  await page.getByLabel('Name').fill('Petra After');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(outcome(page)).toContainText('saved');
  await expect(page.getByLabel('Name')).toHaveValue('Petra After');
  await expect(page.getByRole('banner')).toContainText('Petra After');
});

test('cookies are out of reach of scripts and of other sites', async ({ page, context }) => {
  await page.goto('/login');
  await logIn(page, DEMO.participant, PASSWORD);
  await expect(outcome(page)).toBeVisible();
  const session = (await context.cookies()).find(({ name }) => name.endsWith('mc_session'));
  expect(session).toMatchObject({ httpOnly: true, sameSite: 'Lax', path: '/' });
});
