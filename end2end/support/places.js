// Every page, as everyone who may see it, in the states that a competition can be in.

import { DEMO, inSeconds, unique } from './people.js';

/** Makes what the pages show; gives the pages, by who looks at them. */
export async function everyPage(people) {
  const organizer = await people.organizer('Olivia Overview');
  const participant = await people.newcomer('Paula Pages');
  const others = [await people.newcomer(), await people.newcomer()];
  const waitlistEnabled = 'on';
  const description =
    '# Two days\n\n**Bring** a laptop and [read this](https://example.org).\n\n- Friday\n- Saturday\n\n> Soup.\n\n`code`';
  const open = await organizer.offers(unique('Open and Plenty'), { description, capacity: '20' });
  const few = await organizer.offers(unique('Few Left'), { capacity: '2', waitlistEnabled });
  const waitlist = await organizer.offers(unique('Full With Waitlist'), { capacity: '1', waitlistEnabled });
  const full = await organizer.offers(unique('Full Without'), { capacity: '1' });
  const closed = await organizer.offers(unique('Closed'), { regDeadline: inSeconds(3) });
  const over = await organizer.offers(unique('Over'), {
    regDeadline: inSeconds(3),
    startsAt: inSeconds(3),
    endsAt: inSeconds(3),
  });
  const mine = await organizer.offers(unique('Registered'), { location: '', tags: '', description: '' });
  const draft = await organizer.offers(unique('Draft'), { status: 'DRAFT' });
  const calledOff = await organizer.offers(unique('Called Off'));
  const queued = await organizer.offers(unique('Queued'), { capacity: '1', waitlistEnabled });
  for (const [person, ids] of [
    [others[0], [few, waitlist, full, queued]],
    [others[1], [waitlist]],
    [participant, [mine, queued, calledOff]],
  ]) {
    for (const id of ids) await person.registers(id);
  }
  await organizer.send('call-off-competition', { competitionId: calledOff });
  const cancel = /\/me\/registrations\/[0-9a-f-]{36}\/cancel/.exec(await participant.read(`/competitions/${mine}`))[0];
  // The mail is written by a job: soon, but not at once.
  let message;
  for (const until = Date.now() + 20_000; !message && Date.now() < until; ) {
    message = /\/me\/mailbox\?message=[0-9a-f-]{36}/.exec(await participant.read('/me/mailbox'))?.[0];
  }
  const competition = (id) => `/competitions/${id}`;
  const states = [open, few, waitlist, full, closed, over, calledOff].map(competition);
  return {
    organizer,
    participant,
    admin: await people.known(DEMO.admin),
    empty: await people.newcomer('Emil Empty'),
    open,
    pages: {
      stranger: [
        '/',
        '/competitions',
        '/competitions?search=nothing-has-this-name',
        '/competitions?tag=chess&status=OPEN&sort=title',
        '/login',
        '/signup',
        '/no/such/page',
        ...states,
      ],
      participant: [
        '/me/registrations',
        '/me/mailbox',
        message,
        '/me/profile',
        cancel,
        '/organize',
        competition(mine),
        competition(queued),
      ],
      organizer: [
        '/organize',
        '/organize/new',
        `/organize/${open}`,
        `/organize/${few}`,
        `/organize/${draft}`,
        `/organize/${few}/edit`,
        `/organize/${few}/registrations`,
        `/organize/${open}/registrations?search=nobody`,
        `/organize/${open}/call-off`,
        `/organize/${open}/delete`,
        competition(open),
        competition(draft),
      ],
      empty: ['/me/registrations', '/me/mailbox'],
    },
  };
}

/** Whose browsers show these pages. */
export const VIEWERS = ['stranger', 'participant', 'organizer', 'empty'];

/** A page of somebody's browser, or of nobody's. */
export async function openAs(viewer, places, page) {
  return viewer === 'stranger' ? page : places[viewer].opens('/me/profile');
}
