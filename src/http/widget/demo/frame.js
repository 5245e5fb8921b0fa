// The frame with the widget, and its embed code.

const ID = "identomat";

export function made(link, attributes) {
  const frame = document.createElement("iframe");
  const all = { id: ID, title: "Identity verification", src: link, ...attributes };
  for (const [name, value] of Object.entries(all)) frame.setAttribute(name, value);
  return frame;
}

export function html(frame, reacts) {
  const escaped = (value) => value.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;");
  const attributes = [...frame.attributes].map(({ name, value }) => `  ${name}="${escaped(value)}"\n`);
  const { origin } = new URL(frame.src);
  const removal = reacts ? `    document.getElementById("${ID}").remove();\n` : "";
  return `<iframe
${attributes.join("")}></iframe>
<script>
  addEventListener("message", ({ origin, data }) => {
    if (origin !== "${origin}" || data !== "DONE") return;
${removal}    // Now let your backend ask for the result.
  });
</script>
`;
}
