"""engine.py [--attach FILE [--size TEXT]] CONMON FLAG...: what an engine does around conmon; prints what comes through the sync pipe.

With --attach FILE (for --exec-attach; BUNDLE is the working directory) it waits for the word that the attach socket is there,
writes TEXT to the control FIFO, connects, says that the program may begin, and writes its output to FILE, its error output to FILE.err. Standard input is sent.
"""
import os
import select
import socket
import subprocess
import sys


def copy(client, path):
    with open(path, "wb") as out, open(path + ".err", "wb") as err:
        sources = [client, sys.stdin]
        while True:
            ready, _, _ = select.select(sources, [], [], 15)
            if not ready:
                sys.exit("engine.py: nothing for 15 seconds")
            if sys.stdin in ready:
                data = os.read(0, 8192)
                if data:
                    client.send(data)
                else:
                    client.shutdown(socket.SHUT_WR)
                    sources.remove(sys.stdin)
            if client in ready:
                packet = client.recv(8193)
                if not packet:
                    return
                {2: out, 3: err}[packet[0]].write(packet[1:])


def main():
    args = sys.argv[1:]
    attach = None
    if args[0] == "--attach":
        attach, args = args[1], args[2:]
    size = None
    if args[0] == "--size":
        size, args = args[1], args[2:]
    sync, sync_end = os.pipe()
    start_end, start = os.pipe()
    word, word_end = os.pipe()
    env = dict(os.environ, _OCI_SYNCPIPE=str(sync_end), _OCI_STARTPIPE=str(start_end), _OCI_ATTACHPIPE=str(word_end))
    with subprocess.Popen(args, env=env, pass_fds=(sync_end, start_end, word_end)) as process:
        for fd in (sync_end, start_end, word_end):
            os.close(fd)
        os.write(start, b"x")
        if process.wait() != 0:
            sys.exit(process.returncode)
    if attach:
        print("attach:", os.read(word, 4096).decode().strip(), flush=True)
        if size:
            with open("ctl", "w", encoding="utf-8") as ctl:
                ctl.write(size + "\n")
        client = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        client.connect("attach")
        os.write(start, b"x")
        copy(client, attach)
    with os.fdopen(sync) as lines:
        for line in lines:
            print(line.strip(), flush=True)


main()
