import { expect, test } from '../../support/test.js';
import { expectAccessible, expectAccessibleInArabic } from '../../support/axe.js';
import { DEMO, unique } from '../../support/test-data.js';
import { createAllPages, openAs, REFUSED, VIEWERS, visit } from '../../support/all-pages.js';
import { logIn, registerForm, waitForIslands } from '../../support/steps.js';

for (const viewer of VIEWERS) {
  test(`every page is accessible, light and dark and in Arabic (${viewer})`, async ({ page: anonymousPage, accounts, monitor }) => {
    test.setTimeout(300_000);
    monitor.allow(REFUSED);
    const site = await createAllPages(accounts);
    const page = await openAs(viewer, site, anonymousPage);
    const titles = new Map();
    for (const address of site.pages[viewer]) {
      const response = await visit(page, site, address);
      await waitForIslands(page);
      await expectAccessible(page, address);
      expect.soft(await page.getByRole('heading', { level: 1 }).count(), `${address}: one h1`).toBe(1);
      expect.soft(await page.getByRole('main').count(), `${address}: one main`).toBe(1);
      const title = await page.title();
      expect.soft(title, `${address}: a title`).toMatch(/\S+.*Mini Compete|Mini Compete.*\S+/);
      // Whatever is not there has the same page, and some addresses lead to another page.
      if (response.ok()) titles.set(new URL(page.url()).pathname, title);
    }
    expect.soft(new Set(titles.values()).size, `different titles: ${[...titles.values()].join(' | ')}`).toBe(titles.size);
    // The second walk comes afterwards, since a language that was chosen stays.
    for (const address of site.pages[viewer]) {
      await visit(page, site, address, 'ar');
      await waitForIslands(page);
      await expectAccessibleInArabic(page, address);
    }
  });
}

test('forms with errors, the account menu and the dialog are accessible', async ({ page, accounts }) => {
  test.setTimeout(150_000);
  await page.goto('/login');
  await logIn(page, DEMO.participant, 'not-the-password');
  await expect(page.getByRole('alert')).toBeVisible();
  await waitForIslands(page);
  await expectAccessible(page, 'login with an error');

  await logIn(page, DEMO.participant);
  await page.getByRole('banner').locator('summary').click();
  await expect(page.getByRole('button', { name: 'Log out' })).toBeVisible();
  await waitForIslands(page);
  await expectAccessible(page, 'account menu');

  const organizer = await accounts.organizer();
  const id = await organizer.createCompetition(unique('Dialog'));
  const organizerPage = await organizer.open(`/organize/${id}`);
  await waitForIslands(organizerPage);
  await organizerPage.getByRole('link', { name: 'Cancel competition' }).click();
  await expect(organizerPage.getByRole('dialog')).toBeVisible();
  await expectAccessible(organizerPage, 'dialog');

  await organizerPage.goto('/organize/new');
  const form = organizerPage.getByTestId('competition-form');
  await form.evaluate((element) => { element.noValidate = true; });
  await form.getByRole('button', { name: 'Create' }).click();
  await expect(organizerPage.getByRole('alert')).toBeVisible();
  await waitForIslands(organizerPage);
  await expectAccessible(organizerPage, 'new competition with errors');
});

test('a registration that waits for the network is accessible', async ({ accounts, monitor }) => {
  monitor.allow(/ERR_INTERNET_DISCONNECTED/);
  const organizer = await accounts.organizer();
  const id = await organizer.createCompetition(unique('Waiting'));
  const page = await (await accounts.participant()).open(`/competitions/${id}`);
  await waitForIslands(page);
  await page.context().setOffline(true);
  await registerForm(page).getByRole('button').click();
  await expect(registerForm(page).getByRole('status')).toContainText('Retrying');
  await expectAccessible(page, 'trying again');
});
