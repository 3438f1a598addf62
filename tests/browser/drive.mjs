// Drives Chromium for the tests: a question on each line of the input, an answer on each line of the output.
//   node drive.mjs EXECUTABLE
import { createInterface } from 'node:readline';
import { chromium } from 'playwright-core';

const browser = await chromium.launch({
  executablePath: process.argv[2],
  // As root in a container there is no other way; nothing but our own server is asked.
  args: ['--no-sandbox', '--disable-quic', '--disable-background-networking'],
});

/**
 * @param {import('playwright-core').Page} page
 * @returns {Promise<Array<Promise<object>>>} what its debugger is told of packages' scripts; it grows
 */
const scriptsOf = async (page) => {
  const parsed = [];
  const session = await page.context().newCDPSession(page);
  session.on('Debugger.scriptParsed', ({ url, sourceMapURL, scriptId }) => {
    if (!url.startsWith('compartment:')) return;
    const source = session.send('Debugger.getScriptSource', { scriptId });
    parsed.push(source.then(({ scriptSource }) => ({ url, sourceMapURL, text: scriptSource })));
  });
  await session.send('Debugger.enable');
  return parsed;
};

/** Prints what the page's policy for content refuses. */
const reportViolations = () => {
  addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) => {
    console.log(`violation: ${violatedDirective} ${blockedURI}`);
  });
};

/**
 * @param {{ url: string, until?: string, evaluate?: string, screenshot?: string, debug?: boolean, reader?: object }} question
 * @returns {Promise<object>} what the page said, threw, and is
 */
const answer = async ({ url, until, evaluate, screenshot, debug, reader }) => {
  const { width, height, dark, keys } = { width: 480, height: 320, dark: false, keys: [], ...reader };
  const colorScheme = dark ? 'dark' : 'light';
  const context = await browser.newContext({ viewport: { width, height }, colorScheme });
  const page = await context.newPage();
  if (reader !== undefined) await page.addInitScript(reportViolations);
  const said = [];
  const errors = [];
  page.on('console', (message) => said.push(message.text()));
  page.on('pageerror', (error) => errors.push(`${error.name}: ${error.message}\n${error.stack}`));
  const parsed = debug ? await scriptsOf(page) : [];
  await page.goto(url);
  if (until !== undefined) {
    await page.waitForFunction(until, undefined, { timeout: 10_000 }).catch((error) => {
      throw new Error(`${error.message}\n${[...said, ...errors].join('\n')}`);
    });
  }
  for (const key of keys) {
    if (/^([A-Z][A-Za-z]+|.)$/.test(key)) await page.keyboard.press(key);
    else await page.keyboard.type(key);
  }
  const value = evaluate === undefined ? null : await page.evaluate(evaluate);
  if (screenshot !== undefined) await page.screenshot({ path: screenshot });
  const scripts = await Promise.all(parsed);
  await context.close();
  return { said, errors, value, scripts };
};

for await (const line of createInterface({ input: process.stdin })) {
  const said = await answer(JSON.parse(line)).catch((error) => ({ failed: `${error.stack}` }));
  process.stdout.write(`${JSON.stringify(said)}\n`);
}
await browser.close();
