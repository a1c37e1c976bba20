#!/usr/bin/python3
"""Sends guessed requests, as many a second as told: a true beginning, and noise after it.

usage: flood.py ADDRESS PORT BEGINNING COUNT PER_SECOND
"""

import os
import socket
import sys
import time

REQUEST_BYTES = 96


def main():
    address, port, beginning = sys.argv[1], int(sys.argv[2]), bytes.fromhex(sys.argv[3])
    count, per_second = int(sys.argv[4]), int(sys.argv[5])
    out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    begin = time.monotonic()
    for i in range(count):
        time.sleep(max(0, begin + i / per_second - time.monotonic()))
        out.sendto(beginning + os.urandom(REQUEST_BYTES - len(beginning)), (address, port))


if __name__ == "__main__":
    main()
