// Uncaught errors, printed like Node does: the original line of the throw, and the error.
import { inspect } from 'node:util';
import { InvalidArchive } from '../base/errors.js';

/** @import { Stacks } from './stack.js' */

const PLACE = /^\s+at (?:.*\()?(compartment:\/\/\/.*):(\d+):(\d+)\)?$/m;
const FRAME_WIDTH = 160;

/**
 * @param {unknown} error
 * @returns {string | undefined} its stack, if that is a string
 */
export const stackOf = (error) => {
  try {
    const { stack } = /** @type {{ stack?: unknown }} */ (error);
    return typeof stack === 'string' ? stack : undefined;
  } catch {
    return undefined; // a getter of the program threw
  }
};

/**
 * @param {unknown} error
 * @param {Pick<Stacks, 'lineOf'>} stacks
 * @returns {string} file, line and a marker, with an empty line after them; empty if unknown
 */
export const codeFrame = (error, stacks) => {
  const [, file = '', line = '', column = ''] = PLACE.exec(stackOf(error) ?? '') ?? [];
  const text = stacks.lineOf(file, Number(line));
  if (text === undefined) return '';
  const at = Math.max(0, Math.min(Number(column) - 1, text.length));
  const first = text.length > FRAME_WIDTH ? Math.max(0, at - FRAME_WIDTH / 2) : 0;
  const shown = text.slice(first, first + FRAME_WIDTH);
  const before = shown.slice(0, at - first).replace(/[^\t]/g, ' ');
  return `${file}:${line}\n${shown}\n${before}^\n\n`;
};

/** @param {unknown} error */
const describe = (error) => {
  const shown = inspect(error);
  if (!(error instanceof Error)) return `Uncaught:\n${shown}`;
  // Before version 22, Node prints an error of a locked-down realm as a plain object.
  return shown.includes(error.message) ? shown : `${error.stack} ${shown}`;
};

/**
 * @param {unknown} error
 * @param {Pick<Stacks, 'lineOf'>} stacks
 * @returns {string}
 */
export const uncaughtText = (error, stacks) => {
  if (error instanceof InvalidArchive) {
    return `error [INVALID_ARCHIVE]: ${error.message}\nhint: ${error.hint}`;
  }
  return `${codeFrame(error, stacks)}${describe(error)}\n\nNode.js ${process.version}`;
};

/**
 * Prints uncaught errors of packages with their original lines, and archive errors with a hint. Everything else stays
 * with Node: listeners, the exit code, and errors from outside the packages.
 *
 * @param {Pick<Stacks, 'lineOf'>} stacks
 * @param {(message: string) => void} print
 */
export const printUncaught = (stacks, print) => {
  const host = /** @type {any} */ (process);
  const { _fatalException: decide } = host; // Node calls it to find out whether an exception was handled
  if (typeof decide !== 'function') return;
  host._fatalException = (/** @type {[unknown, boolean]} */ ...args) => {
    const isHandled = Reflect.apply(decide, host, args);
    const isOurs = args[0] instanceof InvalidArchive || codeFrame(args[0], stacks) !== '';
    if (!isHandled && isOurs) {
      print(uncaughtText(args[0], stacks));
      host.reallyExit(process.exitCode ?? 1);
    }
    return isHandled;
  };
};
