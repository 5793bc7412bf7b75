"""Reads hipflask's encrypted cookies, as docs/encrypted-cookie.md describes them.

Each line of standard input is JSON: ["open", {"secretKey", "application", "name", "values"}], with the values of all of
the session's cookies; each line of standard output is JSON: {"json", "signedAt"}, or null for what is not genuine.
"""

import base64
import json
import sys

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


def derive(secret, purpose):
    return HKDF(hashes.SHA256(), 32, salt=None, info=purpose.encode()).derive(secret.encode())


def xaes_open(key, nonce, ciphertext, associated):
    aes = Cipher(algorithms.AES(key), modes.ECB()).encryptor()
    whole = int.from_bytes(aes.update(bytes(16)), "big")
    subkey = (whole << 1) & ((1 << 128) - 1) ^ (0x87 if whole >> 127 else 0)

    def block(counter):
        plain = bytes([0, counter, 0x58, 0]) + nonce[:12]
        return aes.update((int.from_bytes(plain, "big") ^ subkey).to_bytes(16, "big"))

    return AESGCM(block(1) + block(2)).decrypt(nonce[12:], ciphertext, associated)


def join(name, values):
    """The value in several cookies: each begins with its number, how many there are, and how the whole value ends."""
    if len(values) == 1:
        return values[0]
    whole = "".join(value.split(".")[-1] for value in values)
    size = 4096 - len(name) - 15
    parts = [whole[at : at + size] for at in range(0, len(whole), size)]
    labels = [f"{i}-{len(parts)}.{whole[-8:]}." for i in range(1, len(parts) + 1)]
    return whole if [a + b for a, b in zip(labels, parts)] == values else ""


def open_cookie(secret, application, name, value):
    try:
        raw = base64.b64decode(value + "=" * (-len(value) % 4), "-_", validate=True)
    except ValueError:
        return None
    if base64.urlsafe_b64encode(raw).rstrip(b"=").decode() != value:
        return None  # not canonical
    head, nonce, ciphertext = raw[:5], raw[5:29], raw[29:]
    if head != b"\x01" + derive(secret, "hipflask key id")[:4]:
        return None  # another version or another key
    key = derive(secret, "hipflask cookie session " + application)
    try:
        plain = xaes_open(key, nonce, ciphertext, head + name.encode())
    except InvalidTag:
        return None
    length = int.from_bytes(plain[6:9], "big")
    return {"json": plain[9 : 9 + length].decode(), "signedAt": int.from_bytes(plain[1:6], "big")}


for line in sys.stdin:
    _, case = json.loads(line)
    value = join(case["name"], case["values"])
    print(json.dumps(open_cookie(case["secretKey"], case["application"], case["name"], value)), flush=True)
