"""Opens 1,000 connections at once and prints how often one of them had to ask again to be let in."""

import resource
import selectors
import socket
import struct
import sys

COUNT = 1000

host, port = sys.argv[1].rsplit(":", 1)
soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))

selector = selectors.DefaultSelector()
for _ in range(COUNT):
    connection = socket.socket()
    connection.setblocking(False)
    connection.connect_ex((host, int(port)))
    selector.register(connection, selectors.EVENT_WRITE)

# Where Linux has `tcpi_total_retrans` in what it says of a connection.
ASKED_AGAIN = 100

asked_again = 0
waiting = COUNT
while waiting:
    for key, _ in selector.select(10):
        error = key.fileobj.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if error:
            sys.exit(f"a connection failed: {error}")
        said = key.fileobj.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, ASKED_AGAIN + 4)
        asked_again += struct.unpack_from("I", said, ASKED_AGAIN)[0]
        selector.unregister(key.fileobj)
        waiting -= 1
print(asked_again)
