import { expect, test } from '../../support/test.js';
import { inSeconds, unique, uniqueEmail } from '../../support/people.js';
import { mailArrives, outcome, registerButton, registerForm, seatsLeft, signUp, status } from '../../support/steps.js';

test('someone new finds a competition, signs up, takes a seat, gets the confirmation, and gives the seat back', async ({
  page,
  people,
}) => {
  const organizer = await people.organizer();
  const title = unique('Bridge Building');
  const id = await organizer.offers(title, { capacity: '5' });

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

  await test.step('the button leads a stranger through sign-up and back', async () => {
    await registerButton(page).click();
    await expect(page).toHaveURL(/\/login\?next=/);
    await expect(outcome(page)).toContainText('Log in');
    await page.getByRole('main').getByRole('link', { name: 'Sign up' }).click();
    await signUp(page, { name: 'Nadia New', email: uniqueEmail() });
    await expect(page).toHaveURL(`/competitions/${id}`);
    await expect(outcome(page)).toContainText('Welcome, Nadia New');
    await expect(seatsLeft(page), 'signing up takes no seat').toHaveText('5');
  });

  await test.step('take a seat', async () => {
    await registerButton(page).click();
    await expect(outcome(page)).toContainText('You have a seat');
    await expect(status(page)).toContainText('You have a seat');
    await expect(seatsLeft(page)).toHaveText('4');
  });

  await test.step('a reload tells the truth', async () => {
    await page.reload();
    await expect(outcome(page), 'said once').toHaveCount(0);
    await expect(status(page)).toContainText('You have a seat');
    await expect(registerButton(page)).toHaveCount(0);
    await expect(seatsLeft(page)).toHaveText('4');
  });

  await test.step('the confirmation arrives, once, and can be read', async () => {
    const mail = await mailArrives(page, `You're in: ${title}`);
    await expect(page.getByTestId('unread-count')).toHaveText('1');
    await mail.click();
    await expect(page.getByRole('heading', { level: 2, name: `You're in: ${title}` })).toBeVisible();
    await expect(page.getByRole('article').getByRole('link', { name: /\/competitions\// })).toHaveAttribute(
      'href',
      new RegExp(`/competitions/${id}$`),
    );
    await page.goto(`/competitions/${id}`);
    await expect(status(page)).toHaveAttribute('data-status', 'CONFIRMED');
  });

  await test.step('my registrations: cancel, after a question', async () => {
    await page.goto('/me/registrations');
    const ticket = page.getByTestId('registration').filter({ hasText: title });
    await expect(ticket).toHaveAttribute('data-status', 'CONFIRMED');
    await ticket.getByRole('link', { name: `Cancel your place in ${title}` }).click();
    await expect(page.getByText(`Your seat in ${title} goes to the next person`)).toBeVisible();
    await page.getByRole('button', { name: 'Yes, give the seat back' }).click();
    await expect(page).toHaveURL('/me/registrations');
    await expect(outcome(page)).toContainText('given back');
    await expect(ticket).toHaveAttribute('data-status', 'CANCELLED');
  });

  await test.step('the seat is free again, also for the one who gave it back', async () => {
    await page.goto(`/competitions/${id}`);
    await expect(seatsLeft(page)).toHaveText('5');
    await registerButton(page).click();
    await expect(status(page)).toContainText('You have a seat');
    await expect(seatsLeft(page)).toHaveText('4');
  });
});

test('keeping the seat after all changes nothing', async ({ people }) => {
  const organizer = await people.organizer();
  const id = await organizer.offers(unique('Kept Seats'));
  const person = await people.newcomer();
  await person.registers(id);
  const page = await person.opens(`/competitions/${id}`);
  await page.getByRole('link', { name: 'Give the seat back' }).click();
  await page.getByRole('link', { name: 'Keep it' }).click();
  await page.goto(`/competitions/${id}`);
  await expect(status(page)).toContainText('You have a seat');
});

test('the waitlist says how many are ahead, before and after joining, and the first in it gets the free seat', async ({
  people,
}) => {
  const organizer = await people.organizer();
  const title = unique('Crowded Room');
  const id = await organizer.offers(title, { capacity: '1', waitlistEnabled: 'on' });
  const holder = await people.newcomer();
  await holder.registers(id);

  const first = await people.newcomer();
  const page = await first.opens(`/competitions/${id}`);
  await expect(seatsLeft(page)).toHaveText('0');
  await expect(page.getByText('You would be the first in the queue')).toBeVisible();
  await registerButton(page).click();
  await expect(status(page)).toContainText('Number 1 on the waitlist');
  await expect(status(page)).toContainText('You are next');

  const second = await people.newcomer();
  const behind = await second.opens(`/competitions/${id}`);
  await expect(behind.getByText('1 person is ahead of you')).toBeVisible();
  await registerButton(behind).click();
  await expect(status(behind)).toContainText('Number 2 on the waitlist');
  await expect(status(behind)).toContainText('1 person is ahead of you');

  const ticketOf = await holder.opens(`/competitions/${id}`);
  await ticketOf.getByRole('link', { name: 'Give the seat back' }).click();
  await ticketOf.getByRole('button', { name: 'Yes, give the seat back' }).click();
  await expect(outcome(ticketOf)).toContainText('given back');

  await page.reload();
  await expect(status(page)).toContainText('You have a seat');
  await behind.reload();
  await expect(status(behind)).toContainText('Number 1 on the waitlist');
  await mailArrives(page, `A seat for you: ${title}`);
});

test('a double click takes one seat', async ({ people }) => {
  const organizer = await people.organizer();
  const id = await organizer.offers(unique('Twice'), { capacity: '5', waitlistEnabled: 'on' });
  const person = await people.newcomer();
  const page = await person.opens(`/competitions/${id}`);
  await registerButton(page).dblclick({ noWaitAfter: true });
  await expect(status(page)).toContainText('You have a seat');
  await page.goto(`/competitions/${id}`);
  await expect(seatsLeft(page)).toHaveText('4');
  await page.goto('/me/registrations');
  await expect(page.getByTestId('registration')).toHaveCount(1);
});

test('going back and pressing again takes no second seat', async ({ people }) => {
  const organizer = await people.organizer();
  const id = await organizer.offers(unique('Back Button'), { capacity: '5' });
  const person = await people.newcomer();
  const page = await person.opens('/competitions');
  await page.goto(`/competitions/${id}`);
  const key = await page.locator('input[name=idempotencyKey]').inputValue();
  await registerButton(page).click();
  await expect(status(page)).toContainText('You have a seat');
  // What a browser does that kept the old page: the same form again, or the same page under a new key.
  await person.send('register', { competitionId: id, idempotencyKey: key });
  await person.send('register', { competitionId: id, idempotencyKey: crypto.randomUUID() });
  await page.goto(`/competitions/${id}`);
  await expect(outcome(page)).toContainText('You are registered already');
  await expect(status(page)).toContainText('You have a seat');
  await expect(seatsLeft(page)).toHaveText('4');
});

test('what is full, closed, called off or over says so instead of offering a button', async ({ page, people }) => {
  const organizer = await people.organizer();
  const full = await organizer.offers(unique('Full House'), { capacity: '1' });
  await (await people.newcomer()).registers(full);
  const closed = await organizer.offers(unique('Closed Doors'), { regDeadline: inSeconds(2) });
  const over = await organizer.offers(unique('Long Ago'), {
    regDeadline: inSeconds(2),
    startsAt: inSeconds(2),
    endsAt: inSeconds(2),
  });
  const calledOff = await organizer.offers(unique('Called Off'));
  await organizer.send('call-off-competition', { competitionId: calledOff });
  for (const [id, words] of [
    [full, 'Every seat is taken'],
    [closed, 'Registration is closed'],
    [over, 'It is over'],
    [calledOff, 'has called this competition off'],
  ]) {
    await expect(async () => {
      await page.goto(`/competitions/${id}`);
      await expect(page.getByRole('complementary')).toContainText(words, { timeout: 500 });
    }, words).toPass();
    await expect(registerForm(page)).toHaveCount(0);
  }
});

test('filters, sorting and pages stand in the address', async ({ page }) => {
  await page.goto('/competitions?status=OPEN&sort=title&perPage=3');
  await expect(page.getByRole('main').getByLabel('State')).toHaveValue('OPEN');
  await expect(page.getByLabel('Sort by')).toHaveValue('title');
  await page.goto('/competitions?tag=chess');
  await expect(page.getByRole('article')).toHaveCount(1);
  await page.getByRole('link', { name: 'Remove the subject chess' }).click();
  await expect(page).toHaveURL('/competitions');
  await page.goto('/competitions?search=no-such-thing-anywhere');
  await expect(page.getByText('No match')).toBeVisible();
  await page.getByRole('main').getByRole('link', { name: 'Clear all' }).first().click();
  await expect(page).toHaveURL('/competitions');
  expect(await page.getByRole('article').count()).toBeGreaterThan(1);
});
