// Turns push messages on and off for this browser, on the pages that offer it ([data-push], rendered hidden). It is no
// part of the browser bundle, so that only these pages load it. Without it, or in a browser that has no push messages,
// nothing is shown.
(() => {
  const section = document.querySelector('[data-push]');
  const supported = 'serviceWorker' in navigator && 'PushManager' in window && 'Notification' in window;
  if (!section || !supported) return;
  const [words] = section.getElementsByTagName('p');
  const [button] = section.getElementsByTagName('button');
  /** Elsewhere than in the profile it is only offered, and says nothing to those who have decided. */
  const isOffer = section.dataset.push === 'offer';

  /** Shows a state: `off`, `on`, `denied` or `failed`. */
  function show(state, isOwnDoing) {
    section.hidden = isOffer && !isOwnDoing && state !== 'off';
    words.textContent = section.dataset[state];
    button.hidden = state === 'denied';
    button.disabled = false;
    const next = state === 'on' ? 'turnOff' : 'turnOn';
    button.textContent = section.dataset[next];
    button.dataset.next = next;
  }

  async function call(method, path, body) {
    const response = await fetch(`/api/v1/me/${path}`, {
      method,
      headers: body && { 'content-type': 'application/json' },
      body: body && JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status}`);
    return method === 'GET' ? response.json() : undefined;
  }

  /** Returns whether a subscription was made with the present key of the site. */
  function isCurrent(subscription, publicKey) {
    const bytes = new Uint8Array(subscription.options.applicationServerKey ?? []);
    const text = btoa(String.fromCharCode(...bytes));
    return text.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '') === publicKey;
  }

  async function manager() {
    return (await navigator.serviceWorker.ready).pushManager;
  }

  async function subscribe() {
    const [pushManager, { publicKey }] = await Promise.all([manager(), call('GET', 'push')]);
    let subscription = await pushManager.getSubscription();
    if (subscription && !isCurrent(subscription, publicKey)) {
      await subscription.unsubscribe();
      subscription = null;
    }
    subscription ??= await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: publicKey });
    await call('POST', 'push-subscriptions', subscription);
  }

  async function unsubscribe() {
    const subscription = await (await manager()).getSubscription();
    if (!subscription) return;
    const { endpoint } = subscription;
    await subscription.unsubscribe();
    await call('DELETE', 'push-subscriptions', { endpoint });
  }

  async function begin() {
    const [pushManager, { publicKey, subscriptions }] = await Promise.all([manager(), call('GET', 'push')]);
    if (!publicKey) return;
    if (Notification.permission === 'denied') return show('denied');
    const subscription = await pushManager.getSubscription();
    const isOn = subscriptions.some(({ endpoint }) => endpoint === subscription?.endpoint);
    // The key of the site was replaced: the permission of this browser still holds.
    if (isOn && !isCurrent(subscription, publicKey)) await subscribe();
    show(isOn ? 'on' : 'off');
  }

  button.addEventListener('click', async () => {
    button.disabled = true;
    try {
      if (button.dataset.next === 'turnOff') {
        await unsubscribe();
        return show('off', true);
      }
      const permission = await Notification.requestPermission();
      if (permission === 'granted') await subscribe();
      show({ granted: 'on', denied: 'denied', default: 'off' }[permission], true);
    } catch {
      show('failed', true);
    }
  });

  // Without a network there is nothing to turn on.
  begin().catch(() => {});
})();
