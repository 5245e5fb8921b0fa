"""Puts two screenshots of the widget's tests side by side for the README; `make docs-media` calls it."""

import sys
from pathlib import Path

from PIL import Image

GAP = 24
SCREENS = ["screen-document-390.png", "drawer-390.png"]

folder = Path(sys.argv[1])
pictures = [Image.open(folder / name).convert("RGB") for name in SCREENS]
width = sum(picture.width for picture in pictures) + GAP * (len(pictures) - 1)
both = Image.new("RGB", (width, max(picture.height for picture in pictures)), "#c8ced9")
left = 0
for picture in pictures:
    both.paste(picture, (left, 0))
    left += picture.width + GAP
both.quantize(64).save(Path(__file__).parent.parent / "widget.png", optimize=True)
