// Check-in with JavaScript: codes are sent without loading the page again, the camera reads them, and scans are kept on
// the device while there is no network.

import { expect, test } from '../../support/test.js';
import { unique } from '../../support/test-data.js';

test.use({ serviceWorkers: 'allow' });

test.beforeEach(({ monitor }) => {
  monitor.allow(/Failed to (load|fetch)|ERR_|422|409/);
});

/** Creates a competition with participants. Returns its organizer and the tickets of the participants. */
async function withTickets(accounts, count) {
  const organizer = await accounts.organizer();
  const id = await organizer.createCompetition(unique('City Run'));
  const tickets = [];
  for (let n = 0; n < count; n += 1) {
    const participant = await accounts.participant(`Paula ${'ABCDEF'[n]}`);
    await participant.register(id);
    const own = await participant.html('/me/registrations');
    const path = /\/me\/registrations\/([0-9a-f-]{36})/.exec(own);
    const page = await participant.html(path[0]);
    tickets.push({
      name: participant.name,
      registration: path[1],
      number: /data-testid="ticket-number"[^>]*>([0-9A-Z-]{9})</.exec(page)[1],
    });
  }
  return { organizer, id, tickets };
}

const typeCode = async (page, code) => {
  await page.getByLabel('Ticket code or number').fill(code);
  await page.getByTestId('check-in-form').getByRole('button', { name: 'Check in' }).click();
};

const result = (page) => page.locator('[data-result]');

test('a code is sent without loading the page again, and the counter follows on every device', async ({ accounts }) => {
  const { organizer, id, tickets } = await withTickets(accounts, 2);
  const page = await organizer.open(`/organize/${id}/check-in`);
  const other = await organizer.open(`/organize/${id}/check-in`);
  await expect(page.getByTestId('check-in-counter')).toHaveText('0 of 2 checked in');
  await typeCode(page, tickets[0].number);
  await expect(result(page)).toHaveText(`${tickets[0].name} is checked in.`);
  await expect(page.getByTestId('check-in-counter')).toHaveText('1 of 2 checked in');
  await expect(other.getByTestId('check-in-counter')).toHaveText('1 of 2 checked in');
  await typeCode(other, tickets[0].number);
  await expect(result(other)).toContainText('is checked in already');
  await typeCode(other, '7777-7777');
  await expect(result(other)).toContainText('no valid ticket');
});

test('scans without a network are kept on the device and sent when it is back', async ({ accounts }) => {
  const { organizer, id, tickets } = await withTickets(accounts, 2);
  const path = `/organize/${id}/check-in`;
  const page = await organizer.open(path, { serviceWorkers: 'allow' });
  await page.evaluate(() => navigator.serviceWorker.ready);
  await page.goto(path);
  await expect(page.locator('[data-connect]')).toHaveAttribute('data-people', '2');
  await expect.poll(() => page.evaluate(async (at) => Boolean(await caches.match(at)), path)).toBe(true);

  await page.context().setOffline(true);
  await page.goto(path);
  await expect(page.locator('[data-connect]'), 'the list of the device').toHaveAttribute('data-people', '2');
  await typeCode(page, tickets[0].number.toLowerCase());
  await expect(result(page)).toHaveText(`${tickets[0].name} is checked in on this device.`);
  await typeCode(page, tickets[0].number);
  await expect(result(page)).toContainText('is checked in already');
  await typeCode(page, '7777-7777');
  await expect(result(page)).toContainText('not on the list of this device');
  await expect(page.locator('[data-connect]')).toContainText('wait for the network: 2');
  await page.reload();
  await expect(page.locator('[data-connect]')).toContainText('wait for the network: 2');

  await page.context().setOffline(false);
  await expect(page.getByTestId('check-in-counter')).toHaveText('1 of 2 checked in', { timeout: 30_000 });
  await expect(page.locator('[data-refused-list]'), 'what was refused is shown').toContainText('no valid ticket');
  await expect(page.locator('[data-connect]')).not.toContainText('wait for the network');
});

test('what is on the device is gone after the log-out', async ({ accounts }) => {
  const { organizer, id } = await withTickets(accounts, 1);
  const path = `/organize/${id}/check-in`;
  const page = await organizer.open(path, { serviceWorkers: 'allow' });
  await page.evaluate(() => navigator.serviceWorker.ready);
  await page.goto(path);
  await expect(page.locator('[data-connect]')).toHaveAttribute('data-people', '1');
  const kept = () => page.evaluate(async () => (await indexedDB.databases()).map(({ name }) => name));
  await expect.poll(kept).toContain('check-in-list');
  await page.locator('.menu summary').click();
  await page.getByRole('button', { name: 'Log out' }).click();
  await expect(page).toHaveURL('/');
  await expect.poll(kept).not.toContain('check-in-list');
});

test('the camera reads the code of a ticket, and a refused camera gets a sentence', async ({ accounts }) => {
  const { organizer, id, tickets } = await withTickets(accounts, 1);
  const page = await organizer.open(`/organize/${id}/check-in`);
  await page.evaluate(() => {
    navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('no', 'NotAllowedError'));
  });
  await page.getByRole('button', { name: 'Scan with the camera' }).click();
  await expect(result(page)).toContainText('The camera can’t be used');

  // A camera, and the browser's own reader of codes.
  await page.evaluate((text) => {
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [320, 240];
    const context = canvas.getContext('2d');
    setInterval(() => context.fillRect(0, 0, 320, 240), 50);
    navigator.mediaDevices.getUserMedia = async () => canvas.captureStream(20);
    window.BarcodeDetector = class {
      static getSupportedFormats = async () => ['qr_code'];
      detect = async () => [{ rawValue: text }];
    };
  }, tickets[0].registration);
  await page.getByRole('button', { name: 'Scan with the camera' }).click();
  await expect(result(page)).toHaveText(`${tickets[0].name} is checked in.`);
  await page.getByRole('button', { name: 'Stop the camera' }).click();
  await expect(page.locator('[data-video]')).toBeHidden();
});

test('the reader for browsers without a detector reads the picture of a ticket', async ({ accounts }) => {
  const organizer = await accounts.organizer();
  const id = await organizer.createCompetition(unique('City Run'));
  const participant = await accounts.participant();
  await participant.register(id);
  const ticket = /\/me\/registrations\/[0-9a-f-]{36}/.exec(await participant.html('/me/registrations'))[0];
  const page = await participant.open(ticket);
  const code = await page.evaluate(async () => {
    const { decodeQR } = await import('/qr-reader.js');
    const svg = document.querySelector('svg.qr-code').cloneNode(true);
    svg.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
    svg.setAttribute('width', '400');
    svg.setAttribute('height', '400');
    const image = new Image();
    image.src = `data:image/svg+xml,${encodeURIComponent(svg.outerHTML)}`;
    await image.decode();
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [480, 480];
    const context = canvas.getContext('2d');
    context.fillStyle = 'white';
    context.fillRect(0, 0, 480, 480);
    context.drawImage(image, 40, 40, 400, 400);
    return decodeQR(context.getImageData(0, 0, 480, 480));
  });
  expect(code).toMatch(/^mc1\.[\w-]{22}\.[\w-]{22}$/);
});
