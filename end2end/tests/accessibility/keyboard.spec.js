import { expect, test } from '../../support/test.js';
import { DEMO, PASSWORD, unique } from '../../support/test-data.js';
import { flashMessage, registerButton, registrationStatus, waitForIslands } from '../../support/steps.js';

/** Presses Tab until `locator` has the focus, at most `most` times, and checks that the focus is visible. */
async function tabTo(page, locator, most = 40) {
  for (let presses = 0; presses < most; presses += 1) {
    await page.keyboard.press('Tab');
    if (await locator.evaluate((element) => element === document.activeElement)) {
      const focusStyle = await locator.evaluate((element) => {
        const { outlineStyle, outlineWidth, boxShadow, borderColor } = getComputedStyle(element);
        return { outline: outlineStyle !== 'none' && parseFloat(outlineWidth) > 0, boxShadow, borderColor };
      });
      expect(focusStyle.outline, 'the focus is visible').toBe(true);
      return;
    }
  }
  throw new Error(`not reached with ${most} presses of Tab: ${locator}`);
}

test('the skip link is the first tab stop, is visible, and skips the navigation', async ({ page }) => {
  await page.goto('/competitions');
  await page.keyboard.press('Tab');
  const skip = page.getByRole('link', { name: 'Skip to content' });
  await expect(skip).toBeFocused();
  await expect(skip).toBeInViewport({ ratio: 1 });
  await page.keyboard.press('Enter');
  await expect(page.getByRole('main')).toBeFocused();
  await page.keyboard.press('Tab');
  await expect(page.getByLabel('Search')).toBeFocused();
});

test('log in, register, cancel and log out by keyboard only', async ({ page, accounts }) => {
  const organizer = await accounts.organizer();
  const title = unique('Keyboard Only');
  const id = await organizer.createCompetition(title);

  await page.goto('/login');
  await tabTo(page, page.getByLabel('E-mail'));
  await page.keyboard.type(DEMO.participant);
  await tabTo(page, page.getByLabel('Password'), 1);
  await page.keyboard.type(PASSWORD);
  await page.keyboard.press('Enter');
  await expect(flashMessage(page)).toContainText('Welcome back');

  await page.goto(`/competitions?search=${encodeURIComponent(title)}`);
  await tabTo(page, page.getByRole('link', { name: title }));
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(`/competitions/${id}`);
  await waitForIslands(page);
  await tabTo(page, registerButton(page));
  await page.keyboard.press('Enter');
  await expect(registrationStatus(page)).toContainText("You’re in!");

  await waitForIslands(page);
  await tabTo(page, page.getByRole('link', { name: 'Cancel registration' }));
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog');
  await expect(dialog).toBeVisible();
  const yes = dialog.getByRole('button', { name: 'Yes, cancel registration' });
  if (!(await yes.evaluate((element) => element === document.activeElement))) await tabTo(page, yes, 3);
  await page.keyboard.press('Enter');
  await expect(flashMessage(page)).toContainText('Your registration is cancelled');

  await tabTo(page, page.getByRole('banner').locator('summary'));
  await page.keyboard.press('Enter');
  await tabTo(page, page.getByRole('button', { name: 'Log out' }), 8);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('banner').getByRole('link', { name: 'Log in' })).toBeVisible();
});

test('the errors of a form link to their fields', async ({ page }) => {
  await page.goto('/signup');
  const form = page.getByTestId('signup-form');
  await form.getByLabel('Name').fill('Nadia New');
  await form.getByLabel('E-mail').fill(DEMO.participant);
  await form.getByLabel('Password').fill('long-enough-it-is');
  await form.getByRole('button', { name: 'Sign up' }).click();
  await page.getByRole('alert').getByRole('link').first().press('Enter');
  await expect(form.getByLabel('E-mail')).toBeFocused();
});
