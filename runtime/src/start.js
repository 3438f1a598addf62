// node main.cjs: loads the runtime, from what V8 compiled of it in an earlier run where that was kept.
import * as fs from 'node:fs';
import { createRequire } from 'node:module';
import * as path from 'node:path';
import { Script } from 'node:vm';
import { cacheName, openCodeCache } from './code-cache.js';
import { USAGE, parseCommand } from './command-line.js';
import { NO_TIMINGS, makeTimings } from './timings.js';

/** @import { Command } from './command-line.js' */
/** @import { Start } from './main.js' */

const RUNTIME = path.join(import.meta.dirname, 'runtime.cjs');

/** @param {Command} command */
const start = (command) => {
  const timings = command.timings ? makeTimings(() => performance.now()) : NO_TIMINGS;
  timings.mark('node');
  const text = fs.readFileSync(RUNTIME, 'utf8');
  const cache = command.cache ? openCodeCache() : undefined;
  const version = cache && cacheName(text);
  const cachedData = cache?.read(`${version}`);
  const script = new Script(`(function (exports, require, module) {${text}\n})`, {
    filename: RUNTIME,
    ...(cachedData && { cachedData }),
  });
  const isKnown = cachedData !== undefined && script.cachedDataRejected === false;
  /** @type {{ exports: { main?: (command: Command, start: Start) => void } }} */
  const module = { exports: {} };
  script.runInThisContext()(module.exports, createRequire(RUNTIME), module);
  module.exports.main?.(command, {
    timings,
    ...(cache && { cache, version: `${version}` }),
    ...(cache &&
      !isKnown && { saveOwn: () => cache.write(`${version}`, script.createCachedData()) }),
  });
};

const command = parseCommand(process.argv.slice(2));
if (command === undefined) {
  fs.writeSync(2, `${USAGE}\n`);
  process.exitCode = 2;
} else start(command);
