// node look.mjs <page.html> <folder>: what axe-core finds, what reaches beyond the page, pictures at three widths in
// both colour schemes, and the print as PDF. Exit status 1 for a finding. Chromium: CHROMIUM, or /usr/bin/chromium.
import { createRequire } from "node:module";
import { mkdirSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const [page, folder] = process.argv.slice(2).map((name) => resolve(name));
const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
const WIDTHS = [390, 1024, 1440];
const HEIGHT = 900;

mkdirSync(folder, { recursive: true });
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu"],
});
const findings = [];
for (const width of WIDTHS) {
  for (const colorScheme of width === 1024 ? ["light", "dark"] : ["light"]) {
    const tab = await browser.newPage({ viewport: { width, height: HEIGHT }, colorScheme });
    tab.on("pageerror", (error) => findings.push(`${width} px: ${error}`));
    const began = Date.now();
    await tab.goto(pathToFileURL(page).href);
    const seconds = (Date.now() - began) / 1000;
    await tab.screenshot({ path: `${folder}/${width}-${colorScheme}.png` });
    const size = await tab.evaluate(() => ({
      height: document.documentElement.scrollHeight,
      width: document.documentElement.scrollWidth,
      headline: document.querySelector(".headline .scroll").scrollWidth -
        document.querySelector(".headline .scroll").clientWidth,
    }));
    console.log(`${width} px, ${colorScheme}: ${size.height} px high, loaded in ${seconds} s`);
    if (size.width > width) findings.push(`${width} px: the page is ${size.width} px wide`);
    if (size.headline > 0) findings.push(`${width} px: ${size.headline} px of the first table are hidden`);
    // What is folded is judged, too.
    await tab.evaluate(() => document.querySelectorAll("details").forEach((details) => (details.open = true)));
    await tab.addScriptTag({ path: AXE });
    for (const { id, help, nodes } of await tab.evaluate(async () => (await axe.run()).violations)) {
      findings.push(`${width} px, ${colorScheme}: ${id}: ${help}: ${nodes.length} times, first ${nodes[0].html.slice(0, 200)}`);
    }
    if (width === 1440) await tab.pdf({ path: `${folder}/print.pdf`, preferCSSPageSize: true });
    await tab.close();
  }
}
await browser.close();
console.log(`${statSync(page).size} bytes; ${findings.length} findings`);
findings.forEach((finding) => console.log(finding));
process.exit(findings.length ? 1 : 0);
