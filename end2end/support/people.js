// Participants and organizers: each has a session. What a test is not about, they do by sending forms.

import { expect } from '@playwright/test';

import { createAccount } from './server.js';

export const PASSWORD = 'demo-demo-demo';
export const DEMO = {
  organizer: 'organizer@demo.test',
  participant: 'participant@demo.test',
  admin: 'admin@demo.test',
};

let counter = 0;

/** A name that nothing else in this worker has. */
export function unique(words) {
  counter += 1;
  return `${words} ${process.pid.toString(36)}${counter}`;
}

export function uniqueEmail() {
  return `${unique('person').replace(' ', '-')}@end2end.test`;
}

/** `days` from now at `hour`, as a `datetime-local` input has it, in UTC. */
export function inDays(days, hour = 9) {
  const day = new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);
  return `${day}T${String(hour).padStart(2, '0')}:00`;
}

/** `seconds` from now, which no `datetime-local` input can say but the form understands. */
export function inSeconds(seconds) {
  return new Date(Date.now() + seconds * 1000).toISOString();
}

export class People {
  #playwright;
  #browser;
  #baseURL;
  #store;
  #witness;
  #left = [];

  constructor({ playwright, browser, baseURL, store, witness }) {
    this.#playwright = playwright;
    this.#browser = browser;
    this.#baseURL = baseURL;
    this.#store = store;
    this.#witness = witness;
  }

  /** Somebody who signed up a moment ago. */
  async newcomer(name = unique('Nova Newcomer')) {
    const person = await this.#nobody(name, uniqueEmail());
    await person.send('signup', { name, email: person.email, password: PASSWORD });
    return person;
  }

  /** An organizer with no competitions yet. */
  async organizer(name = unique('Olga Organizer')) {
    const email = uniqueEmail();
    createAccount(this.#store, { name, email, role: 'ORGANIZER', password: PASSWORD });
    return this.known(email, name);
  }

  /** Somebody with an account. */
  async known(email, name = email) {
    const person = await this.#nobody(name, email);
    await person.send('login', { email, password: PASSWORD });
    return person;
  }

  async #nobody(name, email) {
    const api = await this.#playwright.request.newContext({
      baseURL: this.#baseURL,
      extraHTTPHeaders: { Origin: new URL(this.#baseURL).origin },
      maxRedirects: 0,
    });
    const person = new Person({ name, email, api, browser: this.#browser, witness: this.#witness, baseURL: this.#baseURL });
    this.#left.push(person);
    return person;
  }

  async leave() {
    for (const person of this.#left) await person.leave();
  }
}

export class Person {
  #api;
  #browser;
  #witness;
  #baseURL;
  #contexts = [];

  constructor({ name, email, api, browser, witness, baseURL }) {
    this.name = name;
    this.email = email;
    this.#api = api;
    this.#browser = browser;
    this.#witness = witness;
    this.#baseURL = baseURL;
  }

  /** Sends one of the site's forms; where it leads. */
  async send(act, form) {
    const answer = await this.#api.post(`/act/${act}`, { form, maxRedirects: 0 });
    expect(answer.status(), `/act/${act}`).toBe(303);
    const place = answer.headers().location;
    expect(place, `/act/${act}`).not.toMatch(/^\/login/);
    return place;
  }

  /** A page as text. */
  async read(address) {
    const answer = await this.#api.get(address);
    expect(answer.status(), address).toBe(200);
    return answer.text();
  }

  /** A browser that has their session. */
  async opens(address, options = {}) {
    const context = await this.#browser.newContext({
      baseURL: this.#baseURL,
      ...options,
      storageState: await this.#api.storageState(),
    });
    this.#contexts.push(context);
    this.#witness.watch(context);
    const page = await context.newPage();
    await page.goto(address);
    return page;
  }

  /** A competition of theirs; its id. */
  async offers(title, fields = {}) {
    const place = await this.send('create-competition', {
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
    const id = /^\/organize\/([0-9a-f-]{36})$/.exec(place)?.[1];
    expect(id, `the competition was refused: ${place}`).toBeTruthy();
    return id;
  }

  /** Takes a seat or a place in the queue. */
  async registers(competition) {
    await this.send('register', { competitionId: competition, idempotencyKey: crypto.randomUUID() });
    const page = await this.read(`/competitions/${competition}`);
    expect(page, 'registered').toContain('data-testid="registration-status"');
  }

  async leave() {
    for (const context of this.#contexts) await context.close();
    await this.#api.dispose();
  }
}
