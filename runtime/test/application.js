// Runs archives in this process, which is locked down, or in a separate process.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { secure } from '../src/lockdown/lockdown.js';
import { importArchive, parseArchive } from '../src/linker/import-archive.js';
import { makeStacks } from '../src/stacks/stack.js';
import { prepareHost, verifyPowers } from '../src/node/powers.js';

/** @typedef {ReturnType<typeof start>} Started */

const start = () => {
  const stacks = makeStacks();
  const withLocked = prepareHost();
  return { stacks, powers: withLocked(secure(stacks.prepareStackTrace)) };
};

/** @type {Started | undefined} */
let started;

export const lockThisRealm = () => (started ??= start());

/**
 * @param {Uint8Array} bytes
 * @param {{ allowAll?: boolean }} [options]
 * @returns {Promise<any>} the namespace of the archive's entry
 */
export const importHere = async (bytes, { allowAll = false } = {}) => {
  const parsed = parseArchive(bytes, verifyPowers);
  return importArchive(parsed, { ...lockThisRealm(), allowAll });
};

// Not the user's cache.
const cacheFolder = mkdtempSync(join(tmpdir(), 'runtime-cache-'));
process.on('exit', () => rmSync(cacheFolder, { recursive: true }));

/**
 * @param {Uint8Array} bytes
 * @param {{ args?: string[], flags?: string[], env?: NodeJS.ProcessEnv }} [options]
 */
export const run = (bytes, { args = [], flags = [], env = {} } = {}) => {
  const folder = mkdtempSync(join(tmpdir(), 'runtime-'));
  try {
    const path = join(folder, 'app.zip');
    writeFileSync(path, bytes);
    const main = fileURLToPath(new URL('./start.js', import.meta.url));
    const { stdout, stderr, status, signal } = spawnSync(
      process.execPath,
      ['--expose-internals', main, ...flags, path, ...args],
      {
        cwd: folder, // what a program makes is gone with it
        encoding: 'utf8',
        env: { ...process.env, COMPARTMENT_MAPPER_CACHE: cacheFolder, ...env },
      },
    );
    return { stdout, stderr, status, signal, path };
  } finally {
    rmSync(folder, { recursive: true });
  }
};
