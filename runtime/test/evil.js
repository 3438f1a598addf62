// An application with a dependency `evil`, whose policy and source are given by tests.
import { archive, cjs, to } from './archive.js';
import { importHere } from './application.js';

/**
 * @param {object} policy of the package `evil`
 * @param {string} body of its module, which sets `module.exports`
 * @param {{ hostNames?: string[], modules?: import('./archive.js').Modules, app?: string }} [options]
 * @returns {Promise<any>} its exports
 */
export const evil = async (policy, body, { hostNames = [], modules = {}, app = '' } = {}) => {
  const bytes = archive(
    {
      'app-v1': {
        policy: { packages: { evil: true }, globals: 'any', builtins: 'any' },
        modules: {
          './main.cjs': cjs(`${app}; module.exports = require('evil')`),
          evil: to('evil-v1', './index.js'),
        },
      },
      'evil-v1': {
        policy,
        modules: {
          './index.js': cjs(body, { hostNames }),
          fs: { exit: 'fs' },
          'node:path': { exit: 'node:path' },
          ...modules,
        },
      },
    },
    { entry: './main.cjs' },
  );
  return (await importHere(bytes)).default;
};

/** Prints the value or the error of an expression. */
export const trying = `const trying = (f) => { try { return f() } catch (e) { return [e.code ?? e.name, e.message] } };`;
