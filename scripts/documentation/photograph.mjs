// Takes pictures of pages: node photograph.mjs CHROMIUM, with a JSON array of [HTML, FILE] on the input. The page of a
// report is [URL, FILE, COLOR SCHEME] instead, and its picture is the window.
import { createRequire } from 'node:module';
import { text } from 'node:stream/consumers';

// The Chromium driver of the tests.
const require = createRequire(new URL('../../tests/browser/package.json', import.meta.url));
const { chromium } = require('playwright-core');

const browser = await chromium.launch({
  executablePath: process.argv[2],
  args: ['--no-sandbox', '--disable-background-networking'],
});
/**
 * @param {string} url
 * @param {string} file
 * @param {'light' | 'dark'} colorScheme
 */
const photographReport = async (url, file, colorScheme) => {
  const page = await browser.newPage({
    viewport: { width: 1100, height: 700 },
    deviceScaleFactor: 1.5,
    colorScheme,
  });
  await page.goto(url);
  await page.locator('[role=tabpanel]:not([hidden]) .summary, .cards').first().waitFor();
  await page.screenshot({ path: file });
  await page.close();
};

const context = await browser.newContext({
  viewport: { width: 1200, height: 800 },
  deviceScaleFactor: 2,
});
for (const [html, file, colorScheme] of JSON.parse(await text(process.stdin))) {
  if (colorScheme !== undefined) {
    await photographReport(html, file, colorScheme);
    continue;
  }
  const page = await context.newPage();
  await page.setContent(html);
  await page.locator('.picture').screenshot({ path: file, omitBackground: true });
  await page.close();
}
await browser.close();
