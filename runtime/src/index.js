// For embedding: import './lockdown.js' first, and call `secure` before anything is imported.
export { importArchive, parseArchive } from './import-archive.js';
export { makeStacks } from './stack.js';
