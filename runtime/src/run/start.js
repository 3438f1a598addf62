// Entry point of `node main.cjs`: loads the runtime, from the code cache if possible.
import * as fs from 'node:fs';
import { createRequire } from 'node:module';
import * as path from 'node:path';
import { Script } from 'node:vm';
import { cacheName, cachedCode, openCodeCache, openedCode } from '../node/code-cache.js';
import { USAGE, parseCommand } from './command-line.js';
import { NO_TIMINGS, makeTimings } from './timings.js';
import { hideWall } from '../node/wall.js';

/** @import { CodeCache } from '../node/code-cache.js' */
/** @import { Command } from './command-line.js' */
/** @import { Start } from './main.js' */

const hasPermissionModel = hideWall();
const RUNTIME = path.join(import.meta.dirname, 'runtime.cjs');

/**
 * @param {Command} command
 * @param {string} source of the runtime
 * @returns {{ cache?: CodeCache, own: string, nameOf: (sha512: string) => string }}
 */
const openCache = ({ cache, keep, ownCode, code }, source) => {
  const names = { own: 'own', nameOf: () => 'archive' };
  if (keep !== undefined) return { cache: cachedCode(keep), ...names };
  if (!hasPermissionModel) {
    const own = cache ? cacheName(source) : '';
    const folder = cache ? openCodeCache() : undefined;
    return { ...(folder && { cache: folder }), own, nameOf: (sha512) => cacheName(own, sha512) };
  }
  const opened = openedCode({ own: ownCode, archive: code });
  return { ...(cache && { cache: opened }), ...names };
};

/** @param {Command} command */
const start = (command) => {
  const timings = command.timings ? makeTimings(() => performance.now()) : NO_TIMINGS;
  timings.mark('node');
  const source = fs.readFileSync(RUNTIME, 'utf8');
  const { cache, own, nameOf } = openCache(command, source);
  const canSave = cache !== undefined && (command.keep !== undefined || !hasPermissionModel);
  const cachedData = cache?.read(own);
  const script = new Script(`(function (exports, require, module) {${source}\n})`, {
    filename: RUNTIME,
    ...(cachedData && { cachedData }),
  });
  const isKnown = cachedData !== undefined && script.cachedDataRejected === false;
  /** @type {{ exports: { main?: (command: Command, start: Start) => void } }} */
  const module = { exports: {} };
  script.runInThisContext()(module.exports, createRequire(RUNTIME), module);
  module.exports.main?.(command, {
    timings,
    nameOf,
    ...(cache && { cache }),
    ...(canSave && !isKnown && { saveOwn: () => cache.write(own, script.createCachedData()) }),
  });
};

const command = parseCommand(process.argv.slice(2));
if (command === undefined) {
  fs.writeSync(2, `${USAGE}\n`);
  process.exitCode = 2;
} else start(command);
