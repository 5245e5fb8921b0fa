"""The code under test: how the shop verifies a person."""

import json
import time
import urllib.error
import urllib.request


class Verification:
    def __init__(self, url, company_key, timeout=5.0, pause=0.01):
        self.url, self.company_key, self.timeout, self.pause = url, company_key, timeout, pause

    def begin(self, **flags):
        """Begins a session and returns its token, with which the person's browser opens the widget."""
        return self._call("begin", flags=flags)

    def result(self, token):
        """The current result: APPROVED, REJECTED, IN_PROGRESS ..."""
        return self._call("result", session_token=token)["result"]

    def verdict(self, token, polls=20):
        """Polls until there is a verdict."""
        for _ in range(polls):
            result = self.result(token)
            if result != "IN_PROGRESS":
                return result
            time.sleep(self.pause)
        return "EXPIRED"

    def _call(self, method, tries=3, **parameters):
        """Calls the service, and tries twice more after an error of a proxy or a timeout."""
        body = json.dumps({"company_key": self.company_key, **parameters}).encode()
        request = urllib.request.Request(
            f"{self.url}/external-api/{method}/", body, {"Content-Type": "application/json"}
        )
        try:
            with urllib.request.urlopen(request, timeout=self.timeout) as answer:
                return json.load(answer)
        except (urllib.error.HTTPError, TimeoutError, urllib.error.URLError) as error:
            if tries <= 1 or getattr(error, "code", 500) < 500:
                raise
            return self._call(method, tries - 1, **parameters)
