"""control.py SOCKET WORD...: one request to a monitor's control socket; prints the reply.

--awaiting-end WORD...: the same while another connection waits for the container's end; prints both replies.
--flood N: N connections that say nothing and one that asks N times and reads no reply; prints "survived" when all are closed.
"""
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
    client = connect(path)
    client.send(" ".join(words).encode())
    print(client.recv(65536).decode())
    if waiter:
        print(waiter.recv(65536).decode())


main()
