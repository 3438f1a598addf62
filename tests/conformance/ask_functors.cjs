// Evaluates modules as Node does and functors as SES does, and prints what importers saw of each.
'use strict';
const vm = require('node:vm');

const DEPENDENCIES = {
  dep: { default: 'd', a: 1, f: (x) => x + 1, 'a b': 'ab' },
  other: { default: 'o' },
  'it\'s "other"': { default: 'q' },
};

/** JSON of a value, with what JSON has no words for. */
const shown = (value) => {
  if (typeof value === 'function') return `${value.toString().slice(0, 5)} ${value.name}`;
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'number' || value === undefined) return String(value);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(shown);
  const keys = Object.keys(value).sort();
  return Object.fromEntries(keys.map((key) => [`.${key}`, shown(value[key])]));
};

const read = (read_) => {
  try {
    return shown(read_());
  } catch (error) {
    return error.name;
  }
};

/** Runs `evaluate` with a `snap` that records `exportsNow()`; returns the records. */
const traced = async (exportsNow, evaluate) => {
  const trace = [];
  globalThis.snap = (...notes) => trace.push([...notes.map(shown), exportsNow()]);
  try {
    await evaluate();
  } catch (error) {
    trace.push([error.name, error.message]);
  }
  trace.push(exportsNow());
  return trace;
};

const namespaceNow = (namespace) =>
  Object.fromEntries(
    Object.getOwnPropertyNames(namespace)
      .sort()
      .map((name) => [name, read(() => namespace[name])]),
  );

const synthetic = async (specifier) => {
  const values = DEPENDENCIES[specifier];
  const names = Object.keys(values);
  const module = new vm.SyntheticModule(names, function set() {
    for (const name of names) this.setExport(name, values[name]);
  });
  await module.link(() => {});
  await module.evaluate();
  return module;
};

const fromNode = async (source) => {
  let module;
  try {
    module = new vm.SourceTextModule(source, {
      initializeImportMeta: (meta) => {
        meta.url = 'url:x';
      },
      importModuleDynamically: synthetic,
    });
    await module.link(synthetic);
  } catch (error) {
    return `the row is no module: ${error.message}`;
  }
  return traced(
    () => namespaceNow(module.namespace),
    () => module.evaluate(),
  );
};

/** The values of the exports of a functor, as its `onceVar` and `liveVar` have told of them. */
const makeExports = (stored) => {
  const values = new Map();
  const names = new Set(stored.exports);
  const once = {};
  const live = {};
  for (const [name, [local]] of Object.entries(stored.__fixedExportMap__)) {
    const others = once[local];
    once[local] = (value) => {
      if (others === undefined && values.has(name)) throw Error('already initialized');
      others?.(value);
      values.set(name, value);
    };
  }
  for (const [name, [local]] of Object.entries(stored.__liveExportMap__)) {
    const others = live[local];
    live[local] = (value) => {
      others?.(value);
      values.set(name, value);
    };
  }
  const reexport = (specifier, imported, exported) => {
    const source = DEPENDENCIES[specifier];
    names.add(exported);
    values.set(exported, imported === '*' ? source : source[imported]);
  };
  for (const specifier of stored.reexports) {
    for (const name of Object.keys(DEPENDENCIES[specifier])) {
      if (name !== 'default' && !names.has(name)) reexport(specifier, name, name);
    }
  }
  for (const [specifier, pairs] of Object.entries(stored.__reexportMap__)) {
    for (const [imported, exported] of pairs) reexport(specifier, imported, exported);
  }
  const now = () =>
    Object.fromEntries(
      [...names].sort().map((name) => [
        name,
        values.has(name) ? shown(values.get(name)) : 'ReferenceError',
      ]),
    );
  return { once, live, now };
};

/** What calls `imports`: every specifier must be among the static ones, every name must exist. */
const makeImports = (stored) => (updates) => {
  const expected = Object.keys(stored.importNames ?? {});
  const given = updates.map(([specifier]) => specifier);
  if (String(expected) !== String(given)) throw Error(`${expected} is not ${given}`);
  for (const [specifier, names] of updates) {
    const source = DEPENDENCIES[specifier];
    for (const [name, updaters] of names) {
      if (name !== '*' && !(name in source)) throw Error(`no ${name} in ${specifier}`);
      for (const update of updaters) update(name === '*' ? source : source[name]);
    }
  }
};

const fromFunctor = (stored, split) => {
  const { once, live, now } = makeExports(stored);
  return traced(now, async () => {
    const functor = (0, eval)(stored.__syncModuleProgram__);
    const result = functor({
      imports: makeImports(stored),
      onceVar: once,
      liveVar: live,
      ...(stored.__needsImport__ ? { import: async (name) => DEPENDENCIES[name] } : {}),
      ...(stored.__needsImportMeta__ ? { importMeta: { url: 'url:x' } } : {}),
      ...(split ? { split } : {}),
    });
    await (split ? result.next() : result);
  });
};

const main = async () => {
  const rows = JSON.parse(require('node:fs').readFileSync(0, 'utf8'));
  const answers = [];
  for (const { source, functor, cyclic } of rows) {
    answers.push({
      node: await fromNode(source),
      functor: await fromFunctor(JSON.parse(functor), false),
      unsplit: await fromFunctor(JSON.parse(cyclic), false),
      split: await fromFunctor(JSON.parse(cyclic), true),
    });
  }
  console.log(JSON.stringify(answers));
};
main();
