// `lockdown` of SES, which also prepares the realm for archives.
import { secure } from '../lockdown/lockdown.js';
import { makeStacks } from '../stacks/stack.js';

/** @import { Stacks } from '../stacks/stack.js' */
/** @import { Host } from './host.js' */
/** @import { Powers } from '../protocols/powers.js' */

/**
 * @typedef {object} Locked state of a locked-down realm that archives need
 * @property {Powers} powers
 * @property {Stacks} stacks
 *
 * @typedef {import('ses').Lockdown} Lockdown
 */

const start = /** @type {typeof globalThis & Record<string, any>} */ (globalThis);

/**
 * Uses the console of SES, because `console.group` of a hardened Node console throws.
 *
 * @type {import('ses').RepairOptions}
 */
const SETTINGS = { consoleTaming: 'safe' };

/**
 * @param {Host} host
 * @returns {{ lockdown: Lockdown, lockedRealm: () => Locked }}
 */
export const makeLock = (host) => {
  /** @type {Locked | undefined} */
  let locked;

  /** @type {Lockdown} */
  const lockdown = (settings = {}) => {
    const given = Object.entries(settings).filter(([, value]) => value !== undefined);
    const options = /** @type {typeof settings} */ (Object.fromEntries(given));
    // Already locked down: SES throws its error before the host is modified.
    if (Object.isFrozen(Function.prototype)) start['repairIntrinsics'](options);
    const { console } = globalThis;
    const stacks = makeStacks({ showsHost: true, hidesFromEvaluated: true });
    const withLocked = host.prepare();
    const { errorTaming = 'unsafe' } = options;
    const prepareStackTrace = errorTaming === 'unsafe' ? stacks.prepareStackTrace : undefined;
    const realm = secure(prepareStackTrace, { settings: { ...SETTINGS, ...options } });
    locked = { stacks, powers: { ...withLocked(realm), console } };
  };

  return {
    lockdown,
    lockedRealm() {
      if (locked !== undefined) return locked;
      throw new Error('an archive requires `lockdown()` of this package');
    },
  };
};
