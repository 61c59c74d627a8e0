// All pages of the site, by the kind of viewer, with competitions in every state. A few lead elsewhere without something
// that no test of the browser has at hand: a dead letter, letters with links to unsubscribe and to a new password, a
// certificate, and a log-in that waits for its second factor.

import { DEMO, inDays, inSeconds, unique } from './test-data.js';

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
  const reopened = await organizer.createCompetition(unique('Closed Early'));
  await organizer.submit('close-registration-of-competition', { competitionId: reopened });
  const admin = await accounts.logIn(DEMO.admin);
  const states = [soon, paused, open, few, waitlist, full, closed, running, over, calledOff].map(competition);
  return {
    organizer,
    participant,
    admin,
    empty: await accounts.participant('Emil Empty'),
    open,
    // The registration panel in each of its states, by the viewer who sees it.
    panels: {
      anonymous: states,
      participant: [mine, queued, calledOff].map(competition),
      organizer: [open, draft].map(competition),
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
        '/offline',
        '/no/such/page',
        organizerPage,
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
        place,
        '/organize',
        invitation,
        competition(mine),
        competition(queued),
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
}

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
