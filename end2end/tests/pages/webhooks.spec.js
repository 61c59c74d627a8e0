import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';

import { expectAccessible } from '../../support/axe.js';
import { flashMessage, waitForIslands } from '../../support/steps.js';
import { expect, test } from '../../support/test.js';
import { unique } from '../../support/test-data.js';

/** Starts a receiver, which answers with the status that it is told. */
async function startReceiver() {
  const receiver = { received: [], status: 204 };
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const part of request) body += part;
    receiver.received.push({ headers: request.headers, body });
    response.writeHead(receiver.status).end();
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  receiver.url = `http://127.0.0.1:${server.address().port}/hook`;
  receiver.close = () => server.close();
  return receiver;
}

/** Returns the signature that the specification asks for. */
function signature(secret, { headers, body }) {
  const key = Buffer.from(secret.replace('whsec_', ''), 'base64');
  const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`;
  return `v1,${createHmac('sha256', key).update(signed).digest('base64')}`;
}

test('an organizer creates a webhook, sees what it got, has it sent again, and deletes it', async ({
  accounts,
  javaScriptEnabled,
}) => {
  test.setTimeout(150_000);
  const withScripts = javaScriptEnabled !== false;
  const receiver = await startReceiver();
  const organizer = await accounts.organizer();
  const page = await organizer.open('/organize', { javaScriptEnabled });
  await page.getByRole('link', { name: 'Webhooks' }).click();
  if (withScripts) await waitForIslands(page);
  await expect(page.getByRole('heading', { level: 1, name: 'Webhooks' })).toBeVisible();
  await expect(page.getByText('No webhooks yet')).toBeVisible();
  const form = page.getByTestId('webhook-form');
  let secret;

  await test.step('a wrong address is explained, and what was chosen stays', async () => {
    await form.getByLabel('Address').fill('ftp://club.example.org/hook');
    await form.getByLabel('A competition was changed').uncheck();
    await form.getByRole('button', { name: 'Create webhook' }).click();
    await expect(form.getByText('Enter an address that begins with https://').first()).toBeVisible();
    await expect(form.getByLabel('Address')).toHaveValue('ftp://club.example.org/hook');
    await expect(form.getByLabel('A competition was changed')).not.toBeChecked();
    if (withScripts) await expectAccessible(page, 'webhooks with an error');
  });

  await test.step('the secret is shown until it is copied', async () => {
    await form.getByLabel('Address').fill(receiver.url);
    await form.getByRole('button', { name: 'Create webhook' }).click();
    secret = await page.getByTestId('webhook-secret').textContent();
    expect(secret).toMatch(/^whsec_/);
    if (withScripts) await expectAccessible(page, 'a new secret');
    await page.getByRole('button', { name: 'I’ve copied it' }).click();
    await expect(page.getByTestId('webhook-secret')).toHaveCount(0);
    await expect(page.getByTestId('webhook')).toContainText(receiver.url);
  });

  await test.step('a registration is delivered with a valid signature', async () => {
    const id = await organizer.createCompetition(unique('Hooked'));
    await (await accounts.participant()).register(id);
    await expect.poll(() => receiver.received.length, { timeout: 30_000 }).toBe(2);
    for (const request of receiver.received) {
      expect(request.headers['webhook-signature']).toBe(signature(secret, request));
      expect(JSON.parse(request.body).data.competitionId).toBe(id);
    }
  });

  await test.step('the deliveries are listed, and one is sent again', async () => {
    await page.getByRole('link', { name: 'Deliveries' }).click();
    const rows = page.getByTestId('deliveries').getByRole('row').filter({ hasText: 'Delivered' });
    await expect(rows).toHaveCount(2);
    if (withScripts) await expectAccessible(page, 'deliveries');
    receiver.status = 500;
    await rows.first().getByRole('button', { name: 'Send again' }).click();
    await expect(flashMessage(page)).toContainText('on its way');
    await expect.poll(() => receiver.received.length, { timeout: 30_000 }).toBe(3);
    const ids = receiver.received.map((request) => request.headers['webhook-id']);
    expect(new Set(ids).size).toBe(2);
    await expect
      .poll(async () => {
        await page.reload();
        return page.getByText('The receiver answered 500').count();
      })
      .toBe(1);
  });

  await test.step('a new secret and the former one sign together', async () => {
    await page.getByRole('link', { name: 'Webhooks' }).first().click();
    await page.getByText('New secret', { exact: true }).click();
    await page.getByRole('button', { name: 'Make a new secret' }).click();
    await expect(page.getByTestId('webhook-secret')).not.toHaveText(secret);
    await expect(page.getByTestId('webhook')).toContainText('The former secret also signs until');
  });

  await test.step('delete it', async () => {
    await page.getByTestId('webhook').getByText('Delete', { exact: true }).click();
    await page.getByRole('button', { name: 'Delete webhook' }).click();
    await expect(flashMessage(page)).toContainText('The webhook is deleted.');
    await expect(page.getByTestId('webhook')).toHaveCount(0);
  });
  receiver.close();
});
