"""An SMTP server for tests: aiosmtpd, which appends a line of JSON to a file for each mail it receives.

The line describes the connection and the sender, and what Python's email package parses in the mail.
"""

import argparse
import asyncio
import base64
import email
import email.policy
import json
import os
import ssl

from aiosmtpd.smtp import SMTP, AuthResult


def text_of(part):
    """Returns the content of a part; what is not a text is in base64."""
    content = part.get_content()
    return content if isinstance(content, str) else base64.b64encode(content).decode()


def parse(content):
    """Returns the mail as a mail program reads it."""
    message = email.message_from_bytes(content, policy=email.policy.default)
    parts = list(message.walk())
    leaves = [part for part in parts if not part.is_multipart()]
    defects = [defect for part in parts for defect in part.defects]
    defects += [defect for part in parts for value in part.values() for defect in value.defects]
    return {
        "headers": [(name.lower(), str(value)) for name, value in message.items()],
        "structure": [part.get_content_type() for part in parts],
        "parts": [
            {
                "content_type": part.get_content_type(),
                "file": part.get_filename(),
                "text": text_of(part),
            }
            for part in leaves
        ],
        "defects": [repr(defect) for defect in defects],
    }


class Store:
    """Stores mails. It never responds to the `silent_from`-th mail and later ones."""

    def __init__(self, file, silent_from):
        self.file = os.open(file, os.O_CREAT | os.O_APPEND | os.O_WRONLY)
        self.silent_from = silent_from
        self.stored = 0

    async def handle_DATA(self, server, session, envelope):
        line = {
            "to": envelope.rcpt_tos,
            "encrypted": server.transport.get_extra_info("ssl_object") is not None,
            "user": session.login_data and session.login_data.decode(),
            **parse(envelope.content),
        }
        # One write, so that neither a concurrent reader nor a kill sees half a line.
        os.write(self.file, json.dumps(line).encode() + b"\n")
        self.stored += 1
        if self.silent_from and self.stored >= self.silent_from:
            await asyncio.Event().wait()
        return "250 2.0.0 stored"


def options():
    parser = argparse.ArgumentParser()
    parser.add_argument("port", type=int)
    parser.add_argument("file")
    parser.add_argument("--tls", choices=["starttls", "implicit"])
    parser.add_argument("--certificate")
    parser.add_argument("--key")
    parser.add_argument("--user")
    parser.add_argument("--password")
    parser.add_argument("--silent-from", type=int)
    return parser.parse_args()


async def main(options):
    context = None
    if options.tls:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(options.certificate, options.key)
    starttls = options.tls == "starttls"
    store = Store(options.file, options.silent_from)

    def authenticate(server, session, envelope, mechanism, data):
        expected = (options.user.encode(), options.password.encode())
        valid = (data.login, data.password) == expected
        return AuthResult(success=valid, handled=False, auth_data=data)

    def connection():
        return SMTP(
            store,
            hostname="relay.test",
            loop=asyncio.get_running_loop(),
            tls_context=context if starttls else None,
            require_starttls=starttls,
            authenticator=authenticate,
            auth_required=options.user is not None,
            # aiosmtpd does not count implicit TLS as encryption.
            auth_require_tls=starttls,
        )

    server = await asyncio.get_running_loop().create_server(
        connection, "127.0.0.1", options.port, ssl=None if starttls else context
    )
    await server.serve_forever()


asyncio.run(main(options()))
