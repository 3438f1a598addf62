// Globals of a worker of a page that connect it with its starter, for the packages that the messages are for.
// https://html.spec.whatwg.org/multipage/workers.html#dedicated-workers-and-the-dedicatedworkerglobalscope-interface
import { codedError } from '../../base/errors.js';
import { globalDecision, isWhole } from '../../policy/policy.js';
import { defineHandlers, forwardHandler, messageLike } from '../../threads/page-events.js';
import { LISTENING } from '../../views/bound-view.js';
import { defineOwn } from '../../views/view.js';
import { hardenLeads } from './page-classes.js';
import { makeScopeClass } from './scope-class.js';

/** @import { AnyObject } from '../../base/objects.js' */
/** @import { Application, Package } from '../../protocols/package.js' */

const TYPES = ['message', 'messageerror'];
const MEMBERS = ['postMessage', 'close', 'name'];

/** Globals of a dedicated worker that packages get from this file only. */
export const SCOPE_NAMES = [...LISTENING, ...MEMBERS];

/** Grants with which a package gets the messages of a worker that another package started. */
const GRANT = 'DedicatedWorkerGlobalScope';
const GRANTS = [GRANT, 'postMessage', 'addEventListener'];

/** @typedef {{ target: AnyObject, listens: boolean }} Scope */

/** @type {WeakMap<Application, Scope[]>} */
const scopes = new WeakMap();

/**
 * Each package gets its own event, with its own copy of the data.
 *
 * @param {Application} application
 * @param {any} event of the host
 * @param {Scope[]} listening
 */
const deliver = (application, event, listening) => {
  const { structuredClone, MessageEvent } = application.powers.globals;
  /** @type {Event[]} */
  const events = listening.map((_, index) => {
    if (index === 0) return messageLike(application, event);
    try {
      return messageLike(application, event, structuredClone(event.data));
    } catch {
      return new MessageEvent('messageerror'); // ports and the like have one owner
    }
  });
  listening.forEach(({ target }, index) => void target['dispatchEvent'](events[index]));
};

/**
 * @param {Application} application
 * @returns {Scope[]}
 */
const scopesOf = (application) => {
  const known = scopes.get(application);
  if (known !== undefined) return known;
  /** @type {Scope[]} */
  const list = [];
  scopes.set(application, list);
  for (const type of TYPES)
    application.powers.globals['addEventListener'](type, (/** @type {any} */ event) =>
      deliver(
        application,
        event,
        list.filter(({ listens }) => listens),
      ),
    );
  return list;
};

/**
 * @param {Package} pkg
 * @param {AnyObject} globalThis the compartment's
 */
const installMessages = (pkg, globalThis) => {
  const { application } = pkg;
  const { globals } = application.powers;
  if (application.hardens) hardenLeads(globals, GRANT, true);
  const target = new globals['EventTarget']();
  const scope = { target, listens: false };
  scopesOf(application).push(scope);
  const listening = LISTENING.map((name) => [
    name,
    (/** @type {unknown[]} */ ...args) => {
      scope.listens ||= name === 'addEventListener' && TYPES.includes(`${args[0]}`);
      return target[name](...args);
    },
  ]);
  /** @type {Record<string, unknown>} */
  const own = {
    ...Object.fromEntries(listening),
    postMessage: (/** @type {unknown} */ message, /** @type {any} */ options = []) =>
      globals['postMessage'](message, options),
    close: () => globals['close'](),
    name: globals['name'],
    importScripts() {
      throw codedError(
        'ERR_ACCESS_DENIED',
        'importScripts would run a script outside of any compartment; import a module',
      );
    },
  };
  // In a listener, `this` and `event.target` are the target: code calls `this.postMessage`.
  for (const name of MEMBERS) defineOwn(target, name, own[name]);
  const given = { ...own, [GRANT]: makeScopeClass(pkg, GRANT) };
  for (const [name, value] of Object.entries(given))
    if (!Object.hasOwn(globalThis, name)) defineOwn(globalThis, name, value);
  const handled = { addEventListener: own['addEventListener'] };
  defineHandlers(globalThis, TYPES, () => handled);
};

/**
 * Defines handlers of all events (`onfetch`), for a package that may listen to them.
 *
 * @param {Package} pkg
 * @param {AnyObject} globalThis the compartment's
 */
const installHandlers = ({ application: { powers } }, globalThis) => {
  const { globals } = powers;
  for (const name of powers.hostGlobals) {
    if (name.startsWith('on') && !Object.hasOwn(globalThis, name))
      forwardHandler(globalThis, name, globals);
  }
};

/**
 * @param {Package} pkg
 * @param {AnyObject} globalThis the compartment's
 */
export const installWorkerScope = (pkg, globalThis) => {
  const { current } = pkg.application.powers.webWorkers ?? {};
  const isGranted = (/** @type {string} */ name) => isWhole(globalDecision(pkg.policy, name));
  if (current?.kind === 'service' && isGranted('addEventListener'))
    installHandlers(pkg, globalThis);
  if (current?.kind !== 'dedicated') return;
  const isOwn = [current.compartment, current.starter].includes(pkg.name);
  const { globals } = pkg.policy;
  const isDenied = globals instanceof Map && globals.get(GRANT) === false;
  if (!isDenied && (isOwn || GRANTS.some(isGranted))) installMessages(pkg, globalThis);
};
