"""Starts one mock for all tests, and gives each test its own company."""

import json
import os
import subprocess
import urllib.error
import urllib.request
import uuid

import pytest

from verification import Verification


class Mock:
    def __init__(self):
        program = os.environ.get("IDENTOMAT_MOCK", "identomat-mock")
        settings = ["--port", "0", "--any-company-key", "--log-format", "json", "--log-level", "error"]
        self.process = subprocess.Popen([program, *settings], stdout=subprocess.PIPE, text=True)
        # The binary prints its first line when it is ready.
        self.url = json.loads(self.process.stdout.readline())["url"]

    def admin(self, path, body=None):
        """Calls the control API: with POST if there is a body."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}/__admin/{path}", data, {"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request) as answer:
                return json.loads(answer.read() or "null")
        except urllib.error.HTTPError as error:
            raise AssertionError(json.load(error)["detail"]) from None

    def stop(self):
        self.process.terminate()
        self.process.wait()


@pytest.fixture(scope="session")
def mock():
    mock = Mock()
    yield mock
    mock.stop()


@pytest.fixture
def new_shop(mock):
    """Makes shops with their own companies, so that no other test notices their changes."""
    return lambda **options: Verification(mock.url, f"test-{uuid.uuid4()}", **options)
