#!/usr/bin/python3
"""Sends the IPv4 packet that stands in hexadecimal on the standard input, its source included."""

import socket
import sys


def main():
    packet = bytes.fromhex(sys.stdin.read())
    out = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
    out.sendto(packet, (socket.inet_ntoa(packet[16:20]), 0))


if __name__ == "__main__":
    main()
