"""Does the main tasks with a client that openapi-python-client generates from the OpenAPI document.

`cargo xtask test` runs it: `mini_compete_client` is on PYTHONPATH, CONTRACT_URL is the URL of a server, and
ORGANIZER_EMAIL and PASSWORD belong to an organizer.
"""

import datetime
import os
import uuid

from mini_compete_client import AuthenticatedClient, Client
from mini_compete_client.api.accounts import get_me, log_in, sign_up
from mini_compete_client.api.competitions import create_competition, list_competitions
from mini_compete_client.api.registrations import (
    cancel_registration,
    get_registration,
    list_my_registrations,
    register,
)
from mini_compete_client.models import (
    CompetitionInput,
    CompetitionStatus,
    LoginForm,
    Problem,
    RegistrationInput,
    RegistrationStatus,
    Role,
    SignupForm,
    Sort,
)

URL = os.environ["CONTRACT_URL"]
PASSWORD = os.environ["PASSWORD"]
UNIQUE = uuid.uuid4().hex


def logged_in(tokens):
    return AuthenticatedClient(base_url=URL, token=tokens.access_token)


def main():
    anonymous = Client(base_url=URL)
    email = os.environ["ORGANIZER_EMAIL"]
    organizer = log_in.sync(client=anonymous, body=LoginForm(email=email, password=PASSWORD))
    assert organizer.user.role is Role.ORGANIZER, organizer

    now = datetime.datetime.now(datetime.timezone.utc)
    created = create_competition.sync(
        client=logged_in(organizer),
        body=CompetitionInput(
            title=f"Python {UNIQUE}",
            capacity=1,
            reg_deadline=now + datetime.timedelta(days=7),
            starts_at=now + datetime.timedelta(days=8),
            tags=["contract"],
            waitlist_enabled=True,
            status=CompetitionStatus.PUBLISHED,
        ),
    )
    assert created.status is CompetitionStatus.PUBLISHED, created
    assert created.ends_at is None, created

    form = SignupForm(name="Pia Python", email=f"{UNIQUE}@python.test", password=PASSWORD)
    tokens = sign_up.sync(client=anonymous, body=form)
    assert tokens.user.role is Role.PARTICIPANT, tokens
    taken = sign_up.sync(client=anonymous, body=form)
    assert isinstance(taken, Problem) and taken.type_.endswith("/email-taken"), taken
    participant = logged_in(tokens)
    assert get_me.sync(client=participant).email == form.email

    page = list_competitions.sync(client=anonymous, search=UNIQUE, sort=Sort.NEWEST, per_page=5)
    assert [item.id for item in page.items] == [created.id], page

    key = f"python-{UNIQUE}"
    first = register.sync_detailed(
        created.id, client=participant, body=RegistrationInput(), idempotency_key=key
    )
    assert first.status_code == 201, first
    assert first.parsed.status is RegistrationStatus.PENDING, first.parsed
    again = register.sync_detailed(
        created.id, client=participant, body=RegistrationInput(), idempotency_key=key
    )
    assert again.content == first.content, again
    assert again.headers["idempotency-replayed"] == "true", again.headers

    registration = first.parsed.registration_id
    mine = list_my_registrations.sync(client=participant)
    assert [item.registration_id for item in mine.items] == [registration], mine
    cancelled = cancel_registration.sync_detailed(registration, client=participant)
    assert cancelled.status_code == 204, cancelled
    seen = get_registration.sync(registration, client=participant)
    assert seen.status is RegistrationStatus.CANCELLED, seen


main()
