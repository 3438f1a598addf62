// What main.cjs does, from the sources.
import { cacheName, openCodeCache } from '../src/code-cache.js';
import { parseCommand } from '../src/command-line.js';
import { main } from '../src/main.js';
import { makeTimings } from '../src/timings.js';

const command = parseCommand(process.argv.slice(2));
if (command !== undefined) {
  const cache = command.cache ? openCodeCache() : undefined;
  const timings = makeTimings(() => performance.now());
  timings.mark('node');
  const nameOf = (/** @type {string} */ sha512) => cacheName('', sha512);
  main(command, { timings, nameOf, ...(cache && { cache }) });
}
