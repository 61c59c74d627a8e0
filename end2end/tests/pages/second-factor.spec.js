import { flashMessage, logIn, registerButton, registrationStatus } from '../../support/steps.js';
import { expect, test } from '../../support/test.js';
import { DEMO, unique } from '../../support/test-data.js';
import { totp } from '../../support/totp.js';

/** Sets up an app on the page of the account. Returns its secret and the recovery codes. */
async function setUp(page) {
  await page.goto('/me/security');
  await page.getByRole('link', { name: 'Set up two-step log-in' }).click();
  await page.getByRole('button', { name: 'Set up two-step log-in' }).click();
  await expect(page.getByRole('img', { name: 'QR code for your authenticator app' })).toBeVisible();
  const secret = await page.getByTestId('totp-secret').textContent();
  await page.getByLabel('Code from your app').fill('000 00');
  await page.getByRole('button', { name: 'Turn on' }).click();
  await expect(page.getByLabel('Code from your app')).toHaveAccessibleDescription(/six digits/);
  await page.getByLabel('Code from your app').fill(totp(secret));
  await page.getByRole('button', { name: 'Turn on' }).click();
  await expect(flashMessage(page)).toContainText('Two-step log-in is on');
  const codes = await page.getByTestId('recovery-codes').getByRole('listitem').allTextContents();
  expect(codes).toHaveLength(10);
  await page.getByRole('button', { name: "I’ve saved them" }).click();
  await expect(page).toHaveURL('/me/security');
  await expect(page.getByTestId('second-factor')).toContainText('10 recovery codes left');
  return { secret, codes };
}

test('an account with two-step log-in is logged in to with a code of the app, and keeps the registration', async ({
  accounts,
  page,
}) => {
  const organizer = await accounts.organizer();
  const id = await organizer.createCompetition(unique('Two Steps'));
  const participant = await accounts.participant('Thea Twostep');
  const { secret, codes } = await setUp(await participant.open('/me/security'));
  await page.goto(`/competitions/${id}`);
  await registerButton(page).click();
  await logIn(page, participant.email);
  await expect(page).toHaveURL(/\/second-factor\?next=/);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Enter your code');
  const code = page.getByLabel('Code from your app');
  await code.fill('123');
  await page.getByRole('button', { name: 'Log in and register' }).click();
  await expect(code).toHaveAccessibleDescription(/six digits/);
  await expect(code).toHaveValue('');
  await code.fill(totp(secret, 1));
  await page.getByRole('button', { name: 'Log in and register' }).click();
  await expect(page).toHaveURL(/\/me\/registrations\/[0-9a-f-]{36}$/);
  await expect(registrationStatus(page)).toContainText("You’re in!");

  await page.goto('/me/second-factor');
  await page.getByLabel('Code from your app').fill(codes[0]);
  await page.getByRole('button', { name: 'Turn off two-step log-in' }).click();
  await expect(flashMessage(page)).toContainText('Two-step log-in is off');
});

test('a recovery code logs in once', async ({ accounts, page }) => {
  const participant = await accounts.participant('Rita Recovery');
  const { codes } = await setUp(await participant.open('/me/security'));
  for (const [attempt, code] of [codes[0], codes[0], codes[1]].entries()) {
    await page.goto('about:blank');
    await page.context().clearCookies();
    await page.goto('/login');
    await logIn(page, participant.email);
    await page.getByLabel('Code from your app').fill(code.toUpperCase());
    await page.getByRole('button', { name: 'Log in' }).click();
    if (attempt === 1) {
      await expect(page.getByLabel('Code from your app')).toHaveAccessibleDescription(/wrong, or it was used/);
    } else {
      await expect(flashMessage(page)).toContainText('Welcome back');
    }
  }
});

test('new recovery codes take a code of the app, and end those from before', async ({ accounts, page }) => {
  const participant = await accounts.participant('Nils Newcodes');
  const own = await participant.open('/me/security');
  const { secret, codes } = await setUp(own);
  await own.getByRole('link', { name: 'Turn off or change' }).click();
  await own.getByRole('link', { name: 'Make new recovery codes' }).click();
  await own.getByLabel('Code from your app').fill(codes[0]);
  await own.getByRole('button', { name: 'Make new recovery codes' }).click();
  await expect(own.getByLabel('Code from your app')).toHaveAccessibleDescription(/six digits/);
  await own.getByLabel('Code from your app').fill(totp(secret, 1));
  await own.getByRole('button', { name: 'Make new recovery codes' }).click();
  await expect(own.getByRole('heading', { level: 1 })).toHaveText('Save your recovery codes');
  const fresh = await own.getByTestId('recovery-codes').getByRole('listitem').allTextContents();
  expect(fresh).toHaveLength(10);
  expect(fresh).not.toContain(codes[0]);
  await own.getByRole('button', { name: "I’ve saved them" }).click();
  await page.goto('/login');
  await logIn(page, participant.email);
  await page.getByLabel('Code from your app').fill(codes[1]);
  await page.getByRole('button', { name: 'Log in' }).click();
  await expect(page.getByLabel('Code from your app')).toHaveAccessibleDescription(/wrong, or it was used/);
  await page.getByLabel('Code from your app').fill(fresh[1]);
  await page.getByRole('button', { name: 'Log in' }).click();
  await expect(flashMessage(page)).toContainText('Welcome back');
});

test('an administrator of the demo is not asked for a second factor', async ({ page }) => {
  await page.goto('/login');
  await logIn(page, DEMO.admin);
  await expect(page).toHaveURL('/competitions');
  await page.goto('/me/second-factor');
  await expect(page.getByRole('button', { name: 'Set up two-step log-in' })).toBeVisible();
});
