// Threads and child processes of the program that an archive is. Each loads the runtime anew, with the same archive.
/** @import { Connection } from './asking.js' */
/** @import { Needed } from '../protocols/audit.js' */
/** @import { Powers } from '../protocols/powers.js' */
/** @import { Beginning, Threads, Variables } from '../protocols/threads.js' */

/**
 * @typedef {object} Setup the same for all threads and children of a program
 * @property {SharedArrayBuffer | Uint8Array} archive its bytes
 * @property {string} name of the archive
 * @property {string | undefined} restrict policies that restrict those of the archive
 * @property {boolean} allowAll
 * @property {boolean} alarm
 * @property {boolean} audited whether uses and denials are sent to the program that starts all others
 * @property {boolean} reported whether the lines of the report are
 * @property {string | undefined} maps source maps
 * @property {ReturnType<NonNullable<Powers['anchors']>>} anchors of patterns of files: a child can have another folder
 * @property {Connection | undefined} more to the process that finds modules at run time
 * @property {Variables} env as it was before any package ran: Node reads options from it
 *
 * @typedef {['needed' | 'used', Needed] | ['report', string]} Note
 *
 * @typedef {object} Begun what the runtime in a thread or a child gets
 * @property {Setup} setup
 * @property {Beginning} beginning
 * @property {any} [port] for notes, in a thread
 *
 * @typedef {object} Starting
 * @property {string} program the runtime's file
 * @property {string[]} execArgv options of Node for the runtime: without them there would be no permission model
 * @property {() => Omit<Setup, 'env'>} setup
 * @property {(note: Note) => void} heard
 * @property {Variables} [env] of the program that starts all others
 * @property {Threads['current']} [current]
 */

export const THREAD = '--thread';
export const CHILD = '--child-fd';

const NO_SIGNAL = '--disable-sigusr1';

/** @returns {string[]} without the signal that opens the inspector, which runs any code; older versions have no option */
const uninspected = () => (process.allowedNodeEnvironmentFlags.has(NO_SIGNAL) ? [NO_SIGNAL] : []);

const builtin = (/** @type {string} */ name) =>
  /** @type {any} */ (process).getBuiltinModule(`node:${name}`);

/** @returns {Begun | undefined} undefined in the main thread */
const begunThread = () => {
  const { isMainThread, workerData } = builtin('worker_threads');
  return isMainThread ? undefined : workerData;
};

/**
 * @param {string[]} argv of the runtime
 * @returns {Begun | undefined} undefined: this process runs an archive
 */
export const begunAt = ([flag, descriptor = '']) => {
  if (flag === THREAD) return begunThread();
  if (flag !== CHILD) return undefined;
  const { v8, fs } = { v8: builtin('v8'), fs: builtin('fs') };
  const [, length, notes] = /^0:(\d+):(\d+)$/.exec(descriptor) ?? [];
  if (length !== undefined) {
    const begun = v8.deserialize(firstBytes(0, Number(length)));
    return withPort(begun, Number(notes));
  }
  if (!/^\d+$/.test(descriptor)) return undefined;
  return withPort(v8.deserialize(fs.readFileSync(Number(descriptor))), Number(descriptor));
};

/**
 * @param {Begun} begun
 * @param {number} descriptor for notes
 * @returns {Begun}
 */
const withPort = (begun, descriptor) => {
  const { audited, reported } = begun.setup;
  if (audited || reported) return { ...begun, port: portOver(descriptor) };
  builtin('fs').closeSync(descriptor);
  return begun;
};

/**
 * @param {number} descriptor
 * @param {number} length
 * @returns {Uint8Array} the bytes before those that the package gives
 */
const firstBytes = (descriptor, length) => {
  const { readSync } = builtin('fs');
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length;) {
    const read = readSync(descriptor, bytes, at, length - at, null);
    if (read === 0) throw new RangeError('the program ended before it passed its archive on');
    at += read;
  }
  return bytes;
};

/** @param {number} descriptor of a stream to the parent process */
const portOver = (descriptor) => {
  const { writeSync } = builtin('fs');
  return {
    postMessage(/** @type {Note} */ note) {
      try {
        writeSync(descriptor, `${JSON.stringify(note)}\n`);
      } catch {
        // The parent has ended.
      }
    },
  };
};

/**
 * Removes the port to the starter and its data from the builtin: packages get them in another form, and hardening would
 * freeze them.
 *
 * @returns {any} the port; null in the main thread
 */
export const takeParentPort = () => {
  const threads = builtin('worker_threads');
  const { parentPort } = threads;
  threads.parentPort = null;
  threads.workerData = null;
  return parentPort;
};

/**
 * Sets the variables of a thread or child, which Node must not see: `NODE_OPTIONS` loads code.
 *
 * @param {Variables} variables
 */
export const setVariables = (variables) => {
  const { env } = process;
  for (const name of Object.keys(env)) if (!Object.hasOwn(variables, name)) delete env[name];
  Object.assign(env, variables);
};

/**
 * @param {any} socket to a child
 * @param {(note: Note) => void} heard
 */
const hear = (socket, heard) => {
  let rest = '';
  socket.setEncoding('utf8');
  socket.on('data', (/** @type {string} */ chunk) => {
    const lines = `${rest}${chunk}`.split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) heard(JSON.parse(line));
  });
};

/**
 * @param {Starting} starting
 * @returns {Threads}
 */
export const makeThreads = ({ program, execArgv, setup, heard, env = {}, current }) => {
  /** @type {Setup | undefined} */
  let shared;
  const sharedSetup = () => (shared ??= { ...setup(), env });
  /** @returns {Array<'pipe' | number>} descriptors that each child gets after those of the package */
  const ownStreams = () => {
    const { more } = sharedSetup();
    return more === undefined ? ['pipe'] : ['pipe', more.ask, more.answers];
  };
  /**
   * @param {any} socket to a child; undefined if it could not be started
   * @param {Beginning} beginning
   * @param {number} descriptor of the socket in the child; the connection for modules follows
   */
  const give = (socket, beginning, descriptor) => {
    const own = sharedSetup();
    const archive = new Uint8Array(/** @type {any} */ (own.archive));
    const more = own.more && { ...own.more, ask: descriptor + 1, answers: descriptor + 2 };
    const begun = { setup: { ...own, archive, more }, beginning };
    socket?.on('error', () => undefined); // the child ended first
    socket?.end(builtin('v8').serialize(begun), () => socket.unref());
    if (socket && (own.audited || own.reported)) hear(socket, heard);
  };
  return {
    current,
    start(beginning, options, transfer) {
      const { Worker, MessageChannel, receiveMessageOnPort } = builtin('worker_threads');
      const { audited, reported } = sharedSetup();
      const channel = audited || reported ? new MessageChannel() : undefined;
      const worker = new Worker(program, {
        ...options,
        env,
        argv: [THREAD, ...options.argv],
        execArgv: [...execArgv, ...options.execArgv],
        workerData: { setup: sharedSetup(), beginning, port: channel?.port2 },
        transferList: channel ? [...transfer, channel.port2] : transfer,
      });
      if (channel === undefined) return worker;
      const { port1 } = channel;
      port1.on('message', heard);
      port1.unref();
      const receive = () => receiveMessageOnPort(port1)?.message;
      worker.on('exit', () => {
        for (let last = receive(); last !== undefined; last = receive()) heard(last);
      });
      return worker;
    },
    fork(beginning, { args, execArgv: more, stdio, more: options }) {
      const descriptor = stdio.length;
      const argv = [
        ...execArgv,
        ...uninspected(),
        ...more,
        program,
        CHILD,
        `${descriptor}`,
        ...args,
      ];
      const child = builtin('child_process').spawn(process.execPath, argv, {
        ...options,
        env,
        stdio: [...stdio, ...ownStreams()],
      });
      give(child.stdio[descriptor], beginning, descriptor);
      return child;
    },
    forkSync(beginning, { args, execArgv: more, stdio, more: options, input }) {
      const own = sharedSetup();
      const archive = new Uint8Array(/** @type {any} */ (own.archive));
      const begun = builtin('v8').serialize({ setup: { ...own, archive }, beginning });
      const flags = [...execArgv, ...uninspected(), ...more, program];
      const given = [CHILD, `0:${begun.length}:${stdio.length}`];
      const result = builtin('child_process').spawnSync(
        process.execPath,
        [...flags, ...given, ...args],
        {
          ...options,
          env,
          input: Buffer.concat([begun, input]),
          stdio: ['pipe', ...stdio.slice(1), 'pipe'],
        },
      );
      const notes = `${result.output?.[stdio.length] ?? ''}`;
      for (const line of notes.split('\n').slice(0, -1)) heard(JSON.parse(line));
      return result;
    },
    cluster(beginning, { args, execArgv: more, stdio, more: options }) {
      const cluster = builtin('cluster');
      const descriptor = stdio.length;
      cluster.setupPrimary({
        ...options,
        exec: program,
        args: [CHILD, `${descriptor}`, ...args],
        execArgv: [...execArgv, ...uninspected(), ...more],
        stdio: [...stdio, ...ownStreams()],
      });
      const current = Object.keys(process.env).map((name) => [name, undefined]);
      const worker = cluster.fork({ ...Object.fromEntries(current), ...env });
      give(worker.process.stdio[descriptor], beginning, descriptor);
      return worker;
    },
  };
};
