import { expect, test } from '../../support/test.js';
import { DEMO, unique } from '../../support/test-data.js';
import { flashMessage, logIn } from '../../support/steps.js';

test('an organizer reviews an announcement, tests it and sends it to those with a seat', async ({ page }) => {
  const subject = unique('Parking');
  const form = page.getByTestId('announcement-form');
  const review = page.getByTestId('announcement-review');

  await test.step('open the page from the competition', async () => {
    await page.goto('/login?next=/organize');
    await logIn(page, DEMO.organizer);
    await page.goto('/organize');
    await page.locator('tbody th a').first().click();
    await page.getByRole('link', { name: 'Announce' }).click();
    await expect(page.getByRole('heading', { level: 1, name: 'Announce' })).toBeVisible();
  });

  await test.step('see what recipients get, in their language', async () => {
    await form.getByRole('radio', { name: /With a seat/ }).check();
    await form.getByLabel('Subject').fill(subject);
    await form.getByLabel('Message').fill('Use gate 2.\nThank you.');
    await form.getByRole('button', { name: 'Review' }).click();
    await expect(review).toContainText(subject);
    await review.getByText('Deutsch').click();
    await expect(review.locator('[lang=de]').last()).toContainText('Use gate 2.');
    await expect(form.getByLabel('Subject')).toHaveValue(subject);
  });

  await test.step('a test goes to the organizer alone', async () => {
    await review.getByRole('button', { name: 'Send a test to myself' }).click();
    await expect(flashMessage(page)).toContainText('The test is in your mailbox.');
    await page.goto('/me/mailbox');
    await expect(page.getByText(subject).first()).toBeVisible();
    await page.goBack();
  });

  await test.step('it is sent, and the page says how far it is', async () => {
    if (!(await review.isVisible())) {
      await form.getByRole('radio', { name: /With a seat/ }).check();
      await form.getByLabel('Subject').fill(subject);
      await form.getByLabel('Message').fill('Use gate 2.');
      await form.getByRole('button', { name: 'Review' }).click();
    }
    await review.getByRole('button', { name: /^Send to/ }).click();
    await expect(flashMessage(page)).toContainText('on its way');
    const listed = page.getByTestId('announcements').getByRole('listitem').filter({ hasText: subject });
    await expect(async () => {
      await page.reload();
      await expect(listed).toContainText(/(\d+) of \1 delivered/);
    }).toPass();
  });
});
