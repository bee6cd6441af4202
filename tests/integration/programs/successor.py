"""successor.py DIR RTMON FLAG... : a supervisor that holds a container's handles over its monitor's death.

Starts "RTMON --detach --dir DIR FLAG...", asks for the handles, then obeys lines on standard input, answering each with one:
  kill     the monitor, by SIGKILL
  adopt    a new monitor takes over ("RTMON --detach --adopt ...")
  told     what the connection that asked for the handles has been told since
  end      of standard input: reaps what is left (it is a subreaper) and goes
"""
import array
import ctypes
import os
import signal
import socket
import sys
import threading

PR_SET_CHILD_SUBREAPER = 36
libc = ctypes.CDLL(None)
libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
monitor_dir, rtmon, flags = sys.argv[1], sys.argv[2], sys.argv[3:]
base = [rtmon, "--detach", "--dir", monitor_dir]


def reap():
    while True:
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            return


def connect():
    client = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    client.settimeout(10)
    client.connect(monitor_dir + "/control")
    return client


def handles():
    client = connect()
    client.send(b"handles")
    fds = array.array("i")
    text, extra, _, _ = client.recvmsg(4096, socket.CMSG_SPACE(4 * fds.itemsize))
    for level, kind, data in extra:
        if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
            fds.frombytes(data)
    assert text.startswith(b"ok "), text
    names = text.decode().split("[")[1].split("]")[0].replace('"', "")
    assert len(fds) == len(names.split(",")), (names, fds)
    return client, names, list(fds)


def adopt(names, fds):
    # Above what they become, so that no dup2 overwrites one before its turn.
    high = [__import__("fcntl").fcntl(fd, 1030, 100) for fd in fds]
    actions = [(os.POSIX_SPAWN_DUP2, fd, 3 + i) for i, fd in enumerate(high)]
    command = base + ["--adopt", names] + [flag for flag in flags if flag != "--start"]
    pid = os.posix_spawn(rtmon, command, os.environ, file_actions=actions)
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    for fd in high:
        os.close(fd)
    return f"adopted {status}"


def main():
    pid = os.posix_spawn(rtmon, base + flags, os.environ)
    if os.waitpid(pid, 0)[1] != 0:
        sys.exit("the first monitor failed")
    link, names, fds = handles()
    peer = link.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
    monitor = int.from_bytes(peer[:4], sys.byteorder)
    print("names " + names, flush=True)
    for line in sys.stdin:
        word = line.strip()
        if word == "kill":
            os.kill(monitor, signal.SIGKILL)
            os.waitpid(monitor, 0)
            print("killed", flush=True)
        elif word == "adopt":
            print(adopt(names, fds), flush=True)
            threading.Thread(target=reap, daemon=True).start()
        elif word == "told":
            print(link.recv(100).decode(), flush=True)
    for fd in fds:
        os.close(fd)
    reap()


main()
