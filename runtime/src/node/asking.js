// The connection to the parent process, which finds modules at run time. Requests are lines in a pipe; answers are
// appended to a file that every thread and child process reads at its own pace. So nobody waits for a lock, and a
// thread that is terminated meanwhile leaves nothing behind.
import * as fs from 'node:fs';
import { verifyPowers } from './powers.js';

/** @import { Asking } from '../protocols/additions.js' */
/** @import { Powers } from '../protocols/powers.js' */

/**
 * @typedef {object} Connection
 * @property {number} ask descriptor of the pipe
 * @property {number} answers descriptor of the file
 * @property {string} project
 */

const { readSync, writeSync } = fs; // the originals, before `fs` denies packages the descriptors of other owners
const { crypto } = globalThis;
const HEADER = 4; // bytes: the length of an answer; 0 until all of it is written
const MOST = 4096; // bytes: the kernel does not split shorter writes
const PAUSE = 0.3; // milliseconds
const LONG = 3000; // pauses until the parent is checked

const cell = new Int32Array(new SharedArrayBuffer(4));
const { wait } = Atomics;

/**
 * @param {Connection} connection
 * @returns {Asking}
 */
export const makeAsking = ({ ask, answers, project }) => {
  let at = 0;
  /**
   * @param {number} length
   * @param {number} position
   */
  const bytesAt = (length, position) => {
    const bytes = new Uint8Array(length);
    let read = 0;
    while (read < length) {
      const more = readSync(answers, bytes, read, length - read, position + read);
      if (more === 0) return undefined;
      read += more;
    }
    return bytes;
  };
  /** @returns {any} the next answer, undefined if there is none yet */
  const next = () => {
    const header = bytesAt(HEADER, at);
    const length = header === undefined ? 0 : new DataView(header.buffer).getUint32(0);
    const bytes = length === 0 ? undefined : bytesAt(length, at + HEADER);
    if (bytes === undefined) return undefined;
    at += HEADER + length;
    return JSON.parse(new TextDecoder().decode(bytes));
  };
  /** @param {string} line */
  const send = (line) => writeSync(ask, `${line}\n`);
  return {
    project,
    ask(question, apply) {
      const id = crypto.randomUUID();
      const line = JSON.stringify({ id, ...question });
      if (Buffer.byteLength(line) >= MOST)
        return { code: 'ENAMETOOLONG', message: 'the path of the requested module is too long' };
      send(line);
      for (let pauses = 0; ;) {
        const answer = next();
        if (answer !== undefined) {
          apply(answer);
          if (answer.id === id) return answer;
        } else {
          wait(cell, 0, 0, PAUSE);
          pauses += 1;
          if (pauses % LONG === 0) send(''); // throws if the parent has ended
        }
      }
    },
    drain(apply) {
      for (let answer = next(); answer !== undefined; answer = next()) apply(answer);
    },
  };
};

/**
 * @param {Powers} powers
 * @param {Connection | undefined} connection
 * @returns {Powers} with modules that are found at run time; patterns of files begin at the project
 */
export const inProject = (powers, connection) => {
  const { anchors } = powers;
  if (connection === undefined || anchors === undefined) return powers;
  return {
    ...powers,
    sha512: verifyPowers.sha512,
    asking: makeAsking(connection),
    anchors: () => ({ ...anchors(), cwd: connection.project }),
  };
};
