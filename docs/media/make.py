"""Makes the small pictures of docs/media.md with the program that this project builds; `make docs-media` calls it."""

import io
import json
import subprocess
import sys
import urllib.parse
import urllib.request
from pathlib import Path

from PIL import Image

KEY = "0123456789012345678901234567890123456789"
LONGER_SIDE = 420
HERE = Path(__file__).parent

# File, path below result/, flags.
PICTURES = [
    ("id-front", "card-front", {"document_types": ["id"], "document_countries": ["GEO"]}),
    ("id-back", "card-back", {"document_types": ["id"], "document_countries": ["GEO"]}),
    ("driver-license-front", "card-front", {"document_types": ["driver_license"], "document_countries": ["UKR"]}),
    ("driver-license-back", "card-back", {"document_types": ["driver_license"], "document_countries": ["UKR"]}),
    ("residence-license-front", "card-front", {"document_types": ["residence_license"], "document_countries": ["GRC"]}),
    ("passport", "passport", {"document_types": ["passport"], "document_countries": ["GRC"]}),
    ("face", "face", {"document_countries": ["GEO"]}),
    ("face-document", "face-document", {"document_types": ["passport"], "require_face_document": True}),
    ("utility-bill", "general-document", {"allow_general_document_capture": True}),
    (
        "bank-statement",
        "general-document",
        {"allow_general_document_capture": True, "general_document_types": ["bank_statement"]},
    ),
]


def call(base, method, **parameters):
    query = urllib.parse.urlencode({"company_key": KEY, **parameters})
    with urllib.request.urlopen(f"{base}/external-api/{method}/?{query}") as response:
        return response.read()


def save(picture, name):
    picture.thumbnail((LONGER_SIDE, LONGER_SIDE), Image.LANCZOS)
    picture.convert("RGB").save(HERE / f"{name}.jpg", quality=80, optimize=True)


program = [sys.argv[1], "--port", "0", "--seed", "11", "--frozen-at", "2026-01-31T12:00:00Z", "--outcome-trigger", "begin"]
mock = subprocess.Popen(program, stdout=subprocess.PIPE, text=True)
try:
    base = mock.stdout.readline().split()[3]
    tokens = {}
    for name, path, flags in PICTURES:
        flags = json.dumps(flags)
        if flags not in tokens:
            tokens[flags] = json.loads(call(base, "begin", flags=flags))
        token = tokens[flags]
        save(Image.open(io.BytesIO(call(base, f"result/{path}", session_token=token))), name)
    token = json.loads(call(base, "begin", flags=json.dumps({"liveness": True})))
    video = HERE / "face-video.mp4"
    video.write_bytes(call(base, "result/face-video", session_token=token))
    strip = ["-vf", "select='eq(n,0)+eq(n,3)+eq(n,6)+eq(n,9)',tile=4x1", "-frames:v", "1"]
    command = ["ffmpeg", "-v", "error", "-y", "-i", video, *strip, "-f", "image2pipe", "-c:v", "png", "-"]
    frames = subprocess.run(command, check=True, capture_output=True).stdout
    video.unlink()
    save(Image.open(io.BytesIO(frames)), "face-video")
finally:
    mock.terminate()
