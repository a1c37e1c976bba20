"""The cryptography of docs/wire.md without a line of ours: Noise by dissononce, ciphers by OpenSSL.

Section numbers are those of docs/wire.md.
"""

import hashlib
import secrets
import struct

from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305
from dissononce.cipher.chachapoly import ChaChaPolyCipher
from dissononce.dh.x25519.private import PrivateKey
from dissononce.dh.x25519.public import PublicKey
from dissononce.dh.x25519.x25519 import X25519DH
from dissononce.hash.blake2b import Blake2bHash
from dissononce.processing.handshakepatterns.interactive.IK import IKHandshakePattern
from dissononce.processing.impl.cipherstate import CipherState
from dissononce.processing.impl.handshakestate import HandshakeState
from dissononce.processing.impl.symmetricstate import SymmetricState
from dissononce.processing.modifiers.psk import PSKPatternModifier

UP, DOWN = b"\0", b"\1"
SUITES = {1: (16, AESGCM), 2: (32, AESGCM), 3: (32, ChaCha20Poly1305)}


def blake2b(size, key, message):
    return hashlib.blake2b(message, digest_size=size, key=key).digest()


def mac1(receiver_public, frame):
    return blake2b(16, blake2b(32, b"", b"jvpn mac1" + receiver_public), frame)


class Noise:
    """The initiator's side of section 3."""

    def __init__(self, private, gateway_public, preshared):
        keys = X25519DH().generate_keypair(PrivateKey(private))
        self.public = keys.public.data
        self._state = HandshakeState(
            SymmetricState(CipherState(ChaChaPolyCipher()), Blake2bHash()), X25519DH())
        self._state.initialize(PSKPatternModifier(2).modify(IKHandshakePattern()), True,
                               b"jvpn v1", s=keys, rs=PublicKey(gateway_public), psks=[preshared])

    def write(self, payload):
        message = bytearray()
        self._state.write_message(payload, message)
        return bytes(message)

    def read(self, message):
        """(payload, root) of section 2."""
        payload = bytearray()
        k1, k2 = (cipher._key for cipher in self._state.read_message(message, payload))
        secret = b"jvpn root" + k2 + self._state.symmetricstate.get_handshake_hash()
        return bytes(payload), blake2b(32, k1, secret)


def epoch_secret(root, epoch, client_random, gateway_random, boot_epoch):
    return blake2b(32, root, b"jvpn epoch" + struct.pack("!I", epoch) + client_random
                   + gateway_random + struct.pack("!Q", boot_epoch))


def traffic_key(secret, direction, suite, epoch):
    label = b"jvpn traffic" + direction + bytes([suite]) + struct.pack("!I", epoch)
    return blake2b(32, secret, label)[:SUITES[suite][0]]


def traffic_cipher(secret, direction, suite, epoch):
    return SUITES[suite][1](traffic_key(secret, direction, suite, epoch))


def control_key(root, direction):
    return blake2b(32, root, b"jvpn control" + direction)


class ControlCipher:
    """XChaCha20-Poly1305 under the control key of a direction (section 6)."""

    def __init__(self, root, direction):
        self._key = control_key(root, direction)

    def seal(self, plaintext, associated):
        nonce = secrets.token_bytes(24)
        cipher = ChaCha20Poly1305(hchacha20(self._key, nonce[:16]))
        return nonce + cipher.encrypt(bytes(4) + nonce[16:], plaintext, associated)

    def open(self, sealed, associated):
        return xchacha_open(self._key, sealed, associated)


def xchacha_open(key, sealed, associated):
    nonce = sealed[:24]
    cipher = ChaCha20Poly1305(hchacha20(key, nonce[:16]))
    return cipher.decrypt(bytes(4) + nonce[16:], sealed[24:], associated)


def open_cookie(gateway_public, sealed, init_mac1):
    """Section 3.5; `sealed` begins with the nonce."""
    return xchacha_open(blake2b(32, b"", b"jvpn cookie" + gateway_public), sealed, init_mac1)


def hchacha20(key, nonce):
    """draft-irtf-cfrg-xchacha, 2.2."""
    words = list(struct.unpack("<16I", b"expand 32-byte k" + key + nonce))

    def quarter(a, b, c, d):
        for one, two, three, turn in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
            words[one] = words[one] + words[two] & 0xFFFFFFFF
            mixed = words[three] ^ words[one]
            words[three] = (mixed << turn | mixed >> 32 - turn) & 0xFFFFFFFF

    for _ in range(10):
        for n in range(4):
            quarter(n, 4 + n, 8 + n, 12 + n)
        for n in range(4):
            quarter(n, 4 + (n + 1) % 4, 8 + (n + 2) % 4, 12 + (n + 3) % 4)
    return struct.pack("<8I", *words[:4], *words[12:])
