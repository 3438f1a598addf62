// Runs a module of an archive in a thread or a child process that a package started.
import { raiseAlarm } from '../audit/alarm.js';
import { makeRecorder } from '../audit/audit.js';
import { restricted } from '../archive/restrict.js';
import { importArchive, parseArchive } from '../linker/import-archive.js';
import { expectSettlement, print, reportUncaught } from '../node/node-program.js';
import { prepareHost, verifyPowers } from '../node/powers.js';
import { loadAddon, programsWith } from '../node/addons.js';
import { inProject } from '../node/asking.js';
import { makeThreads, setVariables, takeParentPort } from '../node/threads.js';
import { entryFilename } from '../resolve/resolve.js';
import { NO_MAPS, mapsIn } from '../stacks/maps-file.js';
import { makeStacks } from '../stacks/stack.js';
import { printUncaught } from '../stacks/uncaught.js';
import { reportBy } from './report-file.js';
import { secureProcess } from './shimming.js';
import { passErrorsOn } from './thread-errors.js';

/** @import { Begun, Note } from '../node/threads.js' */

/**
 * @param {Begun} begun
 * @returns {import('../linker/import-archive.js').Archive} that begins where the thread or child does
 */
const archiveOf = ({ setup, beginning: { compartment, module } }) => {
  const archive = parseArchive(
    new Uint8Array(/** @type {any} */ (setup.archive)).slice(),
    verifyPowers,
  );
  const { restrict } = setup;
  const map = restrict === undefined ? archive.map : restricted(archive.map, restrict);
  return { ...archive, map: { ...map, entry: { compartment, module } } };
};

/**
 * @param {Begun} begun
 * @param {{ program: string, execArgv: string[] }} start
 * @param {number} skipped arguments of the runtime
 */
export const runBegun = (begun, { program, execArgv }, skipped) => {
  const { setup, beginning, port } = begun;
  const isThread = beginning.given !== undefined;
  const archive = archiveOf(begun);
  const [node = '', , ...args] = process.argv;
  process.argv = [node, entryFilename(archive) ?? setup.name, ...args.slice(skipped)];
  setVariables(beginning.variables);
  const stacks = makeStacks();
  const withLocked = prepareHost({ inherited: 0 });
  const powers = inProject(
    withLocked(secureProcess(archive, stacks.prepareStackTrace)),
    setup.more,
  );
  if (isThread) passErrorsOn();
  else printUncaught(stacks, print);
  const heard = (/** @type {Note} */ note) => port?.postMessage(note);
  const threads = makeThreads({
    ...{ program, execArgv, heard, env: setup.env },
    setup: () => setup,
    current: { ...beginning, parentPort: takeParentPort() },
  });
  const report = setup.reported ? reportBy((line) => heard(['report', line])) : undefined;
  if (setup.alarm) raiseAlarm(archive.map, print);
  const settled = expectSettlement();
  const maps =
    setup.maps === undefined
      ? NO_MAPS
      : { of: mapsIn(() => setup.maps, archive.sha512), debugged: false };
  const options = {
    powers: {
      ...{ ...powers, threads, loadAddon, storeProgram: programsWith(setup.env) },
      anchors: () => setup.anchors,
    },
    ...{ stacks, report, maps, allowAll: setup.allowAll, isProgram: true },
    ...(setup.audited && { audit: makeRecorder((kind, row) => heard([kind, row])) }),
  };
  importArchive(archive, options).then(settled, (error) => {
    settled();
    if (!isThread) reportUncaught(error, stacks);
    else
      // As an uncaught exception: the thread ends, and its starter gets the event `error`.
      process.nextTick(() => {
        throw error;
      });
  });
};
