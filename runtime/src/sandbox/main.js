// The process of a sandbox: after lockdown, it evaluates source that the host sends, each in a separate compartment
// or in a session, and calls the host's tools.
import { secure } from '../lockdown/lockdown.js';
import { AsyncLocalStorage } from 'node:async_hooks';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { parseArchive } from '../linker/import-archive.js';
import { refuseShims } from '../shims/graph.js';
import { randomUUID } from 'node:crypto';
import { codedError } from '../base/errors.js';
import { startEntry, makeApplication } from '../linker/link.js';
import { prepareHost, verifyPowers } from '../node/powers.js';
import { flushInTime, makeReport, reportDenials } from '../audit/report.js';
import { makeStacks } from '../stacks/stack.js';
import { stackOf } from '../stacks/uncaught.js';
import { makeSend, readMessages } from './channel.js';
import { evaluateProgram } from './programs.js';
import { define, shown } from './endowments.js';
import { makeCalls } from './calls.js';
import { makeFacts } from './facts.js';
import { makeSessions } from './sessions.js';
import { syntaxProblem, withoutTypes } from './syntax.js';
import { decode, encodeError, isErrorObject, makeEncoder } from './values.js';

/** @import { Archive } from '../linker/import-archive.js' */
/** @import { ModuleRecord } from '../cyclic-modules/records.js' */
/** @import { Stacks } from '../stacks/stack.js' */
/** @import { Message } from './channel.js' */
/** @import { Facts } from './facts.js' */
/** @import { ImportModule } from './programs.js' */
/** @import { Turn } from './calls.js' */
/** @import { Session } from './sessions.js' */
/** @import { Report } from '../protocols/audit.js' */
/** @import { Package } from '../protocols/package.js' */
/** @import { Powers } from '../protocols/powers.js' */

const OF_HOST = /\n\s+at (?:<anonymous>$|.*\bnode:.*)/gm;
const SESSIONS_PER_COLLECTION = 100; // number of new sessions between garbage collections
const OWN = 'sandbox'; // name of compartments for one evaluation
const MOST_TEXT = 16_384; // characters of a message or stack trace

/**
 * @param {Powers} powers
 * @param {Stacks} stacks
 * @param {Report | undefined} report
 * @param {Facts} facts
 */
const makeModules = (powers, stacks, report, facts) => {
  /** @type {Map<string, Archive>} */
  const archives = new Map();
  let applications = 0;

  /**
   * Each session has its own instances of packages, so that evaluations in other sessions can't observe changes to
   * them.
   *
   * @param {Session} session
   * @param {Archive} archive
   */
  const start = async (session, { map, files }) => {
    applications += 1;
    const version = `?sandbox=${applications}`;
    const own = { ...powers, console: /** @type {any} */ (session.console) };
    const application = makeApplication({
      map,
      files,
      powers: own,
      stacks,
      allowAll: false,
      version,
      report,
    });
    const { record, done } = startEntry(application);
    await done;
    /** @type {Package} */ (record.owner).crossPackageExports.share();
    return record;
  };

  /** @type {ImportModule} */
  const importModule = async (session, specifier) => {
    const known = session.modules.get(specifier);
    if (known !== undefined) return /** @type {Promise<ModuleRecord>} */ (known);
    const archive = archives.get(specifier);
    if (archive === undefined) {
      const list = [...archives.keys()].map((name) => `'${name}'`).join(', ') || 'none';
      const message = `Cannot find module '${specifier}': the sandbox was given ${list}`;
      const error = codedError('ERR_MODULE_NOT_FOUND', message);
      throw facts.noted(error, { kind: 'module', name: specifier });
    }
    const started = start(session, archive);
    session.modules.set(specifier, started);
    return started;
  };

  return {
    importModule,
    /** @param {Message} message */
    add({ name, content }) {
      const archive = parseArchive(Buffer.from(content, 'base64'), verifyPowers);
      refuseShims(archive.map, 'run the archive with `compartment-mapper run`');
      archives.set(name, archive);
    },
  };
};

/** @param {unknown} error */
const ownStackOf = (error) => (stackOf(error) ?? '').slice(0, MOST_TEXT).replace(OF_HOST, '');

/**
 * @param {unknown} thrown
 * @returns {Message}
 */
const failureOf = (thrown) => {
  if (isErrorObject(thrown))
    return { error: encodeError(thrown, MOST_TEXT), stack: ownStackOf(thrown) };
  const message = shown(thrown).slice(0, MOST_TEXT);
  const error = Object.assign(new Error(message), { name: 'Uncaught' });
  return { error: encodeError(error, MOST_TEXT), fact: 'thrown' };
};

const RESULT = '$result'; // the variable for a value that did not cross

/**
 * @param {Session} session
 * @param {unknown} value
 * @returns {boolean} whether the next evaluation in the session can use the value
 */
const isKept = ({ compartment: { globalThis } }, value) => {
  try {
    define(globalThis, RESULT, value);
    return true;
  } catch {
    return false; // the program has frozen its global object
  }
};

/** @returns {() => void} V8's garbage collector */
const findCollector = () => {
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc');
  return () => gc({ type: 'major', execution: 'sync', flavor: 'last-resort' });
};

/**
 * @param {(name: string) => Session} makeSession
 * @returns compartments for one evaluation, and named sessions
 */
const makeSessionStore = (makeSession) => {
  /** @type {(() => void) | undefined} */
  let collector;
  const collect = () => (collector ??= findCollector())();
  /** @type {Map<string, Session>} */
  const named = new Map();
  /** @type {Session | undefined} */
  let spare;
  return {
    /** Creates the next compartment in advance. */
    prepare() {
      spare ??= makeSession(OWN);
    },
    /** @param {string | null} name */
    sessionOf(name) {
      if (name === null) {
        const session = spare ?? makeSession(OWN);
        spare = undefined;
        return session;
      }
      const known = named.get(name);
      if (known !== undefined) return known;
      const session = makeSession(name);
      named.set(name, session);
      if (named.size % SESSIONS_PER_COLLECTION === 0) setImmediate(collect);
      return session;
    },
    /** @param {string} name */
    drop: (name) => void named.delete(name),
  };
};

/**
 * @param {(message: Message) => void} send
 * @returns {Report} on the packages of archives
 */
const reportWith = (send) => {
  const report = makeReport((line) => send({ type: 'report', line }));
  reportDenials(report);
  flushInTime(report);
  return report;
};

/**
 * @param {Message} settings
 * @param {Powers} powers
 * @param {Stacks} stacks
 * @param {(message: Message) => void} send
 */
const makeEvaluations = (settings, powers, stacks, send) => {
  const facts = makeFacts();
  const calls = makeCalls(/** @type {any} */ (settings), send, facts);
  const sessions = makeSessionStore(
    makeSessions(powers, /** @type {any} */ (settings), calls, send),
  );
  const report = settings['report'] ? reportWith(send) : undefined;
  const modules = makeModules(powers, stacks, report, facts);
  /** @type {Map<number, { session: Session, end: (message: Message) => void }>} */
  const active = new Map();
  /** @type {AsyncLocalStorage<Turn>} the turn of the running code, across callbacks */
  const owner = new AsyncLocalStorage();
  /** @param {Message} request */
  const evaluate = ({ id, compartment, file, program, globals }) => {
    send({ type: 'started', id });
    const session = sessions.sessionOf(compartment);
    /** @type {Turn} */
    const turn = {
      id,
      calls: 0,
      output: settings['limits'].output,
      dropped: { characters: 0, lines: 0 },
    };
    session.turn = turn;
    const place = {
      url: `compartment:///sandbox/?${randomUUID()}`, // so that no code can use the URL of another evaluation
      file: `compartment:///sandbox/${file}`,
    };
    const end = (/** @type {Message} */ message) => {
      if (!active.delete(id)) return;
      session.turn = undefined;
      session.timers?.clear();
      calls.forget(turn);
      if (compartment === null) stacks.forgotten(place.url);
      send({ ...message, id, ...(turn.output < 0 && { dropped: turn.dropped }) });
      setImmediate(sessions.prepare);
    };
    active.set(id, { session, end });
    /**
     * @param {unknown} error
     * @param {{ kept?: boolean }} [more]
     */
    const failed = (error, more) => {
      const { kind, site, ...fact } = facts.factOf(error) ?? {};
      const known = {
        ...(kind && { fact: kind }),
        ...fact,
        ...(site && { site: ownStackOf(site) }),
      };
      end({ type: 'failed', ...failureOf(error), ...known, ...more });
    };
    const done = (/** @type {unknown} */ value) => {
      try {
        const encode = makeEncoder(settings['limits']);
        end({ type: 'done', value: encode(value, 'the result') });
      } catch (error) {
        failed(error, { kept: compartment !== null && isKept(session, value) });
      }
    };
    const options = { importModule: modules.importModule, stacks, facts };
    const evaluated = async () => {
      const { globalThis } = session.compartment;
      for (const [name, value] of Object.entries(globals))
        define(globalThis, name, decode(/** @type {any} */ (value)));
      return evaluateProgram(program, session, place, options);
    };
    owner.run(turn, () => evaluated().then(done, (error) => failed(error)));
  };

  /** @type {Record<string, (message: Message) => void>} */
  const receivers = {
    evaluate,
    archive: modules.add,
    answer: ({ call, ...answer }) => calls.answered(call, answer),
    cancel({ id }) {
      const found = active.get(id);
      const turn = found?.session.turn;
      const call = turn && calls.pendingCall(turn);
      const known = call && { expression: call.expression, site: ownStackOf(call.site) };
      found?.end({ type: 'cancelled', ...known });
    },
    parse({ id, kind, text }) {
      const problem = syntaxProblem(kind, text);
      send({ type: 'parsed', id, ...problem });
    },
    drop: ({ compartment }) => sessions.drop(compartment),
    strip({ id, text }) {
      const found = withoutTypes(text);
      if ('text' in found) send({ type: 'stripped', id, text: found.text });
      else {
        const { code } = /** @type {{ code?: string }} */ (found.error);
        send({ type: 'stripped', id, code, ...failureOf(found.error), problem: found.problem });
      }
    },
  };
  setImmediate(sessions.prepare);
  return {
    receive: (/** @type {Message} */ message) => receivers[message['type']]?.(message),
    /**
     * Reports uncaught errors to the evaluation that they come from, while it is active.
     *
     * @param {unknown} error
     */
    stray(error) {
      const turn = owner.getStore();
      const session = turn && active.get(turn.id)?.session;
      if (session !== undefined)
        session.write('error', `Uncaught ${shown(error).replace(OF_HOST, '')}`, true);
    },
  };
};

/**
 * @param {number} requests a file descriptor
 * @param {number} answers
 */
const main = (requests, answers) => {
  const stacks = makeStacks();
  const powers = prepareHost({ inherited: 0 })(secure(stacks.prepareStackTrace));
  /** @type {ReturnType<typeof makeEvaluations> | undefined} */
  let evaluations;
  const stray = (/** @type {unknown} */ error) => evaluations?.stray(error);
  process.on('unhandledRejection', stray);
  process.on('uncaughtException', stray);
  /** @param {Message} message its key is used only for `send` */
  const begin = ({ key, ...settings }) => {
    const send = makeSend(answers, key);
    evaluations = makeEvaluations(settings, powers, stacks, send);
    send({ type: 'ready' });
  };
  const receive = (/** @type {Message} */ message) => {
    if (evaluations !== undefined) evaluations.receive(message);
    else if (message['type'] === 'settings') begin(message);
  };
  readMessages(requests, receive, () => process.exit());
};

main(Number(process.argv[2]), Number(process.argv[3]));
