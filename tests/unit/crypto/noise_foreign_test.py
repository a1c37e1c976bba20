"""Our Noise_IKpsk2_25519_ChaChaPoly_BLAKE2b against dissononce, an implementation by others.

usage: noise_foreign_test.py NOISE_PEER [COUNT [SEED]]

COUNT complete handshakes in each role, with random keys, pre-shared key, prologue and payloads:
both ends must agree on payloads, static key, split keys and handshake hash. Then one damaged
message of each kind in each direction, which the other end must refuse.
"""

import random
import subprocess
import sys

try:
    from dissononce.cipher.chachapoly import ChaChaPolyCipher
    from dissononce.dh.x25519.private import PrivateKey
    from dissononce.dh.x25519.public import PublicKey
    from dissononce.dh.x25519.x25519 import X25519DH
    from dissononce.exceptions.decrypt import DecryptFailedException
    from dissononce.hash.blake2b import Blake2bHash
    from dissononce.processing.handshakepatterns.interactive.IK import IKHandshakePattern
    from dissononce.processing.impl.cipherstate import CipherState
    from dissononce.processing.impl.handshakestate import HandshakeState
    from dissononce.processing.impl.symmetricstate import SymmetricState
    from dissononce.processing.modifiers.psk import PSKPatternModifier
except ImportError as error:
    print("skipped:", error)
    sys.exit(77)


def to_hex(data):
    return bytes(data).hex() or "-"


def from_hex(word):
    return b"" if word == "-" else bytes.fromhex(word)


class Peer:
    """Our end, in its own process."""

    def __init__(self, program):
        self.process = subprocess.Popen(
            [program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, *words):
        self.process.stdin.write(" ".join(
            word if isinstance(word, str) else to_hex(word) for word in words) + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().split()

    def close(self):
        self.process.stdin.close()
        assert self.process.wait(timeout=60) == 0


class Case:
    """One handshake's random material."""

    def __init__(self, rng):
        self.psk = bytes(32) if rng.random() < 0.2 else rng.randbytes(32)
        self.prologue = rng.choice([b"jvpn v1", b"", rng.randbytes(rng.randrange(1, 200))])
        self.question = rng.randbytes(rng.choice([0, 1, 264, rng.randrange(1065)]))
        self.answer = rng.randbytes(rng.choice([0, 1, rng.randrange(1113)]))
        self.ours = keypair(rng)
        self.theirs = keypair(rng)


def keypair(rng):
    return X25519DH().generate_keypair(PrivateKey(rng.randbytes(32)))


def foreign(case, initiator):
    state = HandshakeState(
        SymmetricState(CipherState(ChaChaPolyCipher()), Blake2bHash()), X25519DH())
    state.initialize(
        PSKPatternModifier(2).modify(IKHandshakePattern()), initiator, case.prologue,
        s=case.theirs, rs=PublicKey(case.ours.public.data) if initiator else None,
        psks=[case.psk])
    assert state.protocol_name == "Noise_IKpsk2_25519_ChaChaPoly_BLAKE2b", state.protocol_name
    return state


def results(state, ciphers):
    k1, k2 = (cipher._key for cipher in ciphers)
    return [to_hex(k1), to_hex(k2), to_hex(state.symmetricstate.get_handshake_hash())]


def damaged(rng, message):
    message = bytearray(message)
    message[rng.randrange(len(message))] ^= 1 << rng.randrange(8)
    return message


def refuses(read):
    try:
        read()
    except DecryptFailedException:
        return True
    except ValueError:  # a damaged ephemeral may be a point of low order
        return True
    return False


def check(condition, *what):
    if not condition:
        print("DIFFERS:", *what)
        sys.exit(1)


def start_initiator(peer, case):
    return from_hex(peer.ask("initiator", case.ours.private.data, case.theirs.public.data,
                             case.psk, case.prologue, case.question)[0])


def start_responder(peer, case):
    check(peer.ask("responder", case.ours.private.data, case.prologue) == ["ready"], "responder")


def we_initiate(peer, case):
    state = foreign(case, initiator=False)
    question = bytearray()
    state.read_message(start_initiator(peer, case), question)
    check(question == case.question, "question")
    check(state.rs.data == case.ours.public.data, "static key of the initiator")
    response = bytearray()
    ciphers = state.write_message(case.answer, response)
    answer, *keys = peer.ask(response)
    check(from_hex(answer) == case.answer, "answer")
    check(keys == results(state, ciphers), "keys", keys)


def we_respond(peer, case):
    state = foreign(case, initiator=True)
    init = bytearray()
    state.write_message(case.question, init)
    start_responder(peer, case)
    question, remote = peer.ask(init)
    check(from_hex(question) == case.question, "question")
    check(from_hex(remote) == case.theirs.public.data, "static key of the initiator")
    response, *keys = peer.ask(case.psk, case.answer)
    answer = bytearray()
    ciphers = state.read_message(from_hex(response), answer)
    check(answer == case.answer, "answer")
    check(keys == results(state, ciphers), "keys", keys)


def damage_is_refused(peer, rng):
    case = Case(rng)
    init = start_initiator(peer, case)
    state = foreign(case, initiator=False)
    check(refuses(lambda: state.read_message(bytes(damaged(rng, init)), bytearray())), "our init")
    state = foreign(case, initiator=False)
    state.read_message(init, bytearray())
    response = bytearray()
    state.write_message(case.answer, response)
    check(peer.ask(damaged(rng, response)) == ["refused"], "their response, damaged, is taken")

    state = foreign(case, initiator=True)
    init = bytearray()
    state.write_message(case.question, init)
    start_responder(peer, case)
    check(peer.ask(damaged(rng, init)) == ["refused"], "their init, damaged, is taken")
    start_responder(peer, case)
    peer.ask(init)
    response, *_ = peer.ask(case.psk, case.answer)
    bad = bytes(damaged(rng, from_hex(response)))
    check(refuses(lambda: state.read_message(bad, bytearray())), "our response")


def main():
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 100
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else random.randrange(1 << 32)
    print("seed", seed, flush=True)
    rng = random.Random(seed)
    peer = Peer(sys.argv[1])
    for _ in range(count):
        we_initiate(peer, Case(rng))
        we_respond(peer, Case(rng))
        damage_is_refused(peer, rng)
    peer.close()
    print(count, "handshakes in each role agree")


main()
