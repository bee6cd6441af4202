"""control.py SOCKET WORD...: one request to a monitor's control socket; prints the reply.

--awaiting-end WORD...: the same while another connection waits for the container's end; prints both replies.
--process FILE WORD...: FILE goes with the request.
--flood N: N connections that say nothing and one that asks N times and reads no reply; prints "survived" when all are closed.
"""
import array
import os
import socket
import sys


def connect(path):
    client = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    client.settimeout(15)
    client.connect(path)
    return client


def main():
    path, words = sys.argv[1], sys.argv[2:]
    if words[0] == "--flood":
        silent = [connect(path) for _ in range(int(words[1]))]
        for client in silent:
            client.close()
        deaf = connect(path)
        try:
            for _ in range(5000):
                deaf.send(b"status")
        except OSError:
            pass  # it was let go, as it should be
        print("survived")
        return
    waiter = None
    if words[0] == "--awaiting-end":
        waiter = connect(path)
        waiter.send(b"wait")
        words = words[1:]
    extra = []
    if words[0] == "--process":
        fd = os.open(words[1], os.O_RDONLY)
        extra = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [fd]))]
        words = words[2:]
    client = connect(path)
    client.sendmsg([" ".join(words).encode()], extra)
    print(client.recv(65536).decode())
    if waiter:
        print(waiter.recv(65536).decode())


main()
