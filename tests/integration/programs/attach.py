"""attach.py SOCKET FILE [WORD...]: attaches to a monitor's control socket (the request is "attach WORD...").

Standard input goes to the container in packets of at most 32 KiB, and its end with it; output comes to stdout and stderr; the
exit record goes to FILE, and "missed N" to FILE.missed. Options, before SOCKET:
  --request TEXT     instead of "attach WORD..."
  --process FILE     a file to send with the request
  --input FILE       what standard input is
  --keep-input       standard input's end is not passed on
  --until TEXT       detach (close) when the output has contained TEXT
  --read-after FILE  nothing is read before FILE exists
Exit status: 0 at the end of the container, 3 detached, 4 at an end without a record, 5 when the request was refused.
"""
import argparse
import array
import os
import select
import socket
import sys
import time

MOST = 32768


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--request")
    parser.add_argument("--process")
    parser.add_argument("--input")
    parser.add_argument("--keep-input", action="store_true")
    parser.add_argument("--until")
    parser.add_argument("--read-after")
    parser.add_argument("socket")
    parser.add_argument("file")
    parser.add_argument("words", nargs="*")
    return parser.parse_args()


def connect(given):
    client = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    client.settimeout(15)
    client.connect(given.socket)
    request = (given.request or " ".join(["attach", *given.words])).encode()
    extra = []
    if given.process:
        fd = os.open(given.process, os.O_RDONLY)
        extra = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [fd]))]
    client.sendmsg([request], extra)
    reply = client.recv(65536).decode()
    if not reply.startswith("ok"):
        print(reply, file=sys.stderr)
        sys.exit(5)
    return client


def main():
    given = arguments()
    if given.input:
        os.dup2(os.open(given.input, os.O_RDONLY), 0)
    client = connect(given)
    with open(given.file + ".attached", "w", encoding="utf-8"):
        pass  # for the test to see
    while given.read_after and not os.path.exists(given.read_after):
        time.sleep(0.02)
    client.settimeout(None)
    seen = b""
    typing = True
    deadline = time.monotonic() + 18 * int(os.environ.get("RT_TEST_SLOWNESS", "1"))
    while time.monotonic() < deadline:
        # Input is taken when there is room for it, never waited for: the container may wait until its output is read.
        _, room, _ = select.select([], [client] if typing else [], [], 0)
        ready, _, _ = select.select([client, sys.stdin] if room else [client], [], [], 0.02 if typing else 1)
        if sys.stdin in ready:
            data = os.read(0, MOST)
            if data:
                client.send(data)
            else:
                typing = False
                if not given.keep_input:
                    client.shutdown(socket.SHUT_WR)
        if client not in ready:
            continue
        packet = client.recv(MOST + 1)
        kind, data = packet[:1], packet[1:]
        if kind in (b"\2", b"\3"):
            out = sys.stdout if kind == b"\2" else sys.stderr
            out.buffer.write(data)
            out.flush()
            seen = (seen + data)[-4096:]
            if given.until and given.until.encode() in seen:
                sys.exit(3)
        elif kind == b"\4":
            with open(given.file + ".missed", "a", encoding="utf-8") as file:
                file.write(data.decode() + "\n")
        elif kind == b"\5":
            with open(given.file, "wb") as file:
                file.write(data)
            sys.exit(0)
        else:
            sys.exit(4)
    sys.exit("attach.py: no end in time")


main()
