"""Opens pictures and looks for the texts that they have to say, which are in a `.txt` file beside each.

What is read off a picture is never quite what is on it: capitals, blanks and signs do not count, letters that look like
digits are taken for them, and a text is found where nine tenths of it are.
"""

import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from difflib import SequenceMatcher

from PIL import Image


def plain(text):
    return re.sub(r"[^a-z0-9]", "", text.lower()).translate(str.maketrans("oil", "011"))


def likeness(wanted, read):
    """The best share of `wanted` that stands at one place of `read`."""
    blocks = SequenceMatcher(None, read, wanted, autojunk=False).get_matching_blocks()
    best = 0.0
    for block in blocks:
        start = max(0, block.a - block.b)
        window = read[start : start + len(wanted) + 2]
        best = max(best, SequenceMatcher(None, window, wanted, autojunk=False).ratio() * (len(window) + len(wanted)) / 2)
    return best / len(wanted)


def check(path):
    with Image.open(path) as picture:
        picture.load()
        assert picture.format == "JPEG" and min(picture.size) == 960, (picture.format, picture.size)
        assert len(picture.convert("RGB").resize((64, 64)).getcolors(4096)) > 20, f"{path} is blank"
    wanted = open(os.path.splitext(path)[0] + ".txt", encoding="utf-8").read().splitlines()
    read = ""
    # Several looks, of different sizes and ways to look for lines.
    for layout, scale in (("11", 0.9), ("6", 1.25), ("11", 1.25), ("11", 0.7), ("6", 0.9), ("4", 1.5), ("11", 2.0)):
        scaled = path + ".png"
        with Image.open(path) as picture:
            picture.convert("L").resize([int(side * scale) for side in picture.size], Image.LANCZOS).save(scaled)
        command = ["tesseract", scaled, "-", "--psm", layout, "-l", "eng"]
        environment = {**os.environ, "OMP_THREAD_LIMIT": "1"}
        read += plain(subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout)
        missing = [text for text in wanted if likeness(plain(text), read) < 0.9]
        if not missing:
            return
    sys.exit(f"{path} does not say {missing}, but {read}")


with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
    for _ in pool.map(check, sys.argv[1:]):
        pass
print(f"{len(sys.argv) - 1} pictures say what they have to")
