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
  readMaps,
  reportUncaught,
  print,
  warnOfAllAuthority,
} from '../node/node-program.js';
import { prepareHost, verifyPowers } from '../node/powers.js';
import { loadAddon, programsWith } from '../node/addons.js';
import { inProject } from '../node/asking.js';
import { makeThreads } from '../node/threads.js';
import { entryFilename } from '../resolve/resolve.js';
import { runBegun } from './begun.js';
import { lineWriter, reportBy } from './report-file.js';
import { secureProcess } from './shimming.js';
import { compileSources } from '../compartment/package.js';
import { makeCompiler, makeScripts } from '../node/scripts.js';
import { makeStacks } from '../stacks/stack.js';
import { printUncaught } from '../stacks/uncaught.js';

/** @import { Connection } from '../node/asking.js' */
/** @import { CodeCache } from '../node/code-cache.js' */
/** @import { Command } from './command-line.js' */
/** @import { Archive } from '../linker/import-archive.js' */
/** @import { Timings } from './timings.js' */
/** @import { Powers } from '../protocols/powers.js' */
/** @import { Recorder } from '../protocols/audit.js' */
/** @import { Begun, Note, Setup } from '../node/threads.js' */

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
 * @typedef {object} Opened
 * @property {Archive} archive
 * @property {Uint8Array} bytes
 * @property {string | undefined} restrict policies that restrict those of the archive
 */

/**
 * @param {Command} command
 * @returns {Opened | undefined} undefined: a problem was reported
 */
const readArchive = ({ source, name, restrict: descriptor, entry }) => {
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
    if (descriptor === undefined) return { archive, bytes, restrict: undefined };
    const restrict = readDescriptor(descriptor);
    return { archive: { ...archive, map: restricted(archive.map, restrict) }, bytes, restrict };
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
 * @typedef {object} Start
 * @property {CodeCache} [cache]
 * @property {(sha512: string) => string} nameOf cache key of the archive with that hash
 * @property {() => void} [saveOwn] caches the compiled code of the runtime
 * @property {Timings} timings
 * @property {string} program the file of the runtime that Node starts
 * @property {string[]} execArgv options that Node was started with
 */

/**
 * @param {Uint8Array} bytes
 * @returns {SharedArrayBuffer}
 */
const sharedCopy = (bytes) => {
  const shared = new SharedArrayBuffer(bytes.length);
  new Uint8Array(shared).set(bytes);
  return shared;
};

/**
 * @param {Command} command
 * @returns {Connection | undefined} undefined: the application has only the modules of the archive
 */
const connectionOf = ({ ask, answers, project }) =>
  ask === undefined || answers === undefined || project === undefined
    ? undefined
    : { ask, answers, project };

/**
 * @param {Opened} opened
 * @param {Command} command
 * @param {Start} start
 */
const run = async (
  { archive, bytes, restrict },
  command,
  { cache, nameOf, saveOwn, timings, program, execArgv },
) => {
  const { alarm, allowAll, audit, auditTo, name, args, source, maps, report: descriptor } = command;
  const env = /** @type {Record<string, string>} */ ({ ...process.env });
  process.argv = [process.execPath, entryFilename(archive) ?? name, ...args];
  warnOfAllAuthority(archive.map, allowAll);
  const stacks = makeStacks();
  const withLocked = prepareHost({ inherited: 0 });
  const more = connectionOf(command);
  const host = inProject(withLocked(secureProcess(archive, stacks.prepareStackTrace)), more);
  const scripts = cache && makeScripts(cache, nameOf(archive.sha512));
  printUncaught(stacks, print);
  timings.mark('lockdown');
  const settled = expectSettlement();
  const writeLine = descriptor === undefined ? undefined : lineWriter(descriptor);
  const report = writeLine && reportBy(writeLine);
  const recorder = audit && reportAtExit(audit, auditTo);
  if (alarm && !audit) raiseAlarm(archive.map, print);
  const mapsFile = maps ?? (typeof source === 'string' ? `${name}.map` : undefined);
  /** @returns {Omit<Setup, 'env'>} */
  const setup = () => ({
    ...{ archive: sharedCopy(bytes), name, restrict, allowAll },
    ...{ alarm: alarm && !audit, audited: recorder !== undefined, reported: report !== undefined },
    maps: readMaps(mapsFile),
    anchors: /** @type {NonNullable<Powers['anchors']>} */ (host.anchors)(),
    more,
  });
  const heard = (/** @type {Note} */ note) => {
    if (note[0] === 'report') writeLine?.(note[1]);
    else recorder?.merge(...note);
  };
  const threads = makeThreads({
    ...{ program, execArgv, setup, heard, env },
  });
  const powers = { ...host, scripts, threads, loadAddon, storeProgram: programsWith(env) };
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
      maps: mapsAt(mapsFile, archive.sha512),
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
 * Prints what the shims of an archive add to the language, as JSON, without running any other module.
 *
 * @param {Archive} archive
 */
const showShims = (archive) => {
  /** @type {object[]} */
  const rows = [];
  secureProcess(archive, makeStacks().prepareStackTrace, ({ shim: { label, path }, ...row }) => {
    rows.push({ package: label, path, ...row });
  });
  writeSync(1, `${JSON.stringify(rows)}\n`);
};

/**
 * @param {Command} command
 * @param {Start} start
 */
export const main = (command, start) => {
  const { timings } = start;
  timings.mark('ses');
  if (command.timings) process.on('exit', () => print(timings.report()));
  const opened = readArchive(command);
  timings.mark('archive');
  if (opened === undefined) process.exitCode = 1;
  else if (command.shims) showShims(opened.archive);
  else if (command.keep !== undefined && start.cache) keep(opened.archive, start.cache, start);
  else void run(opened, command, start);
};

/**
 * @param {Begun} begun
 * @param {Start} start
 * @param {number} skipped arguments of the runtime
 */
export const begin = (begun, start, skipped) => runBegun(begun, start, skipped);
