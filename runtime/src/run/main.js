// Runs an archive in a dedicated process.
import { secure } from '../lockdown/lockdown.js';
import * as fs from 'node:fs';
import { raiseAlarm } from '../audit/alarm.js';
import { auditReport, makeRecorder } from '../audit/audit.js';
import { beginningAt } from '../archive/compartment-map.js';
import { InvalidArchive } from '../base/errors.js';
import { importArchive, parseArchive } from '../linker/import-archive.js';
import { makeApplication } from '../linker/link.js';
import { restricted } from '../archive/restrict.js';
import {
  expectSettlement,
  mapsAt,
  reportUncaught,
  print,
  warnOfAllAuthority,
} from '../node/node-program.js';
import { prepareHost, verifyPowers } from '../node/powers.js';
import { entryFilename } from '../resolve/resolve.js';
import { flushInTime, makeReport, reportDenials } from '../audit/report.js';
import { compileSources } from '../compartment/package.js';
import { makeCompiler, makeScripts } from '../node/scripts.js';
import { makeStacks } from '../stacks/stack.js';
import { printUncaught } from '../stacks/uncaught.js';

/** @import { CodeCache } from '../node/code-cache.js' */
/** @import { Command } from './command-line.js' */
/** @import { Archive } from '../linker/import-archive.js' */
/** @import { Timings } from './timings.js' */
/** @import { Recorder, Report } from '../protocols/audit.js' */

const { writeSync } = fs; // the original, before `fs` denies packages the descriptors of other owners

const SAVE_AFTER = 2000; // milliseconds: by then, a server has compiled the code for its first responses

/** @param {number} descriptor */
const readDescriptor = (descriptor) => {
  const text = fs.readFileSync(descriptor, 'utf8');
  fs.closeSync(descriptor);
  return text;
};

/**
 * @param {Archive} archive
 * @param {string} entry
 * @returns {Archive}
 */
const withEntry = (archive, entry) => {
  const map = beginningAt(archive.map, entry);
  if (map === undefined)
    throw new InvalidArchive(`it has no entry ${JSON.stringify(entry)}`, 'see `inspect`');
  return { ...archive, map };
};

/**
 * @param {Command} command
 * @returns {Archive | undefined} undefined: a problem was reported
 */
const readArchive = ({ source, name, restrict, entry }) => {
  /** @type {Uint8Array} */
  let bytes;
  try {
    bytes = fs.readFileSync(source);
    if (typeof source === 'number') fs.closeSync(source);
  } catch (error) {
    print(`error [INVALID_ARCHIVE]: can't read ${name}: ${/** @type {Error} */ (error).message}`);
    print('hint: pass an archive created by `compartment-mapper bundle`');
    return undefined;
  }
  try {
    const parsed = parseArchive(bytes, verifyPowers);
    const archive = entry === undefined ? parsed : withEntry(parsed, entry);
    if (restrict === undefined) return archive;
    return { ...archive, map: restricted(archive.map, readDescriptor(restrict)) };
  } catch (error) {
    if (!(error instanceof InvalidArchive)) throw error;
    print(`error [INVALID_ARCHIVE]: ${name}: ${error.message}`);
    print(`hint: ${error.hint}`);
    return undefined;
  }
};

/**
 * Prints the audit after the program's listeners of `exit`, so that their uses are recorded too.
 *
 * @param {'text' | 'json'} format
 * @param {number | undefined} descriptor of a file for it
 * @returns {Recorder}
 */
const reportAtExit = (format, descriptor) => {
  const recorder = makeRecorder();
  const host = /** @type {any} */ (process);
  const { emit } = host;
  host.emit = (/** @type {unknown[]} */ ...args) => {
    const result = Reflect.apply(emit, host, args);
    if (args[0] === 'exit') {
      if (descriptor === undefined) print(auditReport(recorder, format));
      else writeSync(descriptor, `${auditReport(recorder, 'json')}\n`);
    }
    return result;
  };
  return recorder;
};

/**
 * Saves on exit, and after a delay for programs that keep running, without keeping the process alive.
 *
 * @param {() => void} save
 */
const saveInTime = (save) => {
  process.on('exit', save);
  setTimeout(save, SAVE_AFTER).unref();
};

/**
 * @param {number} descriptor
 * @returns {Report}
 */
const reportTo = (descriptor) => {
  const report = makeReport((line) => {
    try {
      writeSync(descriptor, `${JSON.stringify(line)}\n`);
    } catch {
      // A full disk must not stop the program.
    }
  });
  reportDenials(report);
  flushInTime(report);
  return report;
};

/**
 * @typedef {object} Start
 * @property {CodeCache} [cache]
 * @property {(sha512: string) => string} nameOf cache key of the archive with that hash
 * @property {() => void} [saveOwn] caches the compiled code of the runtime
 * @property {Timings} timings
 */

/**
 * @param {Archive} archive
 * @param {Command} command
 * @param {Start} start
 */
const run = async (
  archive,
  { alarm, allowAll, audit, auditTo, name, args, source, maps, report: descriptor },
  { cache, nameOf, saveOwn, timings },
) => {
  process.argv = [process.execPath, entryFilename(archive) ?? name, ...args];
  warnOfAllAuthority(archive.map, allowAll);
  const stacks = makeStacks();
  const withLocked = prepareHost({ inherited: 0 });
  const locked = secure(stacks.prepareStackTrace);
  const scripts = cache && makeScripts(cache, nameOf(archive.sha512));
  const powers = { ...withLocked(locked), scripts };
  printUncaught(stacks, print);
  timings.mark('lockdown');
  const settled = expectSettlement();
  const report = descriptor === undefined ? undefined : reportTo(descriptor);
  const recorder = audit && reportAtExit(audit, auditTo);
  if (alarm && !audit) raiseAlarm(archive.map, print);
  if (scripts !== undefined) {
    saveInTime(() => {
      scripts.save();
      saveOwn?.();
    });
  }
  try {
    await importArchive(archive, {
      powers,
      stacks,
      allowAll,
      isProgram: true,
      maps: mapsAt(
        maps ?? (typeof source === 'string' ? `${name}.map` : undefined),
        archive.sha512,
      ),
      onLinked: () => timings.mark('link'),
      ...(recorder && { audit: recorder }),
      report,
    });
  } catch (error) {
    settled();
    reportUncaught(error, stacks);
    return;
  }
  timings.mark('evaluate');
  settled();
};

/**
 * Compiles all sources of an archive and caches the code, without running packages.
 *
 * @param {Archive} archive
 * @param {CodeCache} cache
 * @param {Start} start
 */
const keep = ({ map, files, sha512 }, cache, { nameOf, saveOwn }) => {
  const stacks = makeStacks();
  const withLocked = prepareHost();
  const locked = secure(stacks.prepareStackTrace);
  const scripts = makeCompiler(cache, nameOf(sha512));
  const powers = { ...withLocked(locked), scripts };
  const application = makeApplication({ map, files, powers, stacks, allowAll: false });
  for (const name of map.compartments.keys()) compileSources(application.packageOf(name));
  scripts.save();
  saveOwn?.();
};

/**
 * @param {Command} command
 * @param {Start} start
 */
export const main = (command, start) => {
  const { timings } = start;
  timings.mark('ses');
  if (command.timings) process.on('exit', () => print(timings.report()));
  const archive = readArchive(command);
  timings.mark('archive');
  if (archive === undefined) process.exitCode = 1;
  else if (command.keep !== undefined && start.cache) keep(archive, start.cache, start);
  else void run(archive, command, start);
};
