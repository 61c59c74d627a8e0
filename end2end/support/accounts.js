// Accounts with sessions. Steps that a test does not check are done by submitting forms without a browser.

import { expect } from '@playwright/test';

import { createAccount } from './server.js';
import { inDays, PASSWORD, unique, uniqueEmail } from './test-data.js';
import { totp } from './totp.js';

/** Creates accounts and closes their sessions at the end of the test. */
export class Accounts {
  #playwright;
  #browser;
  #baseURL;
  #store;
  #monitor;
  #created = [];

  constructor({ playwright, browser, baseURL, store, monitor }) {
    this.#playwright = playwright;
    this.#browser = browser;
    this.#baseURL = baseURL;
    this.#store = store;
    this.#monitor = monitor;
  }

  /** Signs up a new participant. */
  async participant(name = unique('Nova Newcomer')) {
    const account = await this.#anonymous(name, uniqueEmail());
    await account.submit('signup', { name, email: account.email, password: PASSWORD });
    return account;
  }

  /** Creates an organizer without competitions. */
  async organizer(name = unique('Olga Organizer')) {
    const email = uniqueEmail();
    createAccount(this.#store, { name, email, role: 'ORGANIZER', password: PASSWORD });
    return this.logIn(email, name);
  }

  /** Logs in to an existing account. */
  async logIn(email, name = email) {
    const account = await this.#anonymous(name, email);
    await account.submit('login', { email, password: PASSWORD });
    return account;
  }

  /** Submits one of the site's forms without an account, with the cookies of a browser page. */
  async submitIn(page, action, form) {
    const { href, origin } = new URL(`/act/${action}`, this.#baseURL);
    const response = await page.context().request.post(href, { form, headers: { Origin: origin }, maxRedirects: 0 });
    expect(response.status(), `/act/${action}`).toBe(303);
    return response.headers().location;
  }

  async #anonymous(name, email) {
    const api = await this.#playwright.request.newContext({
      baseURL: this.#baseURL,
      extraHTTPHeaders: { Origin: new URL(this.#baseURL).origin },
      maxRedirects: 0,
    });
    const account = new Account({ name, email, api, browser: this.#browser, monitor: this.#monitor, baseURL: this.#baseURL });
    this.#created.push(account);
    return account;
  }

  async close() {
    for (const account of this.#created) await account.close();
  }
}

export class Account {
  #api;
  #browser;
  #monitor;
  #baseURL;
  #contexts = [];

  constructor({ name, email, api, browser, monitor, baseURL }) {
    this.name = name;
    this.email = email;
    this.#api = api;
    this.#browser = browser;
    this.#monitor = monitor;
    this.#baseURL = baseURL;
  }

  /** Submits one of the site's forms. Returns the address to which the response redirects. */
  async submit(action, form) {
    const response = await this.#api.post(`/act/${action}`, { form, maxRedirects: 0 });
    expect(response.status(), `/act/${action}`).toBe(303);
    const location = response.headers().location;
    expect(location, `/act/${action}`).not.toMatch(/^\/login/);
    return location;
  }

  /** Returns the HTML of a page. */
  async html(address) {
    const response = await this.#api.get(address);
    expect(response.status(), address).toBe(200);
    return response.text();
  }

  /** Returns the cookies of the session, for another browser. */
  async cookies() {
    return (await this.#api.storageState()).cookies;
  }

  /** Opens a page in a new browser context that has this account's session. */
  async open(address, options = {}) {
    const context = await this.#browser.newContext({
      baseURL: this.#baseURL,
      ...options,
      storageState: await this.#api.storageState(),
    });
    this.#contexts.push(context);
    this.#monitor.watch(context);
    const page = await context.newPage();
    await page.goto(address);
    return page;
  }

  /** Creates a published competition. Returns its id. */
  async createCompetition(title, fields = {}) {
    const location = await this.submit('create-competition', {
      title,
      description: 'Made by a test.',
      capacity: '10',
      startsAt: inDays(20),
      endsAt: '',
      regDeadline: inDays(10),
      location: 'Testville',
      tags: 'test',
      status: 'PUBLISHED',
      ...fields,
    });
    const id = /^\/organize\/([0-9a-f-]{36})$/.exec(location)?.[1];
    expect(id, `the competition was refused: ${location}`).toBeTruthy();
    return id;
  }

  /** Turns two-step log-in on. */
  async turnOnSecondFactor() {
    await this.submit('set-up-second-factor', {});
    const secret = /data-testid="totp-secret"[^>]*>([A-Z2-7]+)</.exec(await this.html('/me/second-factor'))[1];
    await this.submit('confirm-second-factor', { code: totp(secret) });
  }

  /** Registers for a competition: takes a seat, or joins the waitlist. */
  async register(competition) {
    await this.submit('register', { competitionId: competition, idempotencyKey: crypto.randomUUID() });
    const page = await this.html(`/competitions/${competition}`);
    expect(page, 'registered').toContain('data-testid="registration-status"');
  }

  async close() {
    for (const context of this.#contexts) await context.close();
    await this.#api.dispose();
  }
}
