// node endo-run.mjs ARCHIVE: Endo's parseArchive and import, after lockdown.
import fs from 'node:fs';
import 'ses';
import { hostGlobals, importBuiltin } from './endo-powers.mjs';

const globals = hostGlobals();
lockdown({
  consoleTaming: 'unsafe',
  domainTaming: 'unsafe',
  errorTaming: 'unsafe',
  overrideTaming: 'severe',
});

// Imported only now: its modules harden what they export.
const { parseArchive } = await import('@endo/compartment-mapper/import-archive.js');
const bytes = fs.readFileSync(process.argv[2]);
const application = await parseArchive(bytes, process.argv[2], { importHook: importBuiltin });
await application.import({ globals, importHook: importBuiltin });
