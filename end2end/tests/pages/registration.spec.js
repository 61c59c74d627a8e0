import { expect, test } from '../../support/test.js';
import { inSeconds, unique, uniqueEmail } from '../../support/test-data.js';
import { flashMessage, registerButton, registerForm, registrationStatus, seatsLeft, signUp, waitForMessage } from '../../support/steps.js';

test('a visitor finds a competition, signs up, registers, receives the confirmation, and cancels', async ({
  page,
  accounts,
}) => {
  const organizer = await accounts.organizer();
  const title = unique('Bridge Building');
  const id = await organizer.createCompetition(title, { capacity: '5' });

  await test.step('browse and search', async () => {
    await page.goto('/');
    await page.getByRole('link', { name: 'Browse competitions' }).click();
    await expect(page).toHaveURL('/competitions');
    await page.getByLabel('Search').fill(title);
    await page.getByLabel('Search').press('Enter');
    await expect(page).toHaveURL(/[?&]search=Bridge/);
    await expect(page.getByTestId('result-count')).toHaveText('1 competition');
    await page.getByRole('link', { name: title }).click();
    await expect(page).toHaveURL(`/competitions/${id}`);
    await expect(page.getByRole('heading', { level: 1 })).toHaveText(title);
    await expect(seatsLeft(page)).toHaveText('5');
  });

  await test.step('an anonymous visitor presses once, signs up, and has a seat', async () => {
    await registerButton(page).click();
    await expect(page).toHaveURL(/\/login\?next=/);
    await expect(flashMessage(page)).toContainText('Log in');
    await page.getByRole('main').getByRole('button', { name: 'Sign up' }).click();
    await signUp(page, { name: 'Nadia New', email: uniqueEmail() });
    await expect(page).toHaveURL(/\/me\/registrations\/[0-9a-f-]{36}$/);
    await expect(flashMessage(page), 'the page says it').toHaveCount(0);
    await expect(registrationStatus(page)).toContainText("You’re in!");
    await expect(page.getByRole('img', { name: 'QR code for check-in' })).toBeVisible();
  });

  await test.step('a reload and the page of the competition show the same state', async () => {
    await page.reload();
    await expect(registrationStatus(page)).toContainText("You’re in!");
    await page.getByRole('link', { name: 'View competition' }).click();
    await expect(page).toHaveURL(`/competitions/${id}`);
    await expect(registrationStatus(page)).toContainText("You’re in!");
    await expect(registerButton(page)).toHaveCount(0);
    await expect(seatsLeft(page)).toHaveText('4');
  });

  await test.step('exactly one confirmation arrives, and can be read', async () => {
    const message = await waitForMessage(page, `You’re in: ${title}`);
    await expect(page.getByTestId('unread-count')).toHaveText('1');
    await message.click();
    await expect(page.getByRole('heading', { level: 2, name: `You’re in: ${title}` })).toBeVisible();
    await expect(page.getByRole('article').getByRole('link', { name: /\/competitions\// })).toHaveAttribute(
      'href',
      new RegExp(`/competitions/${id}$`),
    );
    await page.goto(`/competitions/${id}`);
    await expect(registrationStatus(page)).toHaveAttribute('data-status', 'CONFIRMED');
  });

  await test.step('cancel in the list of registrations, after a confirmation prompt', async () => {
    await page.goto('/me/registrations');
    const registration = page.getByTestId('registration').filter({ hasText: title });
    await expect(registration).toHaveAttribute('data-status', 'CONFIRMED');
    await registration.getByRole('link', { name: `Cancel registration for ${title}` }).click();
    await expect(page.getByText(`Your seat in ${title} is free for others at once`)).toBeVisible();
    await page.getByRole('button', { name: 'Yes, cancel registration' }).click();
    await expect(page).toHaveURL('/me/registrations');
    await expect(flashMessage(page)).toContainText('Your registration is cancelled');
    await expect(registration).toHaveAttribute('data-status', 'CANCELLED');
  });

  await test.step('the seat is free again, also for the same account', async () => {
    await page.goto(`/competitions/${id}`);
    await expect(seatsLeft(page)).toHaveText('5');
    await registerButton(page).click();
    await expect(page).toHaveURL(/\/me\/registrations\/[0-9a-f-]{36}$/);
    await expect(registrationStatus(page)).toContainText("You’re in!");
    await page.goto(`/competitions/${id}`);
    await expect(seatsLeft(page)).toHaveText('4');
  });
});

test('a cancellation that is not confirmed changes nothing', async ({ accounts }) => {
  const organizer = await accounts.organizer();
  const id = await organizer.createCompetition(unique('Kept Seats'));
  const participant = await accounts.participant();
  await participant.register(id);
  const page = await participant.open(`/competitions/${id}`);
  await page.getByRole('link', { name: 'Cancel registration' }).click();
  await page.getByRole('link', { name: 'Keep it' }).click();
  await page.goto(`/competitions/${id}`);
  await expect(registrationStatus(page)).toContainText("You’re in!");
});

test('the waitlist shows how many are ahead, before and after joining, and its head gets a free seat', async ({
  accounts,
}) => {
  const organizer = await accounts.organizer();
  const title = unique('Crowded Room');
  const id = await organizer.createCompetition(title, { capacity: '1', waitlistEnabled: 'on' });
  const holder = await accounts.participant();
  await holder.register(id);

  const first = await accounts.participant();
  const page = await first.open(`/competitions/${id}`);
  await expect(seatsLeft(page)).toHaveText('0');
  await expect(page.getByText('You would be first on the waitlist')).toBeVisible();
  await registerButton(page).click();
  await expect(registrationStatus(page)).toContainText('Number 1 on the waitlist');
  await expect(registrationStatus(page)).toContainText('You are next');

  const second = await accounts.participant();
  const secondPage = await second.open(`/competitions/${id}`);
  await expect(secondPage.getByText('1 person is ahead of you')).toBeVisible();
  await registerButton(secondPage).click();
  await expect(registrationStatus(secondPage)).toContainText('Number 2 on the waitlist');
  await expect(registrationStatus(secondPage)).toContainText('1 person is ahead of you');

  const holderPage = await holder.open(`/competitions/${id}`);
  await holderPage.getByRole('link', { name: 'Cancel registration' }).click();
  await holderPage.getByRole('button', { name: 'Yes, cancel registration' }).click();
  await expect(flashMessage(holderPage)).toContainText('Your registration is cancelled');

  await page.reload();
  await expect(registrationStatus(page)).toContainText("You’re in!");
  await secondPage.reload();
  await expect(registrationStatus(secondPage)).toContainText('Number 1 on the waitlist');
  await waitForMessage(page, `A seat for you: ${title}`);
});

test('a double click takes one seat', async ({ accounts }) => {
  const organizer = await accounts.organizer();
  const id = await organizer.createCompetition(unique('Twice'), { capacity: '5', waitlistEnabled: 'on' });
  const participant = await accounts.participant();
  const page = await participant.open(`/competitions/${id}`);
  await registerButton(page).dblclick({ noWaitAfter: true });
  await expect(registrationStatus(page)).toContainText("You’re in!");
  await page.goto(`/competitions/${id}`);
  await expect(seatsLeft(page)).toHaveText('4');
  await page.goto('/me/registrations');
  await expect(page.getByTestId('registration')).toHaveCount(1);
});

test('submitting again after the back button takes no second seat', async ({ accounts }) => {
  const organizer = await accounts.organizer();
  const id = await organizer.createCompetition(unique('Back Button'), { capacity: '5' });
  const participant = await accounts.participant();
  const page = await participant.open('/competitions');
  await page.goto(`/competitions/${id}`);
  const key = await page.locator('input[name=idempotencyKey]').inputValue();
  await registerButton(page).click();
  await expect(page).toHaveURL(/\/me\/registrations\/[0-9a-f-]{36}$/);
  await expect(registrationStatus(page)).toContainText("You’re in!");
  // A cached page submits the same form again; a reloaded one has a new idempotency key.
  await participant.submit('register', { competitionId: id, idempotencyKey: key });
  await participant.submit('register', { competitionId: id, idempotencyKey: crypto.randomUUID() });
  await page.goto(`/competitions/${id}`);
  await expect(flashMessage(page)).toContainText('You are registered already');
  await expect(registrationStatus(page)).toContainText("You’re in!");
  await expect(seatsLeft(page)).toHaveText('4');
});

test('a full, closed, cancelled or past competition says so instead of showing the button', async ({ page, accounts }) => {
  const organizer = await accounts.organizer();
  const full = await organizer.createCompetition(unique('Full House'), { capacity: '1' });
  await (await accounts.participant()).register(full);
  const closed = await organizer.createCompetition(unique('Closed Doors'), { regDeadline: inSeconds(2) });
  const over = await organizer.createCompetition(unique('Long Ago'), {
    regDeadline: inSeconds(2),
    startsAt: inSeconds(2),
    endsAt: inSeconds(2),
  });
  const calledOff = await organizer.createCompetition(unique('Called Off'));
  await organizer.submit('call-off-competition', { competitionId: calledOff });
  for (const [id, words] of [
    [full, 'Every seat is taken'],
    [closed, 'Registration is closed'],
    [over, 'It has ended'],
    [calledOff, 'has cancelled this competition'],
  ]) {
    await expect(async () => {
      await page.goto(`/competitions/${id}`);
      await expect(page.getByRole('complementary')).toContainText(words, { timeout: 500 });
    }, words).toPass();
    await expect(registerForm(page)).toHaveCount(0);
  }
});

test('filters, sorting and paging are part of the address', async ({ page }) => {
  await page.goto('/competitions?status=OPEN&sort=title&perPage=3');
  await expect(page.getByRole('main').getByLabel('Status')).toHaveValue('OPEN');
  await expect(page.getByLabel('Sort by')).toHaveValue('title');
  await page.goto('/competitions?tag=climate');
  await expect(page.getByRole('article')).toHaveCount(1);
  await page.getByRole('link', { name: 'Remove the topic climate' }).click();
  await expect(page).toHaveURL('/competitions');
  await page.goto('/competitions?search=no-such-thing-anywhere');
  await expect(page.getByText('No match')).toBeVisible();
  await page.getByRole('main').getByRole('link', { name: 'Clear all' }).first().click();
  await expect(page).toHaveURL('/competitions');
  expect(await page.getByRole('article').count()).toBeGreaterThan(1);
});
