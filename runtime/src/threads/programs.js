// Programs of packages that are machine code: `child_process` starts those that the policy of the package lists with their
// hash. The host starts a copy that the runtime has checked.
import { integrityOf } from '../archive/integrity.js';
import { codedError, ownerOf } from '../base/errors.js';
import { isObject } from '../base/objects.js';
import { resolveRequest } from '../resolve/resolve.js';
import { sharedBuiltin } from '../taming/host-tame.js';
import { childView, withPromises } from '../views/child-view.js';
import { sentSignal } from '../views/sent-message.js';
import { checkOptions, makeExecFile, partsOf, stdioOf } from './fork.js';
import { inputOf, makeExecFileSync, shownResult } from './fork-sync.js';

/** @import { AnyObject } from '../base/objects.js' */
/** @import { FileTarget, Package } from '../protocols/package.js' */

const OPTIONS = ['cwd', 'detached', 'signal', 'timeout', 'windowsHide', 'maxBuffer'];
/** Variables with which the system loads other code into a program. */
const LOADING = /^(?:LD_|DYLD_|GCONV_PATH$|LOCPATH$|NODE_OPTIONS$|BASH_ENV$|ENV$)/i;

/**
 * @param {Package} pkg
 * @param {unknown} program
 * @returns {FileTarget | undefined} machine code of the archive with that path
 */
const programNamed = (pkg, program) => {
  const { powers } = pkg.application;
  const path = /** @type {AnyObject} */ (powers.getBuiltin('path'));
  if (typeof program !== 'string' || !path['isAbsolute'](program)) return undefined;
  const target = resolveRequest({ pkg, key: '', kind: 'require', specifier: program });
  const isNative = target.kind === 'file' && target.module.parser === 'native';
  return isNative ? target : undefined;
};

/**
 * @param {Package} pkg
 * @param {FileTarget} target
 * @throws {Error} unless the policy lists the program
 */
const checkProgram = (pkg, { pkg: owner, module: { location, sha512 } }) => {
  const { label, policy } = pkg;
  const { name } = owner.descriptor;
  const path = owner === pkg ? location : `${name}/${location}`;
  const integrity = integrityOf(sha512);
  if (policy.native.get(path) !== integrity) {
    throw codedError(
      'ERR_ACCESS_DENIED',
      `package '${label}' may not start the program '${path}', which is machine code outside of any compartment; grant ` +
        `it in the policy: ${ownerOf(label)}.native[${JSON.stringify(path)}] = "${integrity}", or by --grant ${label}:native`,
    );
  }
};

/**
 * @param {Package} pkg
 * @param {FileTarget} target
 * @returns {{ path: string, env: Record<string, string> }} a copy on the disk, and the variables of the process before
 *   any package ran
 */
const storedProgram = (pkg, target) => {
  checkProgram(pkg, target);
  const { application } = pkg;
  const { storeProgram } = application.powers;
  if (storeProgram === undefined)
    throw codedError(
      'ERR_DLOPEN_DISABLED',
      'programs are started only by archives that run in Node',
    );
  const { pkg: owner, module } = target;
  const id = `${owner.name}/${module.location}`;
  const content = application.files.bytesOf(id) ?? new Uint8Array();
  return storeProgram({
    ...{ id, content, package: owner.descriptor.name, location: module.location },
  });
};

/**
 * @param {Package} pkg
 * @param {FileTarget} target
 * @param {AnyObject} given options
 */
const prepared = (pkg, target, given) => {
  checkOptions(given);
  const stdio = stdioOf(given['stdio'], ['pipe', 'pipe', 'pipe']);
  if (stdio.includes('ipc'))
    throw codedError('ERR_ACCESS_DENIED', "a program may not have 'ipc' as 'stdio'");
  const { path, env } = storedProgram(pkg, target);
  const names = OPTIONS.filter((name) => given[name] !== undefined);
  const current = pkg.application.powers.globals['process'].env;
  const variables = isObject(given['env']) ? { ...given['env'] } : { ...current };
  const kept = Object.entries(variables).flatMap(([name, value]) =>
    value === undefined || LOADING.test(name) ? [] : [[name, `${value}`]],
  );
  const own = Object.entries(env).filter(([name]) => LOADING.test(name));
  const options = {
    ...Object.fromEntries(names.map((name) => [name, given[name]])),
    ...(given['killSignal'] !== undefined && { killSignal: sentSignal(given['killSignal']) }),
    ...{ stdio, shell: false, env: Object.fromEntries([...kept, ...own]) },
  };
  return { path, options, streams: stdio.length };
};

/**
 * @param {Package} pkg
 * @param {AnyObject} others the package's functions, for other programs
 * @returns {Record<string, Function>}
 */
export const programStarters = (pkg, others) => {
  const load = (/** @type {string} */ name) =>
    /** @type {AnyObject} */ (sharedBuiltin(pkg.application, name));
  const own = {
    spawn(/** @type {string} */ program, /** @type {unknown[]} */ ...rest) {
      const { args, given } = partsOf(rest);
      const target = /** @type {FileTarget} */ (programNamed(pkg, program));
      const { path, options } = prepared(pkg, target, given);
      const real = load('child_process')['spawn'](path, args, options);
      const command = { file: program, args };
      return childView(real, load('events'), load('stream'), command, { checkSignal: sentSignal });
    },
    spawnSync(/** @type {string} */ program, /** @type {unknown[]} */ ...rest) {
      const { args, given } = partsOf(rest);
      const target = /** @type {FileTarget} */ (programNamed(pkg, program));
      const { path, options, streams } = prepared(pkg, target, given);
      const input = inputOf(pkg, given);
      const real = load('child_process')['spawnSync'](path, args, { ...options, input });
      return shownResult(real, streams, given, { file: program, args });
    },
  };
  const starters = {
    ...own,
    execFile: makeExecFile(pkg, undefined, own.spawn),
    execFileSync: makeExecFileSync(pkg, undefined, own.spawnSync),
  };
  return Object.fromEntries(
    Object.entries(starters).map(([name, start]) => {
      const other = /** @type {Function} */ (others[name]);
      const either = (/** @type {unknown[]} */ ...args) =>
        programNamed(pkg, args[0]) === undefined
          ? Reflect.apply(other, undefined, args)
          : Reflect.apply(start, undefined, args);
      Object.defineProperty(either, 'name', { value: name });
      if (name === 'execFile') withPromises(either);
      return [name, Object.freeze(either)];
    }),
  );
};
