"""agent.py SOCKET: a seccomp agent for one container.

Takes the message that a runtime sends for SCMP_ACT_NOTIFY, prints its JSON, and answers every notification with ENOMEDIUM
until the container is gone.
"""
import array
import ctypes
import errno
import fcntl
import json
import os
import select
import socket
import struct
import sys

SECCOMP_IOCTL_NOTIF_RECV = 0xC0502100
SECCOMP_IOCTL_NOTIF_SEND = 0xC0182101

listener = socket.socket(socket.AF_UNIX)
os.chdir(os.path.dirname(sys.argv[1]))
listener.bind(os.path.basename(sys.argv[1]))
listener.listen(1)
listener.settimeout(20)
connection, _ = listener.accept()
fds = array.array("i")
message = b""
while True:
    data, ancillary, _, _ = connection.recvmsg(65536, socket.CMSG_SPACE(16))
    for level, kind, payload in ancillary:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            fds.frombytes(payload[: len(payload) - len(payload) % fds.itemsize])
    message += data
    try:  # a runtime need not close the connection
        json.loads(message)
        break
    except ValueError:
        if not data:
            sys.exit(f"agent: not JSON: {message!r}")
print(message.decode(), flush=True)
if len(fds) != 1:
    sys.exit(f"agent: {len(fds)} descriptors came with the message, expected one")

poll = select.poll()
poll.register(fds[0], select.POLLIN)
while True:
    events = poll.poll(20000)
    if not events or events[0][1] & select.POLLHUP:
        break
    request = ctypes.create_string_buffer(80)
    try:
        fcntl.ioctl(fds[0], SECCOMP_IOCTL_NOTIF_RECV, request)
        cookie = struct.unpack_from("Q", request.raw)[0]
        fcntl.ioctl(fds[0], SECCOMP_IOCTL_NOTIF_SEND, struct.pack("QqiI", cookie, 0, -errno.ENOMEDIUM, 0))
    except OSError as error:
        if error.errno != errno.ENOENT:  # ENOENT: the caller is gone
            raise
