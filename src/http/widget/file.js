// A file that the person chose.
import { size, t } from "./text.js";

// The first bytes of a JPEG and of a PNG: the type is detected from the content, not from the name.
const beginnings = [
  [0xff, 0xd8, 0xff],
  [0x89, 0x50, 0x4e, 0x47],
];

// Returns the picture in a file as a `bitmap`, or the message about it as a `refusal`.
export async function readPicture(file, mostBytes) {
  if (file.size > mostBytes) return { refusal: t("larger-than", { limit: size(mostBytes) }) };
  const bytes = new Uint8Array(await file.slice(0, 4).arrayBuffer());
  const isTaken = beginnings.some((beginning) => beginning.every((byte, at) => byte === bytes[at]));
  if (!isTaken) return { refusal: t("other-kind") };
  const bitmap = await createImageBitmap(file).catch(() => undefined);
  return bitmap ? { bitmap } : { refusal: t("no-image") };
}
