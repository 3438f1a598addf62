// Creates archives for tests with handwritten functors in the form of compiled code.
import { createHash } from 'node:crypto';
import { crc32, deflateRawSync } from 'node:zlib';

/**
 * @typedef {object} Stored
 * @property {string} parser
 * @property {string} text
 * @property {object} [extra] keys of the module entry in the map
 *
 * @typedef {Record<string, Stored | object>} Modules by key: stored, or an entry of the map as it is
 * @typedef {object} PackageOfTest
 * @property {string} [label]
 * @property {object} [policy]
 * @property {Modules} modules
 */

/** @param {Uint8Array} bytes */
export const sha512 = (bytes) => createHash('sha512').update(bytes).digest('hex');

/** @param {string} text */
export const utf8 = (text) => new TextEncoder().encode(text);

/**
 * @param {Iterable<[string, Uint8Array]>} entries
 * @param {{ deflate?: boolean }} [options]
 * @returns {Uint8Array} a zip file
 */
export const zip = (entries, { deflate = false } = {}) => {
  const locals = [];
  const centrals = [];
  let offset = 0;
  for (const [name, content] of entries) {
    const data = deflate ? deflateRawSync(content) : content;
    const header = Buffer.alloc(26);
    header.writeUInt16LE(10, 0);
    header.writeUInt16LE(deflate ? 8 : 0, 4);
    header.writeUInt32LE(crc32(content), 10);
    header.writeUInt32LE(data.length, 14);
    header.writeUInt32LE(content.length, 18);
    header.writeUInt16LE(Buffer.byteLength(name), 22);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(offset, 10);
    locals.push(Buffer.from('PK\x03\x04'), header, Buffer.from(name), data);
    centrals.push(Buffer.from('PK\x01\x02\x1e\x03'), header, tail, Buffer.from(name));
    offset += 30 + Buffer.byteLength(name) + data.length;
  }
  const directory = Buffer.concat(centrals);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06');
  end.writeUInt16LE(centrals.length / 4, 8);
  end.writeUInt16LE(centrals.length / 4, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...locals, directory, end]);
};

/**
 * An ECMAScript module; with `split`, its body yields after its imports are linked. It can use `$i`, `$once`,
 * `$live`, `_import` and `$meta`.
 *
 * @param {string} body
 * @param {{ imports?: Record<string, string[]>, fixed?: string[], live?: string[], stars?: string[],
 *   reexports?: Record<string, Array<[string, string]>>, async?: boolean, split?: boolean, names?: object }} [options]
 * @returns {Stored}
 */
export const esm = (body, options = {}) => {
  const {
    imports = {},
    fixed = [],
    live = [],
    stars = [],
    reexports = {},
    async = false,
    split = false,
  } = options;
  const start =
    '({imports:$i,liveVar:$live,onceVar:$once,import:_import,importMeta:$meta,split:$split})=>';
  const keyword = `${async ? 'async ' : ''}function`;
  const program = split
    ? `${start}{const $body=(${keyword}*(){'use strict';${body}\n})();$body.next();return $split?$body:$body.next()}\n`
    : `${start}(${keyword}(){'use strict';${body}\n})()\n`;
  return {
    parser: 'pre-mjs-json',
    text: JSON.stringify({
      imports: Object.keys(imports),
      importNames: imports,
      exports: [...fixed, ...live],
      reexports: stars,
      __syncModuleProgram__: program,
      __fixedExportMap__: Object.fromEntries(fixed.map((name) => [name, [name]])),
      __liveExportMap__: Object.fromEntries(live.map((name) => [name, [name, false]])),
      __reexportMap__: reexports,
      async,
      ...(split && { split }),
      ...options.names,
    }),
  };
};

/**
 * @param {string} body
 * @param {{ exports?: string[], sloppy?: boolean, assigns?: string[], hostNames?: string[] }} [options]
 * @returns {Stored}
 */
export const cjs = (body, { exports = [], ...options } = {}) => ({
  parser: 'pre-cjs-json',
  text: JSON.stringify({
    imports: [],
    exports: [...exports, 'default'],
    reexports: [],
    source: `(function (require, exports, module, __filename, __dirname, $h_import) {'use strict'; ${body}\n})\n`,
    ...options,
  }),
});

/**
 * @param {unknown} value
 * @returns {Stored}
 */
export const json = (value) => ({ parser: 'json', text: JSON.stringify(value) });

/**
 * @param {string} compartment
 * @param {string} module
 */
export const to = (compartment, module) => ({ compartment, module });

/**
 * @param {object} module
 * @returns {module is Stored}
 */
const isStored = (module) => 'text' in module;

/**
 * @param {Record<string, PackageOfTest>} packages by compartment name, the entry's first
 * @param {{ entry?: string, deflate?: boolean, change?: (map: any, files: Map<string, Uint8Array>) => void }} [options]
 * @returns {Uint8Array}
 */
export const archive = (packages, { entry = './main.js', deflate = false, change } = {}) => {
  /** @type {Map<string, Uint8Array>} */
  const files = new Map();
  const compartments = Object.entries(packages).map(([name, { label, policy, modules }], index) => {
    const entries = Object.entries(modules).map(([key, module]) => {
      if (!isStored(module)) return [key, structuredClone(module)];
      const location = key.replace(/^\.\//, '');
      files.set(`${name}/${location}`, utf8(module.text));
      const hash = sha512(utf8(module.text));
      return [key, { location, parser: module.parser, sha512: hash, ...module.extra }];
    });
    const bare = name.replace(/-v[^-]*$/, '');
    const described = {
      name: bare,
      label: label ?? (index === 0 ? '$root$' : bare),
      location: name,
      modules: Object.fromEntries(entries),
      ...(policy && { policy }),
    };
    return [name, described];
  });
  const map = {
    tags: [],
    entry: to(Object.keys(packages)[0] ?? '', entry),
    compartments: Object.fromEntries(compartments),
  };
  change?.(map, files);
  const mapBytes = utf8(JSON.stringify(map, null, 2));
  return zip([['compartment-map.json', mapBytes], ...files], { deflate });
};
