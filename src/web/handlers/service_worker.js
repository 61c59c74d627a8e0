// Shows something when the network is gone: the registrations and tickets that were opened on this device, the page on
// which tickets are scanned, and otherwise the page that says so. The network always comes first, so that nothing is older than it has to be.
// And shows the push messages that this browser has subscribed to, until the session ends.
//
// The release, the style sheet and the languages are put in by the server (service_worker.rs).
const RELEASE = '{release}';
const STYLESHEET = '{stylesheet}';
const LANGUAGES = '{languages}'.split(' ');

/** What every visitor may see: the page about the missing network in each language, and the style sheet. */
const PUBLIC = `offline-${RELEASE}`;
/** The pages and tickets of the account that is logged in. It outlives releases, and ends with the session. */
const PERSONAL = 'personal';
/** The language of the page that was shown last. */
const PREFERENCES = 'preferences';

const OWN_PAGE = /^\/me\/registrations(\/[0-9a-f-]{36})?$/;
const TICKET = /^\/api\/v1\/registrations\/[0-9a-f-]{36}\/ticket\.(svg|png)$/;
/** The page on which tickets are scanned, and its scripts. */
const CHECK_IN = /^\/organize\/[0-9a-f-]{36}\/check-in$/;
const SCRIPTS = ['/check-in.js', '/qr-reader.js'];
/** The list of the account's registrations, and its links to tickets. */
const OWN_LIST = '/me/registrations';
const TICKET_LINK = /href="(\/me\/registrations\/[0-9a-f-]{36})"/g;
/** How many tickets of the list are kept ahead, and after how many milliseconds they are asked for again. */
const [TICKETS_AHEAD, TICKET_AGE] = [20, 3_600_000];
const SESSION = '/session';
const LANGUAGE = '/language';

const offlinePage = (language) => `/offline?lang=${language}`;

addEventListener('install', (event) => {
  // Every page comes from the network, so a new release needs no old page to be closed first.
  skipWaiting();
  const files = [...LANGUAGES.map(offlinePage), STYLESHEET].filter(Boolean);
  // Without cookies, so that the pages are those of an anonymous visitor.
  const requests = files.map((file) => new Request(file, { credentials: 'omit', cache: 'reload' }));
  event.waitUntil(caches.open(PUBLIC).then((cache) => cache.addAll(requests)));
});

addEventListener('activate', (event) => {
  event.waitUntil(begin());
});

async function begin() {
  const names = await caches.keys();
  const old = names.filter((name) => name.startsWith('offline-') && name !== PUBLIC);
  await Promise.all(old.map((name) => caches.delete(name)));
  await registration.navigationPreload?.enable();
  await clients.claim();
}

addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (url.origin !== location.origin) return;
  if (request.method === 'POST' && url.pathname === '/act/logout') {
    event.respondWith(logOut(request));
  } else if (request.method !== 'GET') {
    return;
  } else if (request.mode === 'navigate') {
    event.respondWith(page(event, url));
  } else if (TICKET.test(url.pathname)) {
    event.respondWith(ticket(event, url.pathname));
  } else if (SCRIPTS.includes(url.pathname)) {
    event.respondWith(script(event, url.pathname));
  } else if (url.pathname.endsWith('.css')) {
    event.respondWith(fetch(request).catch(() => stylesheet(url.pathname)));
  }
});

async function page(event, { pathname: path, search }) {
  let response;
  try {
    response = (await event.preloadResponse) ?? (await fetch(event.request));
  } catch {
    return (await kept(path)) ?? (await offline());
  }
  // A copy of anything else, an export perhaps, would be held in memory for nothing.
  // What was searched for at check-in is not kept.
  const isKept = OWN_PAGE.test(path) || (CHECK_IN.test(path) && !search);
  const copy = response.ok && isKept ? response.clone() : undefined;
  event.waitUntil(learn(response, path, copy));
  return response;
}

async function ticket(event, path) {
  let response;
  try {
    response = await fetch(event.request);
  } catch {
    return (await kept(path)) ?? Response.error();
  }
  event.waitUntil(keep(path, response.clone()));
  return response;
}

/** Returns a script of the page for check-in: without a network, the one that was loaded last. */
async function script(event, path) {
  try {
    const response = await fetch(event.request);
    if (response.ok) {
      const copy = response.clone();
      event.waitUntil(caches.open(PUBLIC).then((cache) => cache.put(path, copy)));
    }
    return response;
  } catch {
    const cache = await caches.open(PUBLIC);
    return (await cache.match(path)) ?? Response.error();
  }
}

/** Notes whose session it is and which language is read, and keeps the copy, if there is one. */
async function learn(response, path, copy) {
  const isPage = response.headers.get('content-type')?.startsWith('text/html');
  if (!response.ok || !isPage || response.redirected) return;
  const language = response.headers.get('content-language');
  if (LANGUAGES.includes(language)) await remember(PREFERENCES, LANGUAGE, language);
  const session = response.headers.get('mc-session');
  const known = await recall(PERSONAL, SESSION);
  // The session has ended, or another account has logged in.
  if (known && known.split(';')[0] !== session?.split(';')[0]) await forget();
  if (session) await remember(PERSONAL, SESSION, session);
  if (!copy) return;
  const list = path === OWN_LIST ? await copy.clone().text() : '';
  await keep(path, copy);
  // Who has looked at the list can show each ticket of it without a network.
  await keepTickets(list).catch(() => undefined);
}

/** Keeps the tickets of a list, one after the other, until the network or the session ends. */
async function keepTickets(list) {
  const paths = new Set(Array.from(list.matchAll(TICKET_LINK), ([, path]) => path));
  for (const path of [...paths].slice(0, TICKETS_AHEAD)) {
    const cache = await caches.open(PERSONAL);
    const former = await cache.match(path);
    const age = Date.now() - Date.parse(former?.headers.get('date'));
    if (age < TICKET_AGE) continue;
    const response = await fetch(path, { headers: { accept: 'text/html' }, redirect: 'error' });
    if (!response.ok) return;
    await keep(path, response);
  }
}

/** Keeps a response of the session that is known. */
async function keep(path, response) {
  const session = response.headers.get('mc-session');
  const known = await recall(PERSONAL, SESSION);
  if (!response.ok || !session || session.split(';')[0] !== known?.split(';')[0]) return;
  const cache = await caches.open(PERSONAL);
  await cache.put(path, response);
}

/** Returns what was kept at a path, while the session lasts; a page says that it may be old. */
async function kept(path) {
  const session = await recall(PERSONAL, SESSION);
  if (!session) return undefined;
  if (Number(session.split(';')[1]) * 1000 < Date.now()) {
    await forget();
    return undefined;
  }
  const cache = await caches.open(PERSONAL);
  const response = await cache.match(path);
  if (!response || !(OWN_PAGE.test(path) || CHECK_IN.test(path))) return response;
  const headers = new Headers(response.headers);
  headers.delete('content-encoding');
  headers.delete('content-length');
  const html = await response.text();
  return new Response(html.replace('id="saved-copy" hidden', 'id="saved-copy"'), { headers });
}

async function offline() {
  const language = (await recall(PREFERENCES, LANGUAGE)) ?? navigator.language.split('-')[0];
  const cache = await caches.open(PUBLIC);
  const inLanguage = await cache.match(offlinePage(language));
  return inLanguage ?? (await cache.match(offlinePage(LANGUAGES[0]))) ?? Response.error();
}

/** Returns a style sheet: a page that was kept may ask for that of an earlier release. */
async function stylesheet(path) {
  const cache = await caches.open(PUBLIC);
  return (await cache.match(path)) ?? (await cache.match(STYLESHEET)) ?? Response.error();
}

/** Forgets what belongs to the session: the server has ended the subscription to push messages with it. Scans that were
 * not sent stay until the log-out, for the account that has made them. */
async function forget() {
  await caches.delete(PERSONAL);
  indexedDB.deleteDatabase('check-in-list');
  const subscription = await registration.pushManager?.getSubscription();
  await subscription?.unsubscribe();
}

/** Logs out. What was kept is forgotten, also without a network. Scans that wait are sent before, while the session lasts,
 * and are kept with the session if there is no network. */
async function logOut(request) {
  await forget();
  await sendScans().catch(() => undefined);
  const response = await fetch(request);
  // The page for check-in has asked about those that could not be sent.
  indexedDB.deleteDatabase('check-in-scans');
  return response;
}

/** Opens the scans that wait, or nothing if this browser has none. */
function openScans() {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open('check-in-scans', 1);
    // The page for check-in creates it.
    opening.onupgradeneeded = () => opening.transaction.abort();
    opening.onsuccess = () => resolve(opening.result);
    opening.onerror = () => reject(opening.error);
  });
}

/** Sends the scans that wait on this device, those of one competition after the other. */
async function sendScans() {
  const database = await openScans();
  try {
    const rows = await new Promise((resolve, reject) => {
      const request = database.transaction('scans').objectStore('scans').getAll();
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
    for (const competition of new Set(rows.map((row) => row.competition))) {
      const own = rows.filter((row) => row.competition === competition).slice(0, 500);
      const scans = own.map(({ code, at, device }) => ({ code, at, device }));
      await fetch(`/api/v1/competitions/${competition}/check-ins/batch`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept: 'application/json' },
        body: JSON.stringify({ scans }),
        signal: AbortSignal.timeout(3_000),
      });
    }
  } finally {
    database.close();
  }
}

addEventListener('push', (event) => {
  event.waitUntil(notify(event.data));
});

/** Shows a message; one that arrives twice has the same tag, and is shown once. */
async function notify(data) {
  let message = {};
  try {
    message = data.json();
  } catch {
    // Browsers require that something is shown; the message is in the mailbox in any case.
  }
  const { title = 'Mini Compete', body = '', path = '/me/mailbox', tag, lang, dir } = message;
  const icon = '/icon-192.png';
  await registration.showNotification(title, { body, tag, lang, dir, icon, data: path });
}

addEventListener('notificationclick', (event) => {
  event.notification.close();
  event.waitUntil(open(event.notification.data));
});

/** Shows a page of this site: the window that shows it already, or a new one. */
async function open(path) {
  const url = new URL(path, location.origin);
  if (url.origin !== location.origin) return undefined;
  const windows = await clients.matchAll({ type: 'window', includeUncontrolled: true });
  const shown = windows.find((client) => client.url.split(/[?#]/)[0] === url.href);
  return shown ? shown.focus() : clients.openWindow(url.href);
}

addEventListener('pushsubscriptionchange', (event) => {
  event.waitUntil(renew(event.oldSubscription));
});

/** Subscribes again when the push service has ended the subscription, while the account is logged in. */
async function renew(old) {
  const response = await fetch('/api/v1/me/push');
  if (!response.ok) return;
  const { publicKey, subscriptions } = await response.json();
  const wasOurs = old && subscriptions.some(({ endpoint }) => endpoint === old.endpoint);
  if (!publicKey || !wasOurs) return;
  const options = { userVisibleOnly: true, applicationServerKey: publicKey };
  const subscription = await registration.pushManager.subscribe(options);
  await send('POST', subscription);
  await send('DELETE', { endpoint: old.endpoint });
}

const send = (method, body) =>
  fetch('/api/v1/me/push-subscriptions', {
    method,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });

async function remember(name, key, text) {
  if ((await recall(name, key)) === text) return;
  const cache = await caches.open(name);
  await cache.put(key, new Response(text));
}

async function recall(name, key) {
  const cache = await caches.open(name);
  const response = await cache.match(key);
  return response?.text();
}
