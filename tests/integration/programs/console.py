"""A terminal's other end, for the tests.

console.py receive SOCKET STEP...   listens on SOCKET as an engine does, takes the terminal that the runtime sends, and
                                    plays the steps on it. Prints "payload: TEXT" and "fds: N" on stderr.
console.py take SOCKET              takes a pidfd the same way: "payload: TEXT" and "pidfd of PID" on stdout.
console.py run STEP... -- COMMAND   runs COMMAND on a new controlling terminal of 24 x 80 and plays the steps;
                                    exits with its status (128 + signal).
Everything the terminal says goes to stdout. Steps, in order:
  expect:TEXT    wait until TEXT has been said (since the last expect)
  send:TEXT      type it (\\n, \\x03 and the like are understood)
  resize:RxC     change the window's size
  term           send TERM to COMMAND (run only)
"""
import array
import fcntl
import os
import pty
import select
import signal
import socket
import struct
import sys
import termios
import time

LIMIT = 20  # seconds for everything


def fail(text):
    print(f"console: {text}", file=sys.stderr)
    sys.exit(3)


class Terminal:
    def __init__(self, master, pid=None):
        self.master, self.pid, self.seen, self.open = master, pid, b"", True
        self.deadline = time.monotonic() + LIMIT

    def pump(self):
        """Copies what the terminal says next; False at its end."""
        left = self.deadline - time.monotonic()
        if left <= 0 or not select.select([self.master], [], [], left)[0]:
            fail(f"nothing more was said in {LIMIT} seconds")
        try:
            data = os.read(self.master, 65536)
        except OSError:  # EIO: the last user of the slave is gone
            data = b""
        if not data:
            self.open = False
            return False
        os.write(1, data)
        self.seen += data
        return True

    def play(self, step):
        name, _, text = step.partition(":")
        if name == "expect":
            wanted = text.encode().decode("unicode_escape").encode()
            while wanted not in self.seen:
                if not self.pump():
                    fail(f"ended before saying {text!r}; said {self.seen!r}")
            self.seen = self.seen.split(wanted, 1)[1]
        elif name == "send":
            os.write(self.master, text.encode().decode("unicode_escape").encode())
        elif name == "resize":
            rows, columns = map(int, text.split("x"))
            fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        elif name == "term":
            os.kill(self.pid, signal.SIGTERM)
        else:
            fail(f"unknown step {step!r}")

    def finish(self):
        while self.open and self.pump():
            pass


def take_descriptor(path):
    """The one descriptor, and the text beside it, that the first to connect sends."""
    listener = socket.socket(socket.AF_UNIX)
    os.chdir(os.path.dirname(path) or ".")  # sun_path is short
    listener.bind(os.path.basename(path))
    listener.listen(1)
    listener.settimeout(LIMIT)
    connection, _ = listener.accept()
    connection.settimeout(LIMIT)
    fds = array.array("i")
    payload, ancillary, _, _ = connection.recvmsg(4096, socket.CMSG_SPACE(8 * fds.itemsize))
    for level, kind, data in ancillary:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            fds.frombytes(data[: len(data) - len(data) % fds.itemsize])
    if len(fds) != 1:
        fail(f"expected one descriptor, got {len(fds)}")
    return fds[0], payload.decode()


def take(path):
    fd, payload = take_descriptor(path)
    with open(f"/proc/self/fdinfo/{fd}") as info:
        pids = [line.split()[1] for line in info if line.startswith("Pid:")]
    print(f"payload: {payload}\npidfd of {pids[0] if pids else 'nothing'}")


def receive(path, steps):
    fd, payload = take_descriptor(path)
    print(f"payload: {payload}\nfds: 1", file=sys.stderr, flush=True)
    terminal = Terminal(fd)
    for step in steps:
        terminal.play(step)
    terminal.finish()


def run(steps, command):
    pid, master = pty.fork()
    if pid == 0:
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        os.execvp(command[0], command)
    terminal = Terminal(master, pid)
    try:
        for step in steps:
            terminal.play(step)
        terminal.finish()
    except SystemExit:
        os.kill(pid, signal.SIGKILL)
        raise
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    sys.exit(status if status >= 0 else 128 - status)


if sys.argv[1] == "receive":
    receive(sys.argv[2], sys.argv[3:])
elif sys.argv[1] == "take":
    take(sys.argv[2])
else:
    split = sys.argv.index("--")
    run(sys.argv[2:split], sys.argv[split + 1 :])
