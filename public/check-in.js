// Checks participants in on the page for check-in ([data-check-in]): scans with the camera, sends codes without loading
// the page again, and keeps scans on the device while there is no network. It is no part of the browser bundle, so that
// only this page loads it. Without it the forms of the page do the same, with a network.
//
// Two databases of the browser: `check-in-list` has the people of a competition, and is deleted when the session ends.
// `check-in-scans` has the scans that wait for the network and those that were refused, each with the account that made
// them; it is deleted at log-out, and when another account opens the page.
(() => {
  const root = document.querySelector('[data-check-in]');
  if (!root) return;
  const words = root.dataset;
  const [api, account] = [words.checkIn, words.account];
  const competition = api.split('/')[4];
  const find = (name) => root.querySelector(`[data-${name}]`);
  const [result, network, video] = [find('result'), find('connect'), find('video')];
  const language = document.documentElement.lang;
  const number = new Intl.NumberFormat(language);
  /** How long a request may take, how often scans are sent and the list is read again, and for how long a code that is
   * still in front of the camera is ignored, in milliseconds. */
  const [PATIENCE, SEND_EVERY, READ_EVERY, SAME_CODE] = [6_000, 5_000, 120_000, 4_000];
  /** How many scans are sent at once. */
  const BATCH = 200;
  const device = deviceName();
  /** The people by what is on their tickets; empty until the list is read. */
  let people = new Map();
  let byId = new Map();
  /** The time of the server is that of this device plus this, in milliseconds. */
  let offset = 0;
  let waiting = 0;
  let isOffline = !navigator.onLine;

  const fill = (template, values) =>
    template.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);

  /** Returns a name for this device, which says nothing about it. */
  function deviceName() {
    try {
      const known = localStorage.getItem('check-in-device');
      if (known) return known;
      const made = crypto.getRandomValues(new Uint32Array(2)).join('-');
      localStorage.setItem('check-in-device', made);
      return made;
    } catch {
      return 'device';
    }
  }

  // What is kept on the device.

  function open(name, stores) {
    return new Promise((resolve, reject) => {
      const request = indexedDB.open(name, 1);
      request.onupgradeneeded = () => {
        for (const [store, options] of stores) request.result.createObjectStore(store, options);
      };
      request.onsuccess = () => {
        // The session ends: whoever deletes it need not wait for this page.
        request.result.onversionchange = () => request.result.close();
        resolve(request.result);
      };
      request.onerror = () => reject(request.error);
    });
  }

  const openList = () => open('check-in-list', [['lists', undefined]]);
  const openScans = () =>
    open('check-in-scans', [
      ['scans', { keyPath: 'key', autoIncrement: true }],
      ['refused', { keyPath: 'key', autoIncrement: true }],
    ]);

  /** Runs a request on a store, and resolves when it is written. */
  async function stored(opening, store, mode, act) {
    const database = await opening();
    try {
      return await new Promise((resolve, reject) => {
        const transaction = database.transaction(store, mode);
        const request = act(transaction.objectStore(store));
        transaction.oncomplete = () => resolve(request?.result);
        transaction.onerror = () => reject(transaction.error);
        transaction.onabort = () => reject(transaction.error);
      });
    } finally {
      database.close();
    }
  }

  /** Returns the rows of a store that this account has written about this competition. */
  async function own(store) {
    const rows = await stored(openScans, store, 'readonly', (rows) => rows.getAll());
    return rows.filter((row) => row.competition === competition && row.account === account);
  }

  /** Deletes what another account has left on this device. */
  async function forgetOthers() {
    for (const store of ['scans', 'refused']) {
      const rows = await stored(openScans, store, 'readonly', (rows) => rows.getAll());
      for (const { key, account: other } of rows) {
        if (other !== account) await stored(openScans, store, 'readwrite', (rows) => rows.delete(key));
      }
    }
  }

  // The list of people.

  async function hash(code) {
    const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(code));
    const text = String.fromCharCode(...new Uint8Array(digest).slice(0, 16));
    return btoa(text).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
  }

  /** Returns the digits of a ticket's number as the list has them. */
  const digits = (typed) =>
    typed.toUpperCase().replace(/[-\s]/g, '').replace(/[IL]/g, '1').replaceAll('O', '0');

  function use(list) {
    offset = list.offset;
    people = new Map();
    byId = new Map();
    for (const person of list.items) {
      people.set(person.codeHash, person);
      people.set(digits(person.ticketNumber), person);
      if (person.startNumber) people.set(String(person.startNumber), person);
      byId.set(person.registrationId, person);
    }
    show();
  }

  async function readList() {
    try {
      const response = await send(`${api}/offline`, {}, 30_000);
      if ([401, 403, 404].includes(response.status)) {
        // Whoever may not check in any more keeps no list of people.
        indexedDB.deleteDatabase('check-in-list');
        use({ items: [], offset });
      }
      if (!response.ok) return;
      const { items, serverTime } = await response.json();
      const list = { items, offset: Date.parse(serverTime) - Date.now() };
      use(list);
      await stored(openList, 'lists', 'readwrite', (lists) => lists.put(list, competition));
      await markWaiting();
    } catch {
      // The one from before is still there.
    }
  }

  async function keptList() {
    const list = await stored(openList, 'lists', 'readonly', (lists) => lists.get(competition));
    if (list) use(list);
  }

  /** Marks those whose scans were not sent yet. */
  async function markWaiting() {
    const scans = await own('scans');
    waiting = scans.length;
    for (const { registrationId, at } of scans) {
      const person = byId.get(registrationId);
      if (person) person.checkedInAt ??= at;
    }
    show();
  }

  /** Returns the person whose ticket, number or registration a code names, if the list has them. */
  async function personOf(code) {
    const typed = code.trim();
    if (byId.has(typed)) return byId.get(typed);
    if (typed.startsWith('mc1.')) return people.get(await hash(typed));
    return people.get(/^\d{1,5}$/.test(typed) ? String(Number(typed)) : digits(typed));
  }

  // Scans.

  function send(address, options = {}, patience = PATIENCE) {
    const headers = { accept: 'application/json', 'accept-language': language, ...options.headers };
    return fetch(address, { ...options, headers, signal: AbortSignal.timeout(patience) });
  }

  const post = (address, body) =>
    send(address, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });

  function say(tone, sentence) {
    result.dataset.tone = tone;
    result.textContent = sentence;
    if (tone !== 'good') navigator.vibrate?.([80, 60, 80]);
    else navigator.vibrate?.(60);
  }

  const clock = (time) =>
    new Date(time).toLocaleTimeString(language, {
      hour: '2-digit',
      minute: '2-digit',
      timeZone: words.tzid,
      timeZoneName: 'short',
    });

  function already({ userName: name, checkedInAt, checkedInBy: by }) {
    say('neutral', fill(words.already, { name, time: clock(checkedInAt), by: by ?? '–' }));
  }

  async function scan(code) {
    const at = new Date(Date.now() + offset).toISOString();
    let response;
    try {
      response = await post(api, { code, device });
    } catch {
      return keep(code, at);
    }
    if (response.status >= 500 || response.status === 429) return keep(code, at);
    let reply;
    try {
      reply = await response.json();
    } catch {
      // It comes from something between here and the server.
      return keep(code, at);
    }
    setOffline(false);
    if (!response.ok) return say('bad', reply.errors?.[0]?.message ?? reply.detail ?? words.failed);
    const person = byId.get(reply.registrationId);
    if (person) person.checkedInAt = reply.checkedInAt;
    if (reply.first) say('good', fill(words.done, { name: reply.userName }));
    else already(reply);
    return refresh();
  }

  /** Scans, and says so if it could not even be kept. */
  const attempt = (code) => scan(code).catch(() => say('bad', words.failed));

  /** Keeps a scan on the device until there is a network again. */
  async function keep(code, at) {
    setOffline(true);
    const person = await personOf(code);
    if (person?.checkedInAt) return already(person);
    const row = { competition, account, code, at, device };
    if (person) {
      row.registrationId = person.registrationId;
      row.name = person.userName;
    }
    await stored(openScans, 'scans', 'readwrite', (scans) => scans.add(row));
    if (person) person.checkedInAt = at;
    waiting += 1;
    show();
    if (person) return say('good', fill(words.kept, { name: person.userName }));
    return say('bad', words.notOnList);
  }

  let sending = false;

  /** Sends the scans that wait. Sending one twice changes nothing, so nothing is lost if this is interrupted. */
  async function flush() {
    if (sending) return;
    sending = true;
    try {
      for (;;) {
        const rows = (await own('scans')).slice(0, BATCH);
        if (rows.length === 0) break;
        const scans = rows.map(({ code, at, device: by }) => ({ code, at, device: by }));
        const response = await post(`${api}/batch`, { scans });
        if (!response.ok) break;
        setOffline(false);
        const { items } = await response.json();
        for (const [index, { problem }] of items.entries()) {
          if (!problem) continue;
          const { name, code } = rows[index];
          const row = { competition, account, name: name ?? code.slice(0, 12), detail: problem.detail };
          await stored(openScans, 'refused', 'readwrite', (refused) => refused.add(row));
        }
        for (const { key } of rows) {
          await stored(openScans, 'scans', 'readwrite', (scans) => scans.delete(key));
        }
        await markWaiting();
        await showRefused();
        refresh();
      }
    } catch {
      if (waiting > 0) setOffline(true);
    } finally {
      sending = false;
    }
  }

  // What is shown.

  function setOffline(now) {
    if (isOffline === now) return;
    isOffline = now;
    show();
    if (!now) listen();
  }

  function show() {
    const sentences = [];
    if (isOffline) sentences.push(words.offline);
    if (byId.size > 0) sentences.push(fill(words.ready, { n: number.format(byId.size) }));
    if (waiting > 0) sentences.push(fill(words.waiting, { n: number.format(waiting) }));
    network.textContent = sentences.join(' ');
    network.hidden = sentences.length === 0;
    network.dataset.state = isOffline ? 'offline' : 'online';
    network.dataset.waiting = waiting;
    network.dataset.people = byId.size;
  }

  async function showRefused() {
    const rows = await own('refused');
    const items = rows.map(({ name, detail }) => {
      const item = document.createElement('li');
      const who = document.createElement('bdi');
      who.textContent = name;
      item.append(who, ': ', detail);
      return item;
    });
    find('refused-list').replaceChildren(...items);
    find('refused').hidden = items.length === 0;
  }

  let refreshed = 0;

  /** Shows who came last, once in two seconds at most. */
  async function refresh() {
    const due = refreshed + 2_000 - Date.now();
    if (due > 0 || document.hidden) return;
    refreshed = Date.now();
    try {
      const response = await send(location.pathname, { headers: { accept: 'text/html' }, redirect: 'error' });
      if (!response.ok) return;
      const page = new DOMParser().parseFromString(await response.text(), 'text/html');
      const fresh = page.querySelector('[data-part=newest]');
      const part = root.querySelector('[data-part=newest]');
      if (fresh && !part.contains(document.activeElement)) part.innerHTML = fresh.innerHTML;
    } catch {
      // It is shown at the next change.
    }
  }

  let source;

  function listen() {
    source?.close();
    if (document.hidden || !window.EventSource) return;
    source = new EventSource(`${api}/events`);
    source.addEventListener('check-ins', ({ data }) => {
      const { checkedIn, expected } = JSON.parse(data);
      const [done, all] = [number.format(checkedIn), number.format(expected)];
      const sentence = fill(words.counterWords, { done, all });
      const counter = root.querySelector('[data-counter]');
      setOffline(false);
      if (counter.textContent === sentence) return;
      counter.textContent = sentence;
      refresh();
    });
  }

  // Forms.

  root.addEventListener('submit', (event) => {
    const form = event.target;
    if ('codeForm' in form.dataset) {
      event.preventDefault();
      const input = form.elements.namedItem('code');
      const code = input.value.trim();
      if (!code) return;
      if (input.type !== 'hidden') {
        input.value = '';
        input.focus();
      }
      attempt(code);
    } else if ('searchForm' in form.dataset && isOffline) {
      event.preventDefault();
      search(form.elements.namedItem('search').value);
    }
  });

  /** Finds people in the list of this device. */
  function search(typed) {
    const fold = (text) => text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
    const wanted = fold(typed).split(/\s+/).filter(Boolean);
    const matches = ({ userName }) => {
      const name = fold(userName).split(/\s+/);
      return wanted.every((word) => name.some((part) => part.startsWith(word)));
    };
    const found = wanted.length > 0 ? [...byId.values()].filter(matches).slice(0, 20) : [];
    const items = found.map((person) => {
      const item = document.createElement('li');
      const name = document.createElement('span');
      name.className = 'check-in-name';
      name.textContent = [person.userName, person.division].filter(Boolean).join(' · ');
      const button = document.createElement('button');
      button.type = 'button';
      button.className = 'button';
      button.textContent = words.check;
      button.setAttribute('aria-label', fill(words.checkOf, { name: person.userName }));
      button.addEventListener('click', () => attempt(person.registrationId));
      item.append(name, button);
      return item;
    });
    const list = document.createElement('ul');
    list.className = 'check-in-list';
    list.append(...items);
    find('found').replaceChildren(found.length > 0 ? list : words.noMatch);
  }

  find('dismiss').addEventListener('click', async () => {
    for (const { key } of await own('refused')) {
      await stored(openScans, 'refused', 'readwrite', (refused) => refused.delete(key));
    }
    await showRefused();
  });

  // Logging out deletes what is on the device, so what is still to be sent is asked about.
  document.addEventListener('submit', (event) => {
    const form = event.target;
    if (form.getAttribute('action') !== '/act/logout' || waiting === 0) return;
    const sentence = fill(words.logOut, { n: number.format(waiting) });
    if (!window.confirm(sentence)) event.preventDefault();
  });

  // The camera.

  const [scanButton, stopButton] = [find('scan'), find('stop')];
  let stream;
  let scanning;
  let last = { code: undefined, at: 0 };

  async function detector() {
    const formats = await window.BarcodeDetector?.getSupportedFormats?.().catch(() => []);
    if (formats?.includes('qr_code')) {
      const native = new BarcodeDetector({ formats: ['qr_code'] });
      return async () => (await native.detect(video))[0]?.rawValue;
    }
    const { decodeQR } = await import(words.reader).catch(() => {
      throw new DOMException('', 'NetworkError');
    });
    const canvas = document.createElement('canvas');
    const context = canvas.getContext('2d', { willReadFrequently: true });
    return async () => {
      const scale = Math.min(1, 800 / Math.max(video.videoWidth, video.videoHeight));
      [canvas.width, canvas.height] = [video.videoWidth * scale, video.videoHeight * scale];
      context.drawImage(video, 0, 0, canvas.width, canvas.height);
      try {
        return decodeQR(context.getImageData(0, 0, canvas.width, canvas.height));
      } catch {
        // There is no code in the picture.
        return undefined;
      }
    };
  }

  async function start() {
    scanButton.disabled = true;
    try {
      if (!navigator.mediaDevices?.getUserMedia) throw new DOMException('', 'NotFoundError');
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment' } });
      video.srcObject = stream;
      await video.play();
      const detect = await detector();
      showCamera(true);
      look(detect, stream);
    } catch (error) {
      stop();
      const isMissing = ['NotFoundError', 'OverconstrainedError'].includes(error.name);
      if (error.name === 'NetworkError') say('bad', words.failed);
      else say('bad', isMissing ? words.cameraMissing : words.cameraRefused);
    } finally {
      scanButton.disabled = false;
    }
  }

  async function look(detect, own) {
    while (stream === own) {
      if (!document.hidden && video.readyState >= 2) {
        const code = await detect().catch(() => undefined);
        const isSame = code === last.code && Date.now() - last.at < SAME_CODE;
        if (code && !isSame && stream === own) {
          last = { code, at: Date.now() };
          await attempt(code);
        } else if (code && isSame) {
          last.at = Date.now();
        }
      }
      await new Promise((resolve) => { scanning = setTimeout(resolve, 150); });
    }
  }

  function stop() {
    clearTimeout(scanning);
    for (const track of stream?.getTracks() ?? []) track.stop();
    stream = undefined;
    video.srcObject = null;
    showCamera(false);
  }

  function showCamera(isOn) {
    video.hidden = !isOn;
    find('camera-hint').hidden = !isOn;
    stopButton.hidden = !isOn;
    scanButton.hidden = isOn;
  }

  scanButton.addEventListener('click', start);
  stopButton.addEventListener('click', stop);
  addEventListener('pagehide', stop);
  find('camera').hidden = false;

  // The beginning.

  async function begin() {
    try {
      await forgetOthers();
      await keptList();
      await markWaiting();
      await showRefused();
    } catch {
      // This browser keeps nothing: check-in works with a network.
    }
    show();
    // The reader of codes is there before the network may be gone.
    if (!window.BarcodeDetector) fetch(words.reader).catch(() => {});
    await flush();
    await readList();
  }

  addEventListener('online', () => { flush().then(readList); listen(); });
  addEventListener('offline', () => setOffline(true));
  document.addEventListener('visibilitychange', () => { if (document.hidden) source?.close(); else listen(); });
  setInterval(flush, SEND_EVERY);
  setInterval(() => { if (!document.hidden && !isOffline) readList(); }, READ_EVERY);
  listen();
  begin();
})();
