// What packages were denied, and what they did with powers that are high or critical: a line of JSON for each kind of
// use and place, for whoever watches a program. See docs/report.md.
import { onDenied } from '../base/errors.js';
import { placeOfUse } from './audit.js';
import { DEEP_BUILTIN_MEMBERS, severityOf } from '../base/authority.js';
import { needStack } from '../base/stack-space.js';

/** @import { Part } from '../base/authority.js' */
/** @import { AnyObject } from '../base/objects.js' */
/** @import { Report, Use } from '../protocols/audit.js' */
/** @import { Package } from '../protocols/package.js' */

/** @typedef {{ time: string, severity: string, place: string, count: number } & Use} Line */

const MOST_LINES = 10_000; // kinds of uses, each with its place; what is more is only counted
const FLUSH_EVERY = 1000; // milliseconds
const WORST = ['high', 'critical'];

/**
 * @param {(line: Line | { time: string, omitted: number }) => void} write
 * @returns {Report} that writes each kind of use at once when it is the first of its kind, and its count from time to time
 */
export const makeReport = (write) => {
  /** @type {Map<string, Line>} */
  const lines = new Map();
  /** @type {Set<Line>} */
  const changed = new Set();
  let omitted = 0;
  let told = 0;
  const now = () => new Date().toISOString();
  return {
    note(use) {
      needStack(); // what was counted is to be written
      const place = placeOfUse();
      const key = JSON.stringify([use.package, use.part, use.capability, use.allowed, place]);
      const known = lines.get(key);
      if (known !== undefined) {
        known.count += 1;
        changed.add(known);
      } else if (lines.size >= MOST_LINES) omitted += 1;
      else {
        const severity = use.part === 'packages' ? 'low' : severityOf(use.part, use.capability);
        const line = { time: now(), ...use, severity, place, count: 1 };
        lines.set(key, line);
        write(line);
      }
    },
    flush() {
      for (const line of changed) write({ ...line, time: now() });
      changed.clear();
      if (omitted > told) write({ time: now(), omitted });
      told = omitted;
    },
  };
};

/**
 * Must be called before any package runs: the report learns of each denial that is made, caught or not.
 *
 * @param {Report} report
 */
export const reportDenials = ({ note }) => {
  const flags = { busy: false };
  onDenied((label, part, capability) => {
    if (flags.busy) return;
    flags.busy = true; // a denial that the report itself were to meet
    try {
      note({ package: label, part, capability, allowed: false });
    } finally {
      flags.busy = false;
    }
  });
};

/**
 * @param {Report} report
 */
export const flushInTime = ({ flush }) => {
  process.on('exit', flush);
  setInterval(flush, FLUSH_EVERY).unref();
};

/**
 * @param {Function} method
 * @param {() => void} note
 * @returns {Function} the same, of which calls are noted
 */
const noted = (method, note) => {
  /** @type {Function} */
  const proxy = new Proxy(method, {
    apply(target, receiver, args) {
      note();
      return Reflect.apply(target, receiver, args);
    },
    construct(target, args, newTarget) {
      note();
      return Reflect.construct(target, args, newTarget === proxy ? target : newTarget);
    },
  });
  return proxy;
};

/**
 * @param {Package} pkg
 * @param {Part} part
 * @param {string} path
 * @returns {(() => void) | undefined} undefined: it is not so bad that its uses are reported
 */
const noteOf = ({ label, application }, part, path) => {
  const { report } = application;
  if (report === undefined || !WORST.includes(severityOf(part, path))) return undefined;
  return () => report.note({ package: label, part, capability: path, allowed: true });
};

/**
 * @param {Package} pkg
 * @param {Part} part
 * @param {AnyObject} holder of the package's own
 * @param {string} key
 * @param {string} path of that
 */
const noteMember = (pkg, part, holder, key, path) => {
  const property = Object.getOwnPropertyDescriptor(holder, key);
  if (!property?.configurable || typeof property.value !== 'function') return;
  const note = noteOf(pkg, part, path);
  if (note === undefined) return;
  Object.defineProperty(holder, key, { ...property, value: noted(property.value, note) });
};

/**
 * Have calls of what is bad in a builtin reported.
 *
 * @param {Package} pkg
 * @param {string} name of the builtin, without `node:`
 * @param {AnyObject} whole that the package has alone
 */
export const reportUses = (pkg, name, whole) => {
  if (pkg.application.report === undefined) return;
  for (const key of Object.keys(whole)) {
    const path = `${name}.${key}`;
    noteMember(pkg, 'builtins', whole, key, path);
    if (DEEP_BUILTIN_MEMBERS.includes(path)) reportUses(pkg, path, whole[key]);
  }
};

const CALLED = ['fetch', 'EventSource', 'WebSocket'];

/**
 * @param {Package} pkg
 * @param {AnyObject} globalThis of its compartment
 */
export const reportGlobals = (pkg, globalThis) => {
  if (pkg.application.report === undefined) return;
  for (const name of CALLED) noteMember(pkg, 'globals', globalThis, name, name);
};
