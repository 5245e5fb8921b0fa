"""Sends large bodies to calls that are refused early, and prints the statuses that came back."""

import sys
import urllib.error
import urllib.request

base = sys.argv[1]
for path in ["/external-api/result/selfie/", "/nothing/here", "/__admin/health/ready"]:
    for _ in range(10):
        request = urllib.request.Request(base + path, data=b"a" * 300_000, method="POST")
        try:
            print(urllib.request.urlopen(request).status)
        except urllib.error.HTTPError as error:
            print(error.code)
