// Takes pictures of pages: node photograph.mjs CHROMIUM, with a JSON array of [HTML, FILE] on the input.
import { createRequire } from 'node:module';
import { text } from 'node:stream/consumers';

// The Chromium driver of the tests.
const require = createRequire(new URL('../../tests/browser/package.json', import.meta.url));
const { chromium } = require('playwright-core');

const browser = await chromium.launch({
  executablePath: process.argv[2],
  args: ['--no-sandbox', '--disable-background-networking'],
});
const context = await browser.newContext({
  viewport: { width: 1200, height: 800 },
  deviceScaleFactor: 2,
});
for (const [html, file] of JSON.parse(await text(process.stdin))) {
  const page = await context.newPage();
  await page.setContent(html);
  await page.locator('.picture').screenshot({ path: file, omitBackground: true });
  await page.close();
}
await browser.close();
