"""Opens 1,000 connections at once and prints how long the slowest of them took to be accepted, in seconds."""

import resource
import selectors
import socket
import sys
import time

COUNT = 1000

host, port = sys.argv[1].rsplit(":", 1)
soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))

selector = selectors.DefaultSelector()
started = {}
for _ in range(COUNT):
    connection = socket.socket()
    connection.setblocking(False)
    started[connection] = time.monotonic()
    connection.connect_ex((host, int(port)))
    selector.register(connection, selectors.EVENT_WRITE)

slowest = 0.0
waiting = COUNT
while waiting:
    for key, _ in selector.select(10):
        error = key.fileobj.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if error:
            sys.exit(f"a connection failed: {error}")
        slowest = max(slowest, time.monotonic() - started[key.fileobj])
        selector.unregister(key.fileobj)
        waiting -= 1
print(slowest)
