import { expect, test } from '../../support/test.js';
import { DEMO, PASSWORD, unique, uniqueEmail } from '../../support/test-data.js';
import { flashMessage, logIn, registerButton, registrationStatus } from '../../support/steps.js';

test('after a wrong password the form keeps the e-mail address but not the password', async ({ page }) => {
  await page.goto('/login');
  await logIn(page, DEMO.participant, 'not-the-password');
  await expect(page).toHaveURL('/login');
  const password = page.getByLabel('Password');
  await expect(page.getByLabel('E-mail')).toHaveValue(DEMO.participant);
  await expect(password).toHaveValue('');
  await expect(password).toHaveAccessibleDescription(/Wrong email or password/);
  expect(await page.content()).not.toContain('not-the-password');
  await logIn(page, DEMO.participant);
  await expect(flashMessage(page)).toContainText('Welcome back, Pat Participant');
});

test('an unknown account gets the same error as a wrong password', async ({ page }) => {
  await page.goto('/login');
  await logIn(page, uniqueEmail(), 'not-the-password');
  await expect(page.getByLabel('Password')).toHaveAccessibleDescription(/Wrong email or password/);
});

test('a sign-up with errors shows them at their fields and keeps the input, except the password', async ({ page }) => {
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
  await page.getByRole('button', { name: 'Log in instead' }).click();
  await expect(page).toHaveURL('/login');
  await expect(page.getByTestId('login-form').getByLabel('E-mail')).toHaveValue(DEMO.participant);
});

test('a page that requires a log-in is shown after the log-in', async ({ page }) => {
  await page.goto('/me/registrations?page=1');
  await expect(page).toHaveURL(/^[^?]+\/login\?next=/);
  await logIn(page, DEMO.participant);
  await expect(page).toHaveURL('/me/registrations?page=1');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('My registrations');
});

test('the log-in never redirects to another site', async ({ page }) => {
  for (const next of ['https://evil.example/', '//evil.example', '/\\evil.example']) {
    // An open page would ask for news with the cookies that are gone.
    await page.goto('about:blank');
    await page.context().clearCookies();
    await page.goto(`/login?next=${encodeURIComponent(next)}`);
    await logIn(page, DEMO.participant);
    await expect(page).toHaveURL('/competitions');
  }
});

test('logging out ends the session', async ({ page }) => {
  await page.goto('/login');
  await logIn(page, DEMO.participant);
  await page.getByRole('banner').locator('summary').click();
  await page.getByRole('button', { name: 'Log out' }).click();
  await expect(page).toHaveURL('/');
  await expect(page.getByRole('banner').getByRole('link', { name: 'Log in' })).toBeVisible();
  await page.goto('/me/mailbox');
  await expect(page).toHaveURL(/\/login\?next=/);
});

test('an address that does not exist shows a 404 page with a link to all competitions', async ({ page, monitor }) => {
  monitor.allow(/status of 404/);
  for (const address of [
    '/competitions/0190a6c0-0000-7000-8000-000000000000',
    '/competitions/not-an-id',
    '/no/such/page',
  ]) {
    const response = await page.goto(address);
    expect(response.status(), address).toBe(404);
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('Nothing here');
    await expect(page.getByRole('main').getByRole('link', { name: 'See all competitions' })).toBeVisible();
  }
});

test("an organizer cannot open another organizer's competition, and a participant cannot open /organize", async ({
  accounts,
  monitor,
}) => {
  monitor.allow(/status of 403/);
  const owner = await accounts.organizer();
  const id = await owner.createCompetition(unique('Not Yours'));
  const otherOrganizer = await accounts.organizer();
  const participant = await accounts.logIn(DEMO.participant);
  for (const [account, addresses] of [
    [otherOrganizer, [`/organize/${id}`, `/organize/${id}/edit`, `/organize/${id}/registrations`, `/organize/${id}/delete`]],
    [participant, ['/organize', '/organize/new', `/organize/${id}`]],
  ]) {
    const page = await account.open('/');
    for (const address of addresses) {
      const response = await page.goto(address);
      expect(response.status(), address).toBe(403);
      const words = account === participant ? "You can’t organize competitions yet" : "You don’t have access";
      await expect(page.getByRole('heading', { level: 1 })).toHaveText(words);
    }
  }
});

test('a changed name is shown at once', async ({ accounts }) => {
  const participant = await accounts.participant('Petra Before');
  const page = await participant.open('/me/profile');
  await page.getByLabel('Name').fill('Petra After');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(flashMessage(page)).toContainText('saved');
  await expect(page.getByLabel('Name')).toHaveValue('Petra After');
  await expect(page.getByRole('banner')).toContainText('Petra After');
});

test('one chooses the zone of times and which mail to get', async ({ accounts }) => {
  const organizer = await accounts.organizer();
  const id = await organizer.createCompetition(unique('Nine O Clock'));
  const participant = await accounts.participant('Zora Zone');
  await participant.register(id);
  const page = await participant.open('/me/profile');
  await page.getByLabel('Time zone').selectOption('Asia/Tokyo');
  await page.getByLabel('Mail me what organizers write').uncheck();
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(flashMessage(page)).toContainText('saved');
  await expect(page.getByLabel('Time zone')).toHaveValue('Asia/Tokyo');
  await expect(page.getByLabel('Mail me what organizers write')).not.toBeChecked();
  await expect(page.getByLabel('Remind me by mail before a competition starts')).toBeChecked();
  // It starts at 9:00 UTC.
  await page.goto('/me/registrations');
  await expect(page.locator('time[data-venue]').filter({ hasText: '18:00 JST for you' }).first()).toBeVisible();
});

test('a visitor presses register, logs in, and has a seat; the page says so before', async ({ accounts, page }) => {
  const organizer = await accounts.organizer();
  const id = await organizer.createCompetition(unique('One Press'));
  const participant = await accounts.participant();
  await page.goto(`/competitions/${id}`);
  await registerButton(page).click();
  await expect(page.getByRole('button', { name: 'Log in and register' })).toBeVisible();
  await logIn(page, participant.email);
  await expect(page).toHaveURL(/\/me\/registrations\/[0-9a-f-]{36}$/);
  await expect(registrationStatus(page)).toContainText("You’re in!");
});

test('the links of the header keep where one was, and logging out says so', async ({ page }) => {
  await page.goto('/competitions?search=nothing-has-this-name');
  await page.getByRole('banner').getByRole('link', { name: 'Log in' }).click();
  await logIn(page, DEMO.participant);
  await expect(page).toHaveURL('/competitions?search=nothing-has-this-name');
  await page.getByRole('banner').locator('summary').click();
  await page.getByRole('button', { name: 'Log out' }).click();
  await expect(flashMessage(page)).toContainText("You’re logged out");
});

test('one logs other devices out, and deletes the account with the password', async ({ accounts, page }) => {
  const participant = await accounts.participant('Dora Delete');
  await page.goto('/login');
  await logIn(page, participant.email);
  await page.goto('/me/sessions');
  await expect(page.getByTestId('session')).toHaveCount(2);
  await page.getByRole('button', { name: 'Log out everywhere else' }).click();
  await expect(page.getByTestId('session')).toHaveCount(1);
  await expect(page.getByTestId('session')).toContainText('This device');
  await page.goto('/me/data');
  const form = page.getByTestId('delete-account-form');
  await form.getByLabel('Password').fill('not my password');
  await form.getByRole('button', { name: 'Delete my account' }).click();
  await expect(form.getByLabel('Password')).toHaveAccessibleDescription(/not your password/);
  await form.getByLabel('Password').fill(PASSWORD);
  await form.getByRole('button', { name: 'Delete my account' }).click();
  await expect(flashMessage(page)).toContainText('Your account is deleted');
  await page.goto('/login');
  await logIn(page, participant.email);
  await expect(page.getByLabel('Password')).toHaveAccessibleDescription(/Wrong email or password/);
});

test('a forgotten password leads to whom to ask on a site that sends no mail, and back to where one was', async ({ page }) => {
  await page.goto('/login?next=%2Fme%2Fmailbox');
  await page.getByRole('button', { name: 'Forgot your password?' }).click();
  await expect(page.getByRole('main')).toContainText("can’t send mail");
  await page.getByRole('link', { name: 'Back to log in' }).click();
  await expect(page).toHaveURL('/login?next=%2Fme%2Fmailbox');
});

test('a link from a mail that does not work any more says so and leads on', async ({ page, monitor }) => {
  monitor.allow(/status of 410/);
  const response = await page.goto('/reset?token=used-or-made-up');
  expect(response.status()).toBe(410);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText("This link doesn’t work any more");
  await page.getByRole('link', { name: 'Send me a new link' }).click();
  await expect(page).toHaveURL('/forgot');
});

test('a password is changed with the current one', async ({ accounts, page }) => {
  const participant = await accounts.participant('Pia Password');
  const own = await participant.open('/me/security');
  const form = own.getByTestId('password-form');
  const submit = async (current, replacement) => {
    await form.getByLabel('Current password').fill(current);
    await form.getByLabel('New password').fill(replacement);
    await form.getByRole('button', { name: 'Change password' }).click();
  };
  await submit('not my password', 'violet-teapot-harbour');
  await expect(form.getByLabel('Current password')).toHaveAccessibleDescription(/not your password/);
  await submit(PASSWORD, 'violet-teapot-harbour');
  await expect(flashMessage(own)).toContainText('Your password is changed');
  await page.goto('/login');
  await logIn(page, participant.email, 'violet-teapot-harbour');
  await expect(flashMessage(page)).toContainText('Welcome back');
});

test('the session cookie is HttpOnly and SameSite=Lax', async ({ page, context }) => {
  await page.goto('/login');
  await logIn(page, DEMO.participant, PASSWORD);
  await expect(flashMessage(page)).toBeVisible();
  const session = (await context.cookies()).find(({ name }) => name.endsWith('mc_session'));
  expect(session).toMatchObject({ httpOnly: true, sameSite: 'Lax', path: '/' });
});
