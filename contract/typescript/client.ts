// Does the main tasks with openapi-fetch and the types that openapi-typescript generates from the OpenAPI
// document. `cargo xtask test` runs it: CONTRACT_URL is the URL of a server, and ORGANIZER_EMAIL and PASSWORD
// belong to an organizer.

import createClient from 'openapi-fetch';

import type { components, paths } from './schema.js';

declare const process: { env: Record<string, string> };

type Tokens = components['schemas']['Tokens'];

const { CONTRACT_URL: baseUrl, ORGANIZER_EMAIL: email, PASSWORD: password } = process.env;
const unique = crypto.randomUUID();
const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString();

function check(condition: boolean, message: string, value: unknown): asserts condition {
  if (!condition) throw new Error(`${message}: ${JSON.stringify(value)}`);
}

const anonymous = createClient<paths>({ baseUrl });
const loggedIn = (tokens: Tokens) =>
  createClient<paths>({ baseUrl, headers: { Authorization: `Bearer ${tokens.accessToken}` } });

const organizer = await anonymous.POST('/api/v1/auth/login', { body: { email, password } });
check(organizer.data !== undefined, 'log in as the organizer', organizer.error);
check(organizer.data.user.role === 'ORGANIZER', 'the role of the organizer', organizer.data);

const created = await loggedIn(organizer.data).POST('/api/v1/competitions', {
  body: {
    title: `TypeScript ${unique}`,
    capacity: 1,
    regDeadline: inDays(7),
    startsAt: inDays(8),
    tags: ['contract'],
    waitlistEnabled: true,
    status: 'PUBLISHED',
  },
});
check(created.data !== undefined, 'create a competition', created.error);
check(created.data.status === 'PUBLISHED' && created.data.endsAt === null, 'the fields of the competition', created.data);
const competition = created.data.id;

const form = { name: 'Tess Script', email: `${unique}@typescript.test`, password };
const tokens = await anonymous.POST('/api/v1/auth/signup', { body: form });
check(tokens.data !== undefined, 'sign up', tokens.error);
check(tokens.data.user.role === 'PARTICIPANT', 'the role of a new account', tokens.data);
const taken = await anonymous.POST('/api/v1/auth/signup', { body: form });
check(taken.error?.type.endsWith('/email-taken') === true, 'the e-mail address is taken', taken);
const participant = loggedIn(tokens.data);

const page = await anonymous.GET('/api/v1/competitions', {
  params: { query: { search: unique, sort: 'newest', perPage: 5 } },
});
check(page.data?.items.length === 1 && page.data.items[0].id === competition, 'find the competition', page);

const register = () =>
  participant.POST('/api/v1/competitions/{id}/registrations', {
    params: { path: { id: competition }, header: { 'Idempotency-Key': `typescript-${unique}` } },
  });
const first = await register();
check(first.data?.status === 'PENDING', 'register', first);
const again = await register();
check(JSON.stringify(again.data) === JSON.stringify(first.data), 'the stored response is repeated', again.data);
check(again.response.headers.get('idempotency-replayed') === 'true', 'the response is marked as replayed', again.data);

const path = { id: first.data.registrationId };
const mine = await participant.GET('/api/v1/me/registrations');
check(mine.data?.items[0]?.registrationId === path.id, 'list the registration', mine);
const cancelled = await participant.DELETE('/api/v1/registrations/{id}', { params: { path } });
check(cancelled.response.status === 204, 'cancel the registration', cancelled.error);
const seen = await participant.GET('/api/v1/registrations/{id}', { params: { path } });
check(seen.data?.status === 'CANCELLED', 'read the cancelled registration', seen);
