// The report of a program, line by line.
import * as fs from 'node:fs';
import { flushInTime, makeReport, reportDenials } from '../audit/report.js';

/** @import { Report } from '../protocols/audit.js' */

const { writeSync } = fs; // the original, before `fs` denies packages the descriptors of other owners

/**
 * @param {number} descriptor
 * @returns {(line: string) => void}
 */
export const lineWriter = (descriptor) => (line) => {
  try {
    writeSync(descriptor, `${line}\n`);
  } catch {
    // A full disk must not stop the program.
  }
};

/**
 * @param {(line: string) => void} write
 * @returns {Report}
 */
export const reportBy = (write) => {
  const report = makeReport((line) => write(JSON.stringify(line)));
  reportDenials(report);
  flushInTime(report);
  return report;
};
