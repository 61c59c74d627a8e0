// The main job through openapi-fetch, with the types that openapi-typescript made from the OpenAPI
// document. Run by `cargo xtask test`: CONTRACT_URL is a server's address, ORGANIZER_EMAIL and PASSWORD
// are an organizer's.

import createClient from 'openapi-fetch';

import type { components, paths } from './schema.js';

declare const process: { env: Record<string, string> };

type Tokens = components['schemas']['Tokens'];

const { CONTRACT_URL: baseUrl, ORGANIZER_EMAIL: email, PASSWORD: password } = process.env;
const unique = crypto.randomUUID();
const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString();

function check(holds: boolean, what: string, seen: unknown): asserts holds {
  if (!holds) throw new Error(`${what}: ${JSON.stringify(seen)}`);
}

const stranger = createClient<paths>({ baseUrl });
const loggedIn = (tokens: Tokens) =>
  createClient<paths>({ baseUrl, headers: { Authorization: `Bearer ${tokens.accessToken}` } });

const organizer = await stranger.POST('/api/v1/auth/login', { body: { email, password } });
check(organizer.data !== undefined, 'the organizer logs in', organizer.error);
check(organizer.data.user.role === 'ORGANIZER', 'with their role', organizer.data);

const made = await loggedIn(organizer.data).POST('/api/v1/competitions', {
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
check(made.data !== undefined, 'the organizer makes a competition', made.error);
check(made.data.status === 'PUBLISHED' && made.data.endsAt === null, 'as asked', made.data);
const competition = made.data.id;

const form = { name: 'Tess Script', email: `${unique}@typescript.test`, password };
const tokens = await stranger.POST('/api/v1/auth/signup', { body: form });
check(tokens.data !== undefined, 'a participant signs up', tokens.error);
check(tokens.data.user.role === 'PARTICIPANT', 'as a participant', tokens.data);
const taken = await stranger.POST('/api/v1/auth/signup', { body: form });
check(taken.error?.type.endsWith('/email-taken') === true, 'once', taken);
const participant = loggedIn(tokens.data);

const page = await stranger.GET('/api/v1/competitions', {
  params: { query: { search: unique, sort: 'newest', perPage: 5 } },
});
check(page.data?.items.length === 1 && page.data.items[0].id === competition, 'it is found', page);

const register = () =>
  participant.POST('/api/v1/competitions/{id}/registrations', {
    params: { path: { id: competition }, header: { 'Idempotency-Key': `typescript-${unique}` } },
  });
const first = await register();
check(first.data?.status === 'PENDING', 'the participant takes the seat', first);
const again = await register();
check(JSON.stringify(again.data) === JSON.stringify(first.data), 'once', again.data);
check(again.response.headers.get('idempotency-replayed') === 'true', 'and is told so', again.data);

const path = { id: first.data.registrationId };
const mine = await participant.GET('/api/v1/me/registrations');
check(mine.data?.items[0]?.registrationId === path.id, 'it is listed', mine);
const cancelled = await participant.DELETE('/api/v1/registrations/{id}', { params: { path } });
check(cancelled.response.status === 204, 'the participant cancels', cancelled.error);
const seen = await participant.GET('/api/v1/registrations/{id}', { params: { path } });
check(seen.data?.status === 'CANCELLED', 'and sees that', seen);
