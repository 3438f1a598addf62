// The `process` of a package under `--audit`: records reads of members that its view lacks.
import { isObject } from '../base/objects.js';
import { recordingStub } from './audit.js';
import { accessDenied } from '../base/errors.js';
import { isDenied, memberOf, variableOf } from '../policy/policy.js';

/** @import { Granted } from '../policy/policy.js' */
/** @import { AnyObject } from '../base/objects.js' */
/** @import { Recorder } from '../protocols/audit.js' */

// Members that every view has in a harmless form, without data of the process.
const INERT = ['argv', 'execArgv', 'cwd'];
const STREAMS = ['process.stdin', 'process.stdout', 'process.stderr'];
const OF_EVERY_VIEW = ['env', 'getBuiltinModule', 'constructor'];

/**
 * @typedef {object} AuditedProcess
 * @property {string} label
 * @property {Granted} granted
 * @property {Recorder} recorder
 */

/**
 * @param {AnyObject} process the host's
 * @param {AnyObject} env the package's
 * @param {AuditedProcess} options
 * @returns {AnyObject}
 */
const auditedEnv = (process, env, { label, granted, recorder }) => {
  const variables = memberOf(granted, 'env');
  return new Proxy(env, {
    get(target, name) {
      if (typeof name === 'string' && isDenied(variableOf(variables, name)) && !(name in target))
        if (name in process['env']) recorder.record(label, 'globals', `process.env.${name}`);
      return Reflect.get(target, name);
    },
  });
};

/**
 * @param {AnyObject} stream of the package, with a grant for some members
 * @param {string} path such as `process.stdout`
 * @param {AuditedProcess} options
 * @returns {AnyObject}
 */
const auditedStream = (stream, path, { label, granted, recorder }) => {
  const members = memberOf(granted, path.slice('process.'.length));
  const deny = (/** @type {string} */ at) => accessDenied(label, 'global', at);
  return new Proxy(stream, {
    get(target, name) {
      const isOther = typeof name === 'symbol' || !isDenied(memberOf(members, name));
      if (isOther || (name !== 'write' && name in target)) return Reflect.get(target, name);
      return recordingStub(recorder, { label, part: 'globals', path: `${path}.${name}`, deny });
    },
  });
};

/**
 * @param {AnyObject} process the host's
 * @param {AnyObject} view
 * @param {AuditedProcess} options
 * @returns {AnyObject}
 */
export const auditedProcess = (process, view, options) => {
  const { label, granted, recorder } = options;
  const env = auditedEnv(process, view['env'], options);
  /** @type {Map<string, unknown>} */
  const stubs = new Map();
  /** @param {string} name */
  const denied = (name) => {
    const path = `process.${name}`;
    const value = process[name];
    if (!isObject(value)) {
      recorder.record(label, 'globals', path);
      return undefined;
    }
    const deny = (/** @type {string} */ at) => accessDenied(label, 'global', at);
    const hasMembers = (/** @type {string} */ at) => STREAMS.includes(at);
    const stub =
      stubs.get(name) ??
      recordingStub(recorder, { label, part: 'globals', path, deny, hasMembers });
    stubs.set(name, stub);
    return stub;
  };
  return new Proxy(view, {
    get(target, name) {
      if (name === 'env') return env;
      if (typeof name === 'symbol' || OF_EVERY_VIEW.includes(name) || !(name in process))
        return Reflect.get(target, name);
      const member = memberOf(granted, name);
      const path = `process.${name}`;
      if (STREAMS.includes(path) && !member.whole && !isDenied(member)) {
        const stream = stubs.get(name) ?? auditedStream(Reflect.get(target, name), path, options);
        stubs.set(name, stream);
        return stream;
      }
      if (!isDenied(member)) return Reflect.get(target, name);
      if (INERT.includes(name)) recorder.record(label, 'globals', path);
      const own = Object.getOwnPropertyDescriptor(target, name);
      const isOwn =
        own !== undefined && !(typeof own.value === 'function' && Object.isFrozen(own.value));
      return INERT.includes(name) || isOwn ? Reflect.get(target, name) : denied(name);
    },
  });
};
