// Tables of Node's builtins: which builtins lead to others, and which native classes they expose.
import { STREAM_CLASSES } from '../lockdown/specimens.js';

// Nearly all builtins and globals lead to objects of these builtins, which are loaded anyway.
export const COMMON = ['buffer', 'events', 'stream', 'string_decoder', 'util'];

// Globals reachable from objects that every package can create: events of a signal, errors of a decoder.
export const COMMON_GLOBALS = [
  ...['AbortController', 'AbortSignal', 'CustomEvent', 'DOMException', 'Event', 'EventTarget'],
];

/** @type {Record<string, string[]>} builtins that lead to objects of others, which have to be tamed before */
export const LEADS_TO = {
  __proto__: /** @type {never} */ (null),
  ...{ _http_agent: ['net', 'http'], _http_client: ['net', 'http'], _http_server: ['net', 'http'] },
  ...{ http: ['net'], https: ['net', 'tls', 'http'], http2: ['net', 'tls', 'http', 'https'] },
  ...{
    'fs/promises': ['fs'],
    'path/posix': ['path'],
    'path/win32': ['path'],
    'readline/promises': ['readline'],
    tls: ['net'],
    tty: ['net'],
    child_process: ['net'],
    cluster: ['net'],
  },
  ...{ _http_common: ['net', 'http'], _http_incoming: ['net', 'http'] },
  ...{ _http_outgoing: ['net', 'http'], _tls_common: ['net', 'tls'], _tls_wrap: ['net', 'tls'] },
  ...{ inspector: ['net'], dgram: ['net'], repl: ['fs'], test: ['fs'] },
};

// Node modifies these while they are in use. Those that packages can get are critical: a grant for one gives access
// to the whole process. Packages have their own versions of the last three.
export const UNHARDENED = new Set([
  ...['cluster', 'domain', 'repl', 'test', 'inspector', 'inspector/promises'],
  ...['console', 'module', 'process'],
]);

/**
 * @type {Record<string, string[]>} internal bindings with native classes, by the builtins whose objects lead to them
 */
export const BINDINGS = {
  __proto__: /** @type {never} */ (null),
  child_process: ['process_wrap', 'pipe_wrap'],
  crypto: ['crypto'],
  dgram: ['udp_wrap'],
  dns: ['cares_wrap'],
  'dns/promises': ['cares_wrap'],
  fs: ['fs', 'fs_event_wrap', 'fs_dir'],
  http: ['http_parser'],
  http2: ['http2'],
  inspector: ['inspector'],
  net: ['tcp_wrap', 'pipe_wrap', 'stream_wrap', 'cares_wrap', 'js_stream', 'block_list'],
  perf_hooks: ['performance'],
  tls: ['tls_wrap'],
  tty: ['tty_wrap'],
  v8: ['serdes', 'heap_utils', 'v8'],
  worker_threads: ['worker', 'messaging'],
  zlib: ['zlib'],
};

// These builtins do not lead to web streams, except for those prepared above. Web streams take a while to load.
export const WITHOUT_WEB_STREAMS = new Set([
  ...[
    'assert',
    'assert/strict',
    'async_hooks',
    'buffer',
    'console',
    'constants',
    'crypto',
    'events',
  ],
  ...['module', 'os', 'path', 'path/posix', 'path/win32', 'perf_hooks', 'process', 'punycode'],
  ...['querystring', 'readline', 'stream', 'stream/promises', 'string_decoder', 'sys', 'timers'],
  ...['timers/promises', 'tty', 'url', 'util', 'util/types', 'zlib', 'net', 'tls', 'dns', 'http'],
  ...['https', 'child_process', 'vm', 'v8'],
]);

export const LEADS_TO_STREAMS = new Set([
  ...STREAM_CLASSES,
  ...['CompressionStream', 'DecompressionStream', 'TextDecoderStream', 'TextEncoderStream'],
  ...['Request', 'Response', 'FormData', 'WebSocketStream', 'WebAssembly'],
]);
