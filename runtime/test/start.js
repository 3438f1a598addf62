// The entry point of main.cjs, from the sources.
import { cacheName, openCodeCache } from '../src/node/code-cache.js';
import { parseCommand } from '../src/run/command-line.js';
import { main } from '../src/run/main.js';
import { makeTimings } from '../src/run/timings.js';

const command = parseCommand(process.argv.slice(2));
if (command !== undefined) {
  const cache = command.cache ? openCodeCache() : undefined;
  const timings = makeTimings(() => performance.now());
  timings.mark('node');
  const nameOf = (/** @type {string} */ sha512) => cacheName('', sha512);
  main(command, { timings, nameOf, ...(cache && { cache }) });
}
