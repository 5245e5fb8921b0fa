"""Reads the machine readable zone of photographed documents, as a reader of documents does.

It takes several looks, at different sizes, until two are alike and their check digits are right. Some letters and digits look
alike: where ICAO 9303 allows letters alone, or digits alone, the reader takes what may be there. Numbers of documents
may have both; those of the built-in people have no letter O.

Usage: read_zone.py PICTURE...; prints the lines of each, and a blank line behind each picture.
"""

import os
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

from PIL import Image

# A zone is best read when it is about so wide, in pixels.
WIDTH = 1408

LETTERS, DIGITS, NUMBERS = "letters", "digits", "numbers"

# The fields of each line, by how many characters they have, and where the characters are that the last digit checks.
PASSPORT = (
    [
        [(44, LETTERS)],
        [(10, NUMBERS), (3, LETTERS), (7, DIGITS), (1, LETTERS), (7, DIGITS), (14, NUMBERS), (2, DIGITS)],
    ],
    lambda lines: lines[1][0:10] + lines[1][13:20] + lines[1][21:43],
)
CARD = (
    [
        [(5, LETTERS), (25, NUMBERS)],
        [(7, DIGITS), (1, LETTERS), (7, DIGITS), (3, LETTERS), (11, NUMBERS), (1, DIGITS)],
        [(30, LETTERS)],
    ],
    lambda lines: lines[0][5:30] + lines[1][0:7] + lines[1][8:15] + lines[1][18:29],
)
ALIKE = {
    LETTERS: str.maketrans("01", "OI"),
    DIGITS: str.maketrans("OQDILSB", "0001158"),
    NUMBERS: str.maketrans("O", "0"),
}


def check_digit(text):
    value = lambda letter: 0 if letter == "<" else int(letter, 36)
    return str(sum(value(letter) * (7, 3, 1)[at % 3] for at, letter in enumerate(text)) % 10)


def corrected(line, fields):
    # Lines end in fill, of which a look may miss some.
    line, read, at = line.ljust(sum(length for length, _ in fields), "<"), "", 0
    for length, kind in fields:
        read += line[at : at + length].translate(ALIKE[kind])
        at += length
    return read + line[at:]


def look(zone, size, folder):
    path = os.path.join(folder, "zone.png")
    scale = size * WIDTH / zone.width
    zone.resize((int(zone.width * scale), int(zone.height * scale)), Image.LANCZOS).save(path)
    command = ["tesseract", path, "-", "--psm", "6", "-l", "eng"]
    command += ["-c", "tessedit_char_whitelist=ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789<"]
    command += ["-c", "load_system_dawg=0", "-c", "load_freq_dawg=0"]
    # It is faster alone than with helpers that wait for each other.
    environment = {**os.environ, "OMP_THREAD_LIMIT": "1"}
    text = subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout
    return [line for line in text.split() if re.fullmatch(r"[A-Z0-9<]{26,}", line)]


def lines_of(path):
    picture = Image.open(path)
    picture.load()
    assert picture.format == "JPEG", picture.format
    width, height = picture.size
    zone = picture.convert("L").crop((int(width * 0.065), int(height * 0.59), int(width * 0.945), int(height * 0.93)))
    looks, right = [], []
    with tempfile.TemporaryDirectory() as folder:
        for size in (1.0, 0.75, 1.3, 0.6, 0.9, 1.15, 0.5, 0.67, 0.82, 1.08, 1.22, 1.5):
            lines = look(zone, size, folder)
            fields, checked = PASSPORT if len(lines) == 2 else CARD
            read = [corrected(*both) for both in zip(lines, fields)]
            looks.append(read)
            # What no digit checks has to be something that there is: a kind of document, and one state in both places.
            states = {line[start : start + 3] for line, start in zip(read, (2, 10 if fields is PASSPORT[0] else 15))}
            is_known = len(states) == 1 and read[0][:2] in ("P<", "ID", "IR")
            is_whole = [len(line) for line in read] == [sum(length for length, _ in line) for line in fields]
            if is_whole and is_known and check_digit(checked(read)) == read[1][-1]:
                if read in right:
                    return "\n".join(read)
                right.append(read)
    return f"no two looks were right and alike: {looks}"


with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
    for lines in pool.map(lines_of, sys.argv[1:]):
        print(lines + "\n")
