// The command line of the runtime.
import * as path from 'node:path';

export const USAGE =
  'usage: node main.cjs [--alarm] [--allow-all] [--audit[=json]] [--no-cache] [--shims] [--timings] [--entry NAME] [--restrict-fd N] ' +
  '[--maps-fd N] [--ask-fd N --answers-fd N --project FOLDER] [--report-fd N] [--audit-fd N] [--own-code-fd N] [--code-fd N] [--keep OWN CODE] (ARCHIVE | --fd N NAME) [ARGS...]';

/**
 * @typedef {object} Options
 * @property {boolean} alarm whether unexpected denials are printed at the end
 * @property {boolean} allowAll
 * @property {'text' | 'json' | undefined} audit
 * @property {boolean} cache whether compiled code is cached between runs
 * @property {boolean} shims whether to print what the shims add to the language, instead of running the archive
 * @property {boolean} timings whether to print the time of each stage
 * @property {string | undefined} entry module to start instead of the default entry
 * @property {number | undefined} restrict a file descriptor of policies that restrict those of the archive
 * @property {number | undefined} maps a file descriptor of the source maps of an archive
 * @property {number | undefined} report a file descriptor for the report
 * @property {number | undefined} auditTo a file descriptor for the audit; undefined: standard error
 * @property {number | undefined} ask a file descriptor for requests of modules at run time
 * @property {number | undefined} answers a file descriptor of the answers
 * @property {string | undefined} project the folder of the application that the requests are for
 * @property {number | undefined} ownCode a file descriptor with the compiled code of the runtime
 * @property {number | undefined} code the same for the archive; a process with either writes no cache
 * @property {{ own: string, archive: string } | undefined} keep files to write both to, without running the archive
 *
 * @typedef {object} Source
 * @property {string | number} source a path or a file descriptor
 * @property {string} name of the program as it sees it
 * @property {string[]} args
 *
 * @typedef {Options & Source} Command
 */

/** @type {Readonly<Record<string, Partial<Options>>>} */
const FLAGS = Object.freeze({
  '--alarm': { alarm: true },
  '--allow-all': { allowAll: true },
  '--audit': { audit: 'text' },
  '--audit=json': { audit: 'json' },
  '--no-cache': { cache: false },
  '--shims': { shims: true },
  '--timings': { timings: true },
});

/** @type {Readonly<Record<string, 'ask' | 'answers' | 'restrict' | 'maps' | 'report' | 'auditTo' | 'ownCode' | 'code'>>} */
const DESCRIPTORS = Object.freeze({
  '--answers-fd': 'answers',
  '--ask-fd': 'ask',
  '--restrict-fd': 'restrict',
  '--maps-fd': 'maps',
  '--report-fd': 'report',
  '--audit-fd': 'auditTo',
  '--own-code-fd': 'ownCode',
  '--code-fd': 'code',
});

/**
 * @param {string[]} argv options are removed from its start
 * @returns {Options | undefined}
 */
const parseOptions = (argv) => {
  /** @type {Options} */
  const options = {
    alarm: false,
    allowAll: false,
    audit: undefined,
    cache: true,
    shims: false,
    timings: false,
    entry: undefined,
    restrict: undefined,
    maps: undefined,
    report: undefined,
    auditTo: undefined,
    ask: undefined,
    answers: undefined,
    project: undefined,
    ownCode: undefined,
    code: undefined,
    keep: undefined,
  };
  for (;;) {
    const [first = '', second = '', third = ''] = argv;
    const descriptor = Object.hasOwn(DESCRIPTORS, first) ? DESCRIPTORS[first] : undefined;
    if (Object.hasOwn(FLAGS, first)) Object.assign(options, FLAGS[first]);
    else if (first === '--entry') {
      options.entry = second;
      argv.shift();
    } else if (first === '--project') {
      options.project = second;
      argv.shift();
    } else if (descriptor !== undefined) {
      if (!/^\d+$/.test(second)) return undefined;
      options[descriptor] = Number(second);
      argv.shift();
    } else if (first === '--keep') {
      options.keep = { own: second, archive: third };
      argv.splice(0, 2);
    } else return options;
    argv.shift();
  }
};

/**
 * @param {string[]} argv
 * @returns {Command | undefined} undefined: it does not match `USAGE`
 */
export const parseCommand = (argv) => {
  const rest = [...argv];
  const options = parseOptions(rest);
  const [source, ...args] = rest;
  if (options === undefined || source === undefined) return undefined;
  if (source !== '--fd') return { ...options, source, name: path.resolve(source), args };
  const [descriptor, name, ...others] = args;
  if (name === undefined || !/^\d+$/.test(descriptor ?? '')) return undefined;
  return { ...options, source: Number(descriptor), name: path.resolve(name), args: others };
};
