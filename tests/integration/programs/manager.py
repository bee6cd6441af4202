"""manager.py SOCKET [SECONDS]: a service manager's end of sd_notify(3).

Prints each message as one line, its own lines joined by " | ", and closes what descriptors came along, after SECONDS (0).
SOCKET may be an abstract name that begins with @. Ends after 20 seconds without a message.
"""
import os
import socket
import sys
import time

path = sys.argv[1]
wait = float(sys.argv[2]) if len(sys.argv) > 2 else 0
sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
if path.startswith("@"):
    sock.bind("\0" + path[1:])
else:
    os.chdir(os.path.dirname(path))  # sun_path is short
    sock.bind(os.path.basename(path))
sock.settimeout(20)
print("listening", flush=True)
while True:
    data, fds, _, _ = socket.recv_fds(sock, 65536, 16)
    time.sleep(wait if fds else 0)
    print(" | ".join(data.decode().splitlines()), flush=True)
    for fd in fds:
        os.close(fd)
