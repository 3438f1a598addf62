// The npm package in Node.
import { createRequire } from 'node:module';
import { prepareHost, verifyPowers } from '../node/powers.js';
import { makeApi } from './api.js';

const require = createRequire(import.meta.url);

// Node before 20.19 can't require an ES module, and bundlers omit the file.
const CANNOT = ['ERR_REQUIRE_ESM', 'MODULE_NOT_FOUND'];

const loadCompilerNow = () => {
  try {
    return require('./compile.js');
  } catch (error) {
    const { code } = /** @type {NodeJS.ErrnoException} */ (error);
    if (CANNOT.includes(`${code}`)) return undefined;
    throw error;
  }
};

export const { lockdown, harden, Compartment, importArchive, parseArchive, prepareSources } =
  makeApi({
    prepare: prepareHost,
    verifyPowers,
    loadCompiler: () => import('./compile.js'),
    loadCompilerNow,
  });
