// The entry point of main.cjs, from the sources.
import { fileURLToPath } from 'node:url';
import { cacheName, openCodeCache } from '../src/node/code-cache.js';
import { begunAt } from '../src/node/threads.js';
import { parseCommand } from '../src/run/command-line.js';
import { begin, main } from '../src/run/main.js';
import { makeTimings } from '../src/run/timings.js';

const own = { execArgv: process.execArgv, program: fileURLToPath(import.meta.url) };
const begun = begunAt(process.argv.slice(2));
const command = begun === undefined ? parseCommand(process.argv.slice(2)) : undefined;
if (begun !== undefined) {
  const start = { ...own, nameOf: () => '', timings: makeTimings(() => performance.now()) };
  begin(begun, start, begun.beginning.given === undefined ? 2 : 1);
} else if (command !== undefined) {
  const cache = command.cache ? openCodeCache() : undefined;
  const timings = makeTimings(() => performance.now());
  timings.mark('node');
  const nameOf = (/** @type {string} */ sha512) => cacheName('', sha512);
  main(command, { ...own, timings, nameOf, ...(cache && { cache }) });
}
