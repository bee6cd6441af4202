"""attach_plain.py SOCKET [FILE]: a client of conmon's attach socket; prints "attached", then the output. FILE is sent as input."""
import os
import select
import socket
import sys

client = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
client.connect(sys.argv[1])
print("attached", flush=True)
if len(sys.argv) > 2:
    with open(sys.argv[2], "rb") as file:
        client.send(file.read(8192))
    client.shutdown(socket.SHUT_WR)
while select.select([client], [], [], 15)[0]:
    packet = client.recv(8193)
    if not packet:
        sys.exit(0)
    os.write(1, packet[1:])
sys.exit(1)
