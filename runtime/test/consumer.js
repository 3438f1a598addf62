// A folder with the installed npm package, and programs that run there.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const PACKAGES = ['ses', '@noble', '@types', 'fflate', 'undici-types'];

/** @returns {string} its path; deleted when this process exits */
export const makeConsumer = () => {
  const folder = mkdtempSync(join(tmpdir(), 'consumer-'));
  process.on('exit', () => rmSync(folder, { recursive: true }));
  const installed = join(folder, 'node_modules', 'compartment-mapper-runtime');
  mkdirSync(installed, { recursive: true });
  const built = spawnSync(
    process.execPath,
    [join(ROOT, 'build-package.mjs'), join(installed, 'dist')],
    { encoding: 'utf8' },
  );
  if (built.status !== 0) throw new Error(built.stderr);
  for (const name of ['package.json', 'types'])
    cpSync(join(ROOT, name), join(installed, name), { recursive: true });
  for (const name of PACKAGES)
    symlinkSync(join(ROOT, 'node_modules', name), join(folder, 'node_modules', name));
  writeFileSync(join(folder, 'package.json'), '{"name": "consumer", "type": "module"}');
  return folder;
};

/**
 * @param {string} folder
 * @param {string} text of an ES module
 * @param {string[]} [flags]
 */
export const runModule = (folder, text, flags = []) => {
  const file = join(mkdtempSync(join(folder, 'program-')), 'main.mjs');
  writeFileSync(file, text);
  const { stdout, stderr, status } = spawnSync(process.execPath, [...flags, file], {
    encoding: 'utf8',
    cwd: folder,
  });
  return { stdout, stderr, status };
};
