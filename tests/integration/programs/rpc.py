"""rpc.py SOCKET ...: a client of rtd's, to test with.

METHOD [PARAMS]     one call; prints the result, or the error object with status 1. Both are checked against rpc.discover.
--lines LINE...     sends the lines as they are, prints every line that comes back until the daemon closes or nothing comes for
                    0.3 s
--hold N            N connections that say nothing, until stdin ends; prints what the last one is told
--deaf METHOD N     asks N times without reading an answer, prints "sent", waits for the end of stdin
"""
import json
import socket
import sys

import jsonschema


def connect(path, timeout=20):
    client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    client.connect(path)  # without a time limit, which would make a full queue an error
    client.settimeout(timeout)
    return client


def request(number, method, params=None):
    message = {"jsonrpc": "2.0", "id": number, "method": method}
    if params is not None:
        message["params"] = params
    return json.dumps(message).encode() + b"\n"


def ask(stream, client, number, method, params=None):
    client.sendall(request(number, method, params))
    while True:
        reply = json.loads(stream.readline())
        if reply.get("id") == number:
            return reply


def validate(document, method, reply):
    schemas = {"components": document["components"]}
    entry = next((m for m in document["methods"] if m["name"] == method), None)
    if "error" in reply:
        error = reply["error"]
        assert document["components"]["x-errors"][error["data"]["name"]] == error["code"], error
    else:
        jsonschema.validate(reply["result"], {**schemas, **entry["result"]["schema"]})


def main():
    path, words = sys.argv[1], sys.argv[2:]
    if words[0] == "--lines":
        client = connect(path, 0.3)
        data = b"".join(line.encode("utf-8", "surrogateescape") + b"\n" for line in words[1:])
        received = b""
        try:
            client.sendall(data)
            while piece := client.recv(65536):
                received += piece
            received += b"(closed)\n"
        except socket.timeout:
            pass
        except (BrokenPipeError, ConnectionResetError):
            received += b"(closed)\n"
        sys.stdout.write(received.decode())
        return 0
    if words[0] == "--hold":
        held = [connect(path) for _ in range(int(words[1]))]
        held[-1].settimeout(1)
        try:
            print(held[-1].recv(65536).decode(), flush=True)
        except socket.timeout:
            print("nothing", flush=True)
        sys.stdin.read()
        return 0
    if words[0] == "--deaf":
        client = connect(path, 1)
        try:
            for number in range(int(words[2])):
                client.sendall(request(number, words[1]))
        except socket.timeout:
            pass
        print("sent", flush=True)
        sys.stdin.read()
        return 0
    client = connect(path)
    stream = client.makefile("rb")
    document = ask(stream, client, 0, "rpc.discover")["result"]
    params = json.loads(words[1]) if len(words) > 1 else None
    reply = ask(stream, client, 1, words[0], params)
    validate(document, words[0], reply)
    print(json.dumps(reply.get("result", reply.get("error"))))
    return 0 if "result" in reply else 1


sys.exit(main())
