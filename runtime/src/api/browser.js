// The npm package in pages.
import { preparePage } from '../page/web-powers.js';
import { makeApi } from './api.js';
import { verifyPowers } from './page-verify.js';

export const { lockdown, harden, Compartment, importArchive, parseArchive, prepareSources } =
  makeApi({
    prepare: () => preparePage({ nodeEnv: 'production', isStarted: false }),
    verifyPowers,
    loadCompiler: () => import('./compile.js'),
    loadCompilerNow: () => undefined,
  });
