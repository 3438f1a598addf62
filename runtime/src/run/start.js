// Entry point of `node main.cjs`: loads the runtime, from the code cache if possible.
import * as fs from 'node:fs';
import { createRequire } from 'node:module';
import * as path from 'node:path';
import { Script } from 'node:vm';
import { cacheName, cachedCode, openCodeCache, openedCode } from '../node/code-cache.js';
import { USAGE, parseCommand } from './command-line.js';
import { NO_TIMINGS, makeTimings } from './timings.js';
import { begunAt } from '../node/threads.js';
import { hideWall } from '../node/wall.js';

/** @import { CodeCache } from '../node/code-cache.js' */
/** @import { Command } from './command-line.js' */
/** @import { Begun } from '../node/threads.js' */
/** @import { Start } from './main.js' */

const execArgv = [...process.execArgv];
const hasPermissionModel = hideWall();
const PROGRAM = path.join(import.meta.dirname, 'main.cjs');
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

/**
 * @typedef {object} Exports of the runtime
 * @property {(command: Command, start: Start) => void} main
 * @property {(begun: Begun, start: Start, skipped: number) => void} begin
 */

/**
 * @param {string} source of the runtime
 * @param {Uint8Array | undefined} cachedData its compiled code
 * @returns {{ script: Script, load: () => Exports }}
 */
const compiled = (source, cachedData) => {
  const script = new Script(`(function (exports, require, module) {${source}\n})`, {
    filename: RUNTIME,
    ...(cachedData && { cachedData }),
  });
  const load = () => {
    const module = { exports: /** @type {Exports} */ ({}) };
    script.runInThisContext()(module.exports, createRequire(RUNTIME), module);
    return module.exports;
  };
  return { script, load };
};

/** @param {Command} command */
const start = (command) => {
  const timings = command.timings ? makeTimings(() => performance.now()) : NO_TIMINGS;
  timings.mark('node');
  const source = fs.readFileSync(RUNTIME, 'utf8');
  const { cache, own, nameOf } = openCache(command, source);
  const canSave = cache !== undefined && (command.keep !== undefined || !hasPermissionModel);
  const cachedData = cache?.read(own);
  const { script, load } = compiled(source, cachedData);
  const isKnown = cachedData !== undefined && script.cachedDataRejected === false;
  load().main(command, {
    ...{ timings, nameOf, execArgv, program: PROGRAM },
    ...(cache && { cache }),
    ...(canSave && !isKnown && { saveOwn: () => cache.write(own, script.createCachedData()) }),
  });
};

/** @param {Begun} begun */
const begin = (begun) => {
  const { load } = compiled(fs.readFileSync(RUNTIME, 'utf8'), undefined);
  const own = { timings: NO_TIMINGS, nameOf: () => '', execArgv, program: PROGRAM };
  load().begin(begun, own, begun.beginning.given === undefined ? 2 : 1);
};

const begun = begunAt(process.argv.slice(2));
const command = begun === undefined ? parseCommand(process.argv.slice(2)) : undefined;
if (begun !== undefined) begin(begun);
else if (command === undefined) {
  fs.writeSync(2, `${USAGE}\n`);
  process.exitCode = 2;
} else start(command);
