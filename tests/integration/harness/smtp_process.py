"""A mail relay for tests: aiosmtpd, which appends a line of JSON to a file for each message it takes.

The line holds how the message came, and what Python's email package reads in it.
"""

import argparse
import asyncio
import email
import email.policy
import json
import os
import ssl

from aiosmtpd.smtp import SMTP, AuthResult


def read(content):
    """What a mail program makes of it."""
    message = email.message_from_bytes(content, policy=email.policy.default)
    parts = list(message.walk())
    leaves = [part for part in parts if not part.is_multipart()]
    flaws = [flaw for part in parts for flaw in part.defects]
    flaws += [flaw for part in parts for value in part.values() for flaw in value.defects]
    return {
        "headers": [(name.lower(), str(value)) for name, value in message.items()],
        "structure": [part.get_content_type() for part in parts],
        "parts": [
            {
                "kind": part.get_content_type(),
                "file": part.get_filename(),
                "text": part.get_content(),
            }
            for part in leaves
        ],
        "flaws": [repr(flaw) for flaw in flaws],
    }


class Keeper:
    """Keeps messages; from the `hold_from`-th on it keeps them, and leaves the sender waiting."""

    def __init__(self, file, hold_from):
        self.file = os.open(file, os.O_CREAT | os.O_APPEND | os.O_WRONLY)
        self.hold_from = hold_from
        self.kept = 0

    async def handle_DATA(self, server, session, envelope):
        line = {
            "to": envelope.rcpt_tos,
            "encrypted": server.transport.get_extra_info("ssl_object") is not None,
            "user": session.login_data and session.login_data.decode(),
            **read(envelope.content),
        }
        # One write: whoever reads meanwhile, and whoever is killed, leaves no half lines.
        os.write(self.file, json.dumps(line).encode() + b"\n")
        self.kept += 1
        if self.hold_from and self.kept >= self.hold_from:
            await asyncio.Event().wait()
        return "250 2.0.0 kept"


def options():
    parser = argparse.ArgumentParser()
    parser.add_argument("port", type=int)
    parser.add_argument("file")
    parser.add_argument("--tls", choices=["starttls", "wrapped"])
    parser.add_argument("--certificate")
    parser.add_argument("--key")
    parser.add_argument("--user")
    parser.add_argument("--password")
    parser.add_argument("--hold-from", type=int)
    return parser.parse_args()


async def main(options):
    context = None
    if options.tls:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(options.certificate, options.key)
    starttls = options.tls == "starttls"
    keeper = Keeper(options.file, options.hold_from)

    def authenticate(server, session, envelope, mechanism, data):
        wanted = (options.user.encode(), options.password.encode())
        good = (data.login, data.password) == wanted
        return AuthResult(success=good, handled=False, auth_data=data)

    def connection():
        return SMTP(
            keeper,
            hostname="relay.test",
            loop=asyncio.get_running_loop(),
            tls_context=context if starttls else None,
            require_starttls=starttls,
            authenticator=authenticate,
            auth_required=options.user is not None,
            # It knows only its own STARTTLS as encryption.
            auth_require_tls=starttls,
        )

    server = await asyncio.get_running_loop().create_server(
        connection, "127.0.0.1", options.port, ssl=None if starttls else context
    )
    await server.serve_forever()


asyncio.run(main(options()))
