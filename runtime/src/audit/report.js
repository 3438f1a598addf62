// The report for monitoring: denials, and uses of capabilities of severity high or critical, as one line of JSON for
// each kind of use and place. See docs/report.md.
import { onDenied } from '../base/errors.js';
import { placeOfUse } from './audit.js';
import { DEEP_BUILTIN_MEMBERS, severityOf } from '../base/authority.js';
import { needStack } from '../base/stack-space.js';

/** @import { Part } from '../base/authority.js' */
/** @import { AnyObject } from '../base/objects.js' */
/** @import { Report, Use } from '../protocols/audit.js' */
/** @import { Package } from '../protocols/package.js' */

/** @typedef {{ time: string, severity: string, place: string, count: number } & Use} Line */

const MOST_LINES = 10_000; // kinds of uses, each with its place; further ones are only counted
const FLUSH_EVERY = 1000; // milliseconds
export const WORST = ['high', 'critical'];

/**
 * @param {(line: Line | { time: string, omitted: number }) => void} write
 * @returns {Report} writes each kind of use once immediately, and its count periodically
 */
export const makeReport = (write) => {
  /** @type {Map<string, Line>} */
  const lines = new Map();
  /** @type {Set<Line>} */
  const changed = new Set();
  let omitted = 0;
  let reported = 0;
  const now = () => new Date().toISOString();
  return {
    note(use) {
      needStack(); // so that counted uses are also written
      const place = placeOfUse();
      const { package: owner, part, capability, allowed, target } = use;
      const key = JSON.stringify([owner, part, capability, allowed, target, place]);
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
      if (omitted > reported) write({ time: now(), omitted });
      reported = omitted;
    },
  };
};

/**
 * Must be called before any package runs: the report gets every denial, caught or not.
 *
 * @param {Report} report
 */
export const reportDenials = ({ note }) => {
  const flags = { busy: false };
  onDenied((label, part, capability, target) => {
    if (flags.busy) return;
    flags.busy = true; // ignores denials caused by the report itself
    try {
      note({
        ...{ package: label, part, capability, allowed: false },
        ...(target === undefined ? {} : { target }),
      });
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
 * @param {(args: unknown[]) => void} note
 * @returns {Function} the same method; every call is noted
 */
export const noted = (method, note) => {
  /** @type {Function} */
  const proxy = new Proxy(method, {
    apply(target, receiver, args) {
      note(args);
      return Reflect.apply(target, receiver, args);
    },
    construct(target, args, newTarget) {
      note(args);
      return Reflect.construct(target, args, newTarget === proxy ? target : newTarget);
    },
  });
  return proxy;
};

/**
 * @param {Package} pkg
 * @param {Part} part
 * @param {string} path
 * @returns {(() => void) | undefined} undefined: its severity is too low for the report
 */
const noteOf = ({ label, application }, part, path) => {
  const { report } = application;
  if (report === undefined || !WORST.includes(severityOf(part, path))) return undefined;
  return () => report.note({ package: label, part, capability: path, allowed: true });
};

/**
 * @param {Package} pkg
 * @param {Part} part
 * @param {AnyObject} holder object of the package
 * @param {string} key
 * @param {string} path of the member
 */
const noteMember = (pkg, part, holder, key, path) => {
  const property = Object.getOwnPropertyDescriptor(holder, key);
  if (!property?.configurable || typeof property.value !== 'function') return;
  const note = noteOf(pkg, part, path);
  if (note === undefined) return;
  Object.defineProperty(holder, key, { ...property, value: noted(property.value, note) });
};

/**
 * Reports calls of dangerous members of a builtin.
 *
 * @param {Package} pkg
 * @param {string} name of the builtin, without `node:`
 * @param {AnyObject} whole the package's own copy
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
