"""A browser that gets push messages, written with Python's `cryptography` (OpenSSL) from RFC 8188, 8291 and 8292.

`keys` prints the keys of a new subscription. `open` reads a request to a push service from standard input, verifies its
signature, decrypts its body, and prints what both contain.
"""

import base64
import json
import struct
import sys
from os import urandom

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

CURVE = ec.SECP256R1()


def encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def point(key):
    encoding = serialization.Encoding.X962
    return key.public_bytes(encoding, serialization.PublicFormat.UncompressedPoint)


def keys():
    private = ec.generate_private_key(CURVE)
    return {
        "private": encode(private.private_numbers().private_value.to_bytes(32, "big")),
        "p256dh": encode(point(private.public_key())),
        "auth": encode(urandom(16)),
    }


def hkdf(length, salt, secret, info):
    return HKDF(hashes.SHA256(), length, salt, info).derive(secret)


def decrypt(device, body):
    private = ec.derive_private_key(int.from_bytes(decode(device["private"]), "big"), CURVE)
    salt, (size, length) = body[:16], struct.unpack(">IB", body[16:21])
    sender, record = body[21 : 21 + length], body[21 + length :]
    assert len(record) <= size, "a single record"
    secret = private.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(CURVE, sender))
    info = b"WebPush: info\0" + point(private.public_key()) + sender
    material = hkdf(32, decode(device["auth"]), secret, info)
    key = hkdf(16, salt, material, b"Content-Encoding: aes128gcm\0")
    nonce = hkdf(12, salt, material, b"Content-Encoding: nonce\0")
    padded = AESGCM(key).decrypt(nonce, record, None).rstrip(b"\0")
    assert padded.endswith(b"\2"), "the last record"
    return padded[:-1].decode()


def verify(authorization):
    scheme, parameters = authorization.split(" ", 1)
    assert scheme == "vapid", scheme
    values = dict(parameter.strip().split("=", 1) for parameter in parameters.split(","))
    signed, signature = values["t"].rsplit(".", 1)
    public = ec.EllipticCurvePublicKey.from_encoded_point(CURVE, decode(values["k"]))
    half = [int.from_bytes(part, "big") for part in (decode(signature)[:32], decode(signature)[32:])]
    public.verify(utils.encode_dss_signature(*half), signed.encode(), ec.ECDSA(hashes.SHA256()))
    header, claims = (json.loads(decode(part)) for part in signed.split("."))
    return {"key": values["k"], "header": header, "claims": claims}


def opened(request):
    body = base64.b64decode(request["body"])
    content = json.loads(decrypt(request["device"], body))
    return {**verify(request["authorization"]), "content": content}


print(json.dumps(keys() if sys.argv[1] == "keys" else opened(json.load(sys.stdin))))
