// What the drivers of Endo share: Node's builtins for every package, and the host's globals.
import { builtinModules } from 'node:module';

const isBuiltin = (specifier) =>
  specifier.startsWith('node:') || builtinModules.includes(specifier);

/**
 * Endo's importHook: a builtin as a module whose exports are what Node exports.
 *
 * @param {string} specifier
 */
export const importBuiltin = async (specifier) => {
  if (!isBuiltin(specifier)) return undefined;
  const namespace = await import(specifier);
  return {
    imports: [],
    exports: Object.keys(namespace),
    execute: (exports) => {
      Object.assign(exports, namespace);
    },
  };
};

const NAMES =
  'AbortController AbortSignal atob btoa Buffer clearImmediate clearInterval clearTimeout console Date Event EventTarget fetch Intl Math MessageChannel performance process queueMicrotask setImmediate setInterval setTimeout structuredClone TextDecoder TextEncoder URL URLSearchParams WebAssembly';

/**
 * The globals that programs for Node expect, to be taken before lockdown; `global` as far as libraries
 * look for a realm there.
 */
export const hostGlobals = () => {
  const globals = Object.fromEntries(NAMES.split(' ').map((name) => [name, globalThis[name]]));
  const shared = Object.getOwnPropertyNames(globalThis).filter((name) => /^[A-Z]/.test(name));
  const realm = Object.fromEntries(shared.map((name) => [name, globalThis[name]]));
  return { ...globals, global: { ...realm, ...globals } };
};
