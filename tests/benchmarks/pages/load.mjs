// node load.mjs FOLDER ROUNDS CHROMIUM NAME...: loads FOLDER/NAME.html in a new profile each time, all in turn, and
// prints for each how long its script took, from its request to what it has drawn, in milliseconds.
import * as fs from 'node:fs';
import * as http from 'node:http';
import path from 'node:path';
import { chromium } from 'playwright-core';

const [, , folder, rounds, executablePath, ...names] = process.argv;

const server = http.createServer((request, response) => {
  const name = path.basename(request.url);
  const type = name.endsWith('.html') ? 'text/html' : 'text/javascript';
  response.setHeader('content-type', `${type}; charset=utf-8`);
  fs.createReadStream(path.join(folder, name))
    .on('error', () => response.writeHead(404).end())
    .pipe(response);
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));

const args = ['--no-sandbox', '--disable-quic', '--disable-background-networking'];
const browser = await chromium.launch({ executablePath, args });

/** @param {string} name */
const load = async (name) => {
  const context = await browser.newContext();
  const page = await context.newPage();
  const errors = [];
  page.on('pageerror', (error) => errors.push(error.message));
  await page.goto(`http://127.0.0.1:${server.address().port}/${name}.html`);
  const found = await page.evaluate('({ time: after - before, drawn: drawn })');
  await context.close();
  return found.drawn ? { time: found.time } : { failed: errors[0] ?? 'nothing is drawn' };
};

/** @type {Record<string, { times: number[], failed?: string }>} */
const results = Object.fromEntries(names.map((name) => [name, { times: [] }]));
for (let round = 0; round <= Number(rounds); round += 1) {
  for (const name of names) {
    const { time, failed } = await load(name);
    if (failed !== undefined) results[name].failed = failed;
    else if (round > 0) results[name].times.push(time); // the first round warms the machine up
  }
}
await browser.close();
server.close();
console.log(JSON.stringify(results));
