// All pages of the site, by the kind of viewer, with competitions in every state. A page that is added to the application
// without being added here fails each test that visits them all.
//
// Some pages look otherwise with something that this site lacks:
// - The links of letters need a site that sends mail, on which nobody registers before an address is confirmed. Here they are
//   links that are not valid; `accessibility/letters.spec.js` opens valid ones.
// - A job becomes a dead letter after hours. The question before one is deleted is asked about any id.

import { readFileSync } from 'node:fs';

import { expect } from '@playwright/test';

import { DEMO, inDays, inSeconds, PASSWORD, unique } from './test-data.js';

/** The statuses of pages that say why there is nothing to see: access, address and link. Browsers log them as errors. */
export const REFUSED = /status of 4(03|04|10)/;

/** Creates the data that the pages show. Returns the addresses of the pages by viewer. */
export async function createAllPages(accounts) {
  const organizer = await accounts.organizer('Olivia Overview');
  const participant = await accounts.participant('Paula Pages');
  const others = [await accounts.participant(), await accounts.participant()];
  const waitlistEnabled = 'on';
  const description =
    '# Two days\n\n**Bring** a laptop and [read this](https://example.org).\n\n- Friday\n- Saturday\n\n> Soup.\n\n`code`';
  const open = await organizer.createCompetition(unique('Open and Plenty'), { description, capacity: '20' });
  const few = await organizer.createCompetition(unique('Few Left'), { capacity: '2', waitlistEnabled });
  const waitlist = await organizer.createCompetition(unique('Full With Waitlist'), { capacity: '1', waitlistEnabled });
  const full = await organizer.createCompetition(unique('Full Without'), { capacity: '1' });
  const closed = await organizer.createCompetition(unique('Closed'), { regDeadline: inSeconds(3) });
  const over = await organizer.createCompetition(unique('Over'), {
    regDeadline: inSeconds(3),
    startsAt: inSeconds(3),
    endsAt: inSeconds(3),
  });
  const soon = await organizer.createCompetition(unique('Opens Soon'), { opensAt: inDays(5) });
  const paused = await organizer.createCompetition(unique('Paused'));
  await organizer.submit('pause-competition', { competitionId: paused });
  const running = await organizer.createCompetition(unique('Running'), {
    regDeadline: inSeconds(3),
    startsAt: inSeconds(3),
    endsAt: inDays(1),
  });
  await others[0].register(running);
  const mine = await organizer.createCompetition(unique('Registered'), { location: '', tags: '', description: '' });
  const draft = await organizer.createCompetition(unique('Draft'), { status: 'DRAFT' });
  const calledOff = await organizer.createCompetition(unique('Called Off'));
  const queued = await organizer.createCompetition(unique('Queued'), { capacity: '1', waitlistEnabled });
  for (const [account, ids] of [
    [others[0], [few, waitlist, full, queued]],
    [others[1], [waitlist]],
    [participant, [mine, queued, calledOff]],
  ]) {
    for (const id of ids) await account.register(id);
  }
  await organizer.submit('call-off-competition', { competitionId: calledOff });
  await organizer.submit('add-common-question', { competitionId: mine, question: 'emergency-contact' });
  await others[1].submit('request-organizer-role', { reason: 'A chess evening for forty people in March.' });
  const cancel = /\/me\/registrations\/[0-9a-f-]{36}\/cancel/.exec(await participant.html(`/competitions/${mine}`))[0];
  const ticket = cancel.replace('/cancel', '');
  const place = /\/me\/registrations\/[0-9a-f-]{36}/.exec(await participant.html(`/competitions/${queued}`))[0];
  const organizerPage = /\/organizers\/[0-9a-f-]{36}/.exec(await participant.html(`/competitions/${open}`))[0];
  // A job writes the message, so it does not exist at once.
  let message;
  for (const until = Date.now() + 20_000; !message && Date.now() < until; ) {
    message = /\/me\/mailbox\?message=[0-9a-f-]{36}/.exec(await participant.html('/me/mailbox'))?.[0];
  }
  await organizer.submit('create-webhook', { url: 'http://127.0.0.1:9/hook', registrationCreated: 'on', competitionChanged: 'on' });
  const webhook = /\/organize\/webhooks\/[0-9a-f-]{36}/.exec(await organizer.html('/organize/webhooks'))[0];
  await organizer.submit('resume-competition', { competitionId: paused });
  await organizer.submit('pause-competition', { competitionId: paused });
  // The participant helps with one competition, and is invited to another one.
  const invite = async (id) => {
    await organizer.submit('invite-staff', { competitionId: id, email: participant.email, role: 'VIEWER' });
    const page = await organizer.html(`/organize/${id}/staff`);
    return /staff\/remove\?part=([0-9a-f-]{36})/.exec(page)[1];
  };
  const part = await invite(few);
  await participant.submit('accept-invitation', { staffId: part });
  const invitation = `/invitations/${await invite(draft)}`;
  const competition = (id) => `/competitions/${id}`;
  const person = new RegExp(`/organize/${few}/registrations/[0-9a-f-]{36}`).exec(await organizer.html(`/organize/${few}/registrations`))[0];
  const chosen = person.split('/').pop();
  const review = `/organize/${few}/registrations/review`;
  const reopened = await organizer.createCompetition(unique('Closed Early'));
  await organizer.submit('close-registration-of-competition', { competitionId: reopened });
  const admin = await accounts.logIn(DEMO.admin);
  const certificate = await issueCertificate(organizer, running);
  let cautious;
  const states = [soon, paused, open, few, waitlist, full, closed, running, over, calledOff].map(competition);
  const site = {
    organizer,
    participant,
    admin,
    empty: await accounts.participant('Emil Empty'),
    open,
    /** What is done just before a page is opened, by its path. */
    before: {
      '/second-factor': async (page) => {
        if (!cautious) {
          cautious = await accounts.participant('Thea Twostep');
          await cautious.turnOnSecondFactor();
        }
        const next = await accounts.submitIn(page, 'login', { email: cautious.email, password: PASSWORD });
        expect(next).toMatch(/^\/second-factor/);
      },
      [review]: async () => {
        const act = { competitionId: few, action: 'CANCEL', 'ids[]': chosen };
        expect(await organizer.submit('review-registrations-of-competition', act)).toBe(review);
      },
    },
    pages: {
      anonymous: [
        '/',
        '/competitions',
        '/competitions?search=nothing-has-this-name',
        '/competitions?tag=chess&status=OPEN&sort=title',
        '/login',
        '/signup',
        '/forgot',
        '/reset',
        '/reset?token=unknown',
        '/verify-email?token=unknown',
        '/unsubscribe?token=unknown',
        '/unsubscribe?done=1',
        '/second-factor',
        '/offline',
        '/no/such/page',
        organizerPage,
        certificate,
        '/certificates/00000-00000-00000-00000',
        ...states,
        `${competition(open)}/results`,
        `${competition(open)}/brackets`,
      ],
      participant: [
        '/me/registrations',
        '/me/mailbox',
        message,
        '/me/profile',
        '/me/security',
        '/me/second-factor',
        '/me/sessions',
        '/me/data',
        '/confirm-password',
        '/verify-email',
        cancel,
        ticket,
        `${ticket}/answers`,
        place,
        '/organize',
        invitation,
        competition(mine),
        competition(queued),
        competition(calledOff),
      ],
      organizer: [
        '/organize',
        '/organize/new',
        '/organize/api-keys',
        '/organize/webhooks',
        webhook,
        `/organize/${open}`,
        `/organize/${few}`,
        `/organize/${draft}`,
        `/organize/${few}/edit`,
        `/organize/${few}/audit`,
        `/organize/${few}/announce`,
        `/organize/${few}/import`,
        person,
        review,
        `/organize/${reopened}/reopen`,
        `/organize/${few}/staff`,
        `/organize/${few}/staff/remove?part=${part}`,
        `/organize/${few}/staff/hand-over?part=${part}`,
        '/organize?search=nobody-has-this-title',
        `/organize/${few}/picture`,
        `/organize/${few}/divisions`,
        `/organize/${few}/check-in`,
        `/organize/${few}/check-in/list`,
        `/organize/${few}/start-numbers?order=NAME`,
        `/organize/${few}/certificates`,
        `/organize/${running}/certificates`,
        `/organize/${draft}/divisions`,
        `/organize/${few}/questions`,
        `/organize/${draft}/questions`,
        `/organize/${few}/results`,
        `/organize/${few}/brackets`,
        `/organize/${draft}/results?add=1`,
        `/organize/${few}/codes`,
        `/organize/${draft}/codes?generate=on`,
        `/organize/${few}/registrations`,
        `/organize/${open}/registrations?search=nobody`,
        `/organize/${open}/call-off`,
        `/organize/${open}/pause`,
        `/organize/${open}/close`,
        `/organize/${draft}/delete`,
        `/organize/${open}/live`,
        `/organize/${waitlist}/live?span=all`,
        `/organize/${waitlist}/add-seats?seats=2`,
        `/organize/${waitlist}/waitlist`,
        `/organize/${paused}`,
        competition(open),
        competition(draft),
      ],
      empty: ['/me/registrations', '/me/mailbox'],
      admin: [
        '/admin',
        '/admin/queues',
        '/admin/failed-jobs',
        '/admin/failed-jobs/delete?id=00000000-0000-7000-8000-000000000000',
        '/admin/users',
        '/admin/users?search=nobody-has-this-name',
        await accountPage(admin),
        `${await accountPage(admin)}/disable`,
        '/admin/organizer-requests',
        '/admin/competitions',
        '/admin/settings',
        '/admin/audit',
      ],
    },
  };
  expectComplete(Object.values(site.pages).flat());
  return site;
}

/** Issues certificates to the participants of a competition that begins within seconds. Returns the page of one of them. */
async function issueCertificate(organizer, competitionId) {
  let certificate;
  // A job issues them. Before the start the press only says that it is too early.
  await expect(async () => {
    await organizer.submit('issue-certificates', { competitionId, audience: 'SEATED', remark: '' });
    const page = await organizer.html(`/organize/${competitionId}/certificates`);
    certificate = /href="(\/certificates\/[^"]+)"/.exec(page)?.[1];
    expect(certificate, 'a certificate is issued').toBeTruthy();
  }).toPass({ intervals: [100, 250, 500], timeout: 20_000 });
  return certificate;
}

/** Fails if the application has a page that is not among these addresses. */
function expectComplete(addresses) {
  const routes = readFileSync(new URL('../../src/ui/app.rs', import.meta.url), 'utf8').matchAll(/path!\("([^"]+)"\)/g);
  const paths = addresses.map((address) => address.split('?')[0]);
  const missing = [...routes].map(([, route]) => route).filter((route) => {
    const pattern = new RegExp(`^${route.replace(/:\w+/g, '[^/]+')}$`);
    return !paths.some((path) => pattern.test(path));
  });
  expect(missing, 'pages that `all-pages.js` lacks').toEqual([]);
}

/** Opens one of the pages, in a language if one is given. */
export async function visit(page, site, address, language) {
  await site.before[address.split('?')[0]]?.(page);
  return page.goto(language ? inLanguage(address, language) : address);
}

/** Returns the address of a page in a language. */
export const inLanguage = (address, language) => `${address}${address.includes('?') ? '&' : '?'}lang=${language}`;

/** Returns the address of the page about the participant of the demo, for administrators. */
async function accountPage(admin) {
  return /\/admin\/users\/[0-9a-f-]{36}/.exec(await admin.html(`/admin/users?search=${DEMO.participant}`))[0];
}

/** The kinds of viewers. */
export const VIEWERS = ['anonymous', 'participant', 'organizer', 'empty', 'admin'];

/** Returns a browser page with the session of the viewer; `page` has none. */
export async function openAs(viewer, site, page, options = {}) {
  return viewer === 'anonymous' ? page : site[viewer].open('/me/profile', options);
}
