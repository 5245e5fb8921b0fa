// People who go through the screen of a face as scripts of Puppeteer do: a locator finds an element by its test id, and
// clicks it when it can be clicked. Whoever does not get through is named.
import puppeteer from "puppeteer-core";

const [executablePath, ...links] = process.argv.slice(2);
const browser = await puppeteer.launch({
  executablePath,
  headless: "shell",
  args: ["--no-sandbox", "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"],
});
try {
  for (const [at, link] of links.entries()) {
    const page = await browser.newPage();
    page.setDefaultTimeout(15_000);
    await page.goto(link);
    const isLive = new URL(link).hash === "#live";
    for (const id of isLive ? ["start", "done"] : ["take", "use", "done"]) {
      const locator = page.locator(`[data-testid=${id}]`);
      try {
        await (id === "done" ? locator.wait() : locator.click());
      } catch (error) {
        throw new Error(`person ${at + 1} of ${links.length} at \`${id}\`: ${error.message}`);
      }
    }
    await page.close();
  }
} finally {
  await browser.close();
}
