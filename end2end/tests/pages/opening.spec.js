// Registration that opens later, with JavaScript and without.

import { expect, test } from '../../support/test.js';
import { inSeconds, unique } from '../../support/test-data.js';
import { flashMessage, registerButton, registrationStatus } from '../../support/steps.js';

test('a page that opens soon says when, and takes registrations from then on', async ({ accounts }) => {
  const organizer = await accounts.organizer();
  const id = await organizer.createCompetition(unique('Opens Soon'), { opensAt: inSeconds(5) });
  const participant = await accounts.participant();
  const page = await participant.open(`/competitions/${id}`);
  const panel = page.getByRole('complementary');
  await expect(panel).toContainText(/Opens \w{3} \d+ \w{3}, \d\d:\d\d UTC/);
  await expect(registerButton(page).and(page.locator(':enabled'))).toHaveCount(0);
  await participant.submit('register', { competitionId: id, idempotencyKey: crypto.randomUUID() });
  await page.goto(`/competitions/${id}`);
  await expect(flashMessage(page)).toContainText('registration opens');
  await expect(async () => {
    await page.goto(`/competitions/${id}`);
    await expect(registerButton(page)).toBeEnabled({ timeout: 500 });
  }).toPass();
  await registerButton(page).click();
  await expect(registrationStatus(page)).toContainText("You’re in!");
});

test('a participant asks to be reminded of an opening, and takes it back', async ({ accounts }) => {
  const organizer = await accounts.organizer();
  const id = await organizer.createCompetition(unique('Remind Me'), { opensAt: inSeconds(86_400) });
  const participant = await accounts.participant();
  const page = await participant.open(`/competitions/${id}`);
  await page.getByRole('button', { name: 'Remind me 15 minutes before' }).click();
  await expect(flashMessage(page)).toContainText("We’ll remind you 15 minutes before");
  await page.getByRole('button', { name: "Don’t remind me" }).click();
  await expect(flashMessage(page)).toContainText("You won’t be reminded");
  await expect(page.getByRole('button', { name: 'Remind me 15 minutes before' })).toBeVisible();
});
