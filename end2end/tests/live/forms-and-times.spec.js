// What the browser adds to forms and times.

import { expect, test } from '../../support/test.js';
import { unique } from '../../support/test-data.js';
import { registerButton, registerForm, registrationStatus, seatsLeft, waitForIslands } from '../../support/steps.js';

test('leaving an edited form asks first, and a saved or abandoned one does not', async ({ accounts }) => {
  const participant = await accounts.participant();
  const page = await participant.open('/me/profile');
  await waitForIslands(page);
  let asked = 0;
  page.on('dialog', (dialog) => {
    asked += 1;
    return dialog.accept();
  });
  await page.goto('/me/mailbox');
  expect(asked, 'nothing was typed').toBe(0);
  await page.goto('/me/profile');
  await page.getByLabel('Name').pressSequentially(' II');
  await page.goto('/me/mailbox');
  expect(asked, 'edited').toBe(1);
  await page.goto('/me/profile');
  await page.getByLabel('Name').pressSequentially(' II');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByText('Your profile is saved')).toBeVisible();
  expect(asked, 'saved').toBe(1);
  const organizer = await accounts.organizer();
  const form = await organizer.open('/organize/new');
  form.on('dialog', (dialog) => {
    asked += 1;
    return dialog.accept();
  });
  await form.getByLabel('Title').pressSequentially('Never mind');
  await form.getByRole('link', { name: 'Leave without saving' }).click();
  await expect(form).toHaveURL('/organize');
  expect(asked, 'left on purpose').toBe(1);
});

test('a registration that gave up is sent again when the browser is back online', async ({ accounts, monitor }) => {
  test.setTimeout(90_000);
  monitor.allow(/ERR_INTERNET_DISCONNECTED/);
  const organizer = await accounts.organizer();
  const id = await organizer.createCompetition(unique('Long Tunnel'), { capacity: '5' });
  const participant = await accounts.participant();
  const page = await participant.open(`/competitions/${id}`);
  await waitForIslands(page);
  await page.context().setOffline(true);
  await registerButton(page).click();
  await expect(registerForm(page).getByRole('status')).toContainText("when you’re back online", { timeout: 40_000 });
  await page.context().setOffline(false);
  await expect(registrationStatus(page)).toContainText("You’re in!");
  await page.goto(`/competitions/${id}`);
  await expect(seatsLeft(page)).toHaveText('4');
});

test('the list of participants follows the seats on the open page of the organizer', async ({ accounts }) => {
  const organizer = await accounts.organizer();
  const id = await organizer.createCompetition(unique('Filling Up'));
  const pages = [await organizer.open(`/organize/${id}`), await organizer.open(`/organize/${id}/registrations`)];
  for (const page of pages) {
    await waitForIslands(page);
    await expect(page.getByText('Nobody yet')).toBeVisible();
  }
  await (await accounts.participant(unique('Greta Guest'))).register(id);
  for (const page of pages) {
    await expect(page.getByRole('row').filter({ hasText: 'Greta Guest' })).toBeVisible();
    await expect(page.getByText('Nobody yet')).toHaveCount(0);
  }
});

/** Opens a page as a visitor with this language and time zone. */
async function openAs(browser, monitor, baseURL, address, options) {
  const context = await browser.newContext({ baseURL, ...options });
  monitor.watch(context);
  const page = await context.newPage();
  await page.goto(address);
  await waitForIslands(page);
  return page;
}

test("a time is that of the venue first and the visitor's second, both with their zones", async ({ browser, accounts, monitor, baseURL }) => {
  const organizer = await accounts.organizer();
  const id = await organizer.createCompetition(unique('Zones'), {
    startsAt: '2031-01-15T10:00',
    endsAt: '2031-01-15T12:00',
    regDeadline: '2031-01-10T09:00',
    timeZone: 'Europe/Copenhagen',
  });
  const visitor = (options) => openAs(browser, monitor, baseURL, `/competitions/${id}`, options);
  const start = (page) => page.locator('.facts time[datetime="2031-01-15T09:00:00Z"]').first();
  const near = await visitor({ timezoneId: 'Europe/Berlin', locale: 'en-GB' });
  await expect(start(near), 'the same clock').toHaveText(/^Wed,? 15 Jan 2031, 10:00 CET$/);
  const far = await visitor({ timezoneId: 'America/Los_Angeles', locale: 'en-US' });
  await expect(start(far)).toHaveText(/^Wed,? 15 Jan 2031, 10:00 CET · 1:00\sAM PST for you$/);
  const further = await visitor({ timezoneId: 'Pacific/Auckland', locale: 'en-NZ' });
  await expect(start(further)).toHaveText(/^Wed,? 15 Jan 2031, 10:00 CET · 10:00\s(pm|PM) \S+ for you$/);
  // In the language of the page: Polish visitors get English, and Arabic has 24 hours like the server.
  for (const [locale, words] of [
    ['de-DE', /10:00 CET · 18:00 \S+ für dich$/],
    ['pl-PL', /10:00 CET · 18:00 \S+ for you$/],
    ['ja-JP', /10:00 CET · あなたの地域では18:00/],
    ['ar-EG', /10:00\D+CET\D+18:00/],
  ]) {
    const page = await visitor({ timezoneId: 'Asia/Tokyo', locale });
    await expect(start(page), locale).toHaveText(words);
  }
});

test('a chosen language leaves the address, and stays', async ({ page }) => {
  const root = page.locator('html');
  await page.goto('/competitions?search=Harbour&lang=de#content');
  await waitForIslands(page);
  await expect(page).toHaveURL(/\/competitions\?search=Harbour#content$/);
  await expect(root).toHaveAttribute('lang', 'de');
  await page.goto('/?lang=ar');
  await waitForIslands(page);
  // Going back does not undo the later choice.
  await page.goBack();
  await expect(page).toHaveURL(/search=Harbour#content$/);
  await page.reload();
  await expect(root).toHaveAttribute('lang', 'ar');
  await expect(root).toHaveAttribute('dir', 'rtl');
});
