// What V8, acorn with eslint-scope, and Node's own lexer of CommonJS say of texts.
// node --expose-internals --experimental-vm-modules ask_corpus.cjs FOLDER_WITH_ACORN <texts.json
'use strict';
const fs = require('node:fs');
const vm = require('node:vm');
const { createRequire } = require('node:module');
const { internalBinding } = require('internal/test/binding');

const installed = createRequire(`${process.argv[2]}/`);
const acorn = installed('acorn');
const { analyze } = installed('eslint-scope');
const { parse: lex } = internalBinding('cjs_lexer');
const { containsModuleSyntax } = internalBinding('contextify');

const PARAMETERS = ['exports', 'require', 'module', '__filename', '__dirname'];

const attempt = (run) => {
  try {
    return { value: run() };
  } catch (error) {
    return { error: `${error.name}: ${error.message}` };
  }
};

/** Why V8 refuses a text in a language; null if it does not. */
const refusal = (text, language) => {
  const parse =
    language === 'mjs'
      ? () => new vm.SourceTextModule(text)
      : () => vm.compileFunction(text, PARAMETERS);
  return attempt(parse).error ?? null;
};

const literal = (node) => {
  if (typeof node?.value === 'string') return node.value.toWellFormed();
  if (node?.type !== 'TemplateLiteral' || node.expressions.length > 0) return undefined;
  return node.quasis[0].value.cooked?.toWellFormed();
};
const nameOf = (node) => node.name ?? node.value;

/** The names that a pattern declares. */
const declared = (node) => {
  switch (node?.type) {
    case 'Identifier':
      return [node.name];
    case 'ObjectPattern':
      return node.properties.flatMap((property) => declared(property.value ?? property));
    case 'ArrayPattern':
      return node.elements.flatMap(declared);
    case 'AssignmentPattern':
      return declared(node.left);
    case 'RestElement':
      return declared(node.argument);
    default:
      return [];
  }
};

const imported = (specifier) => {
  if (specifier.type === 'ImportDefaultSpecifier') return 'default';
  if (specifier.type === 'ImportNamespaceSpecifier') return '*';
  const name = nameOf(specifier.imported);
  return name === '*' ? '\0*' : name;
};

/** Adds what a statement of a module imports and exports. */
const addEntries = (node, found) => {
  if (node.source) found.requests.push(node.source.value);
  if (node.type === 'ImportDeclaration') {
    const request = node.source.value;
    const entries = node.specifiers.map((one) => [request, imported(one), one.local.name]);
    found.imports.push(...entries.map((entry) => JSON.stringify(entry)));
  } else if (node.type === 'ExportAllDeclaration') {
    if (node.exported) found.exports.push(nameOf(node.exported));
    else found.stars.push(node.source.value);
  } else if (node.type === 'ExportDefaultDeclaration') {
    found.exports.push('default');
  } else {
    const { declaration, specifiers } = node;
    const names = declaration?.declarations?.flatMap(({ id }) => declared(id));
    found.exports.push(...(names ?? (declaration ? [declaration.id.name] : [])));
    found.exports.push(...specifiers.map(({ exported }) => nameOf(exported)));
  }
};

const isAwait = (node) =>
  node.type === 'AwaitExpression' ||
  (node.type === 'ForOfStatement' && node.await) ||
  (node.type === 'VariableDeclaration' && node.kind === 'await using');
const ENTRIES = /^(?:ImportDeclaration|Export(?:All|Default|Named)Declaration)$/;
const FUNCTION = /Function|^StaticBlock$|^PropertyDefinition$/;

/** What the statements of a tree say; a stack of our own, since some trees are deep. */
const walk = (tree) => {
  const found = {
    imports: [],
    exports: [],
    stars: [],
    requests: [],
    dynamic: [],
    literals: [],
    members: [],
    functions: [],
    meta: false,
    awaits: false,
  };
  const calls = new Map();
  const pending = [[tree, false]];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const [node, isInFunction] = next;
    const isInside = isInFunction || FUNCTION.test(node.type);
    if (ENTRIES.test(node.type)) addEntries(node, found);
    if (isAwait(node) && !isInFunction) found.awaits = true;
    if (node.type === 'MetaProperty' && node.meta.name === 'import') found.meta = true;
    if (node.type === 'ImportExpression') found.dynamic.push(literal(node.source));
    if (node.type === 'FunctionDeclaration') found.functions.push(node.id?.name);
    if (node.type === 'CallExpression') calls.set(node.callee, node);
    const text = literal(node);
    if (text !== undefined) found.literals.push(text);
    if (!node.computed) found.members.push(...[node.key, node.property].map((key) => key?.name));
    for (const value of Object.values(node).flat()) {
      if (typeof value?.type === 'string') pending.push([value, isInside]);
    }
  }
  for (const key of ['dynamic', 'members']) {
    found[key] = [...new Set(found[key])].filter((text) => text !== undefined);
  }
  return { found, calls };
};

const facts = (text, language) => {
  const sourceType = language === 'mjs' ? 'module' : 'commonjs';
  const options = { ecmaVersion: 'latest', sourceType, ranges: true };
  const tree = acorn.parse(text, options);
  const { found, calls } = walk(tree);
  const manager = analyze(tree, {
    ecmaVersion: 2026,
    sourceType,
    ignoreEval: true,
  });
  const free = manager.globalScope.through.map(({ identifier }) => identifier);
  const names = free.map(({ name }) => name);
  const required = free
    .filter((node) => node.name === 'require' && calls.has(node))
    .map((node) => literal(calls.get(node).arguments[0]));
  // Functions in blocks are variables of sloppy functions (Annex B.3.2), which eslint-scope leaves out.
  const hoisted = new Set(language === 'cjs' ? found.functions : []);
  const variables = manager.scopes.flatMap((scope) => scope.variables);
  return {
    ...found,
    free: names.filter((name) => !hoisted.has(name)),
    declared: [...new Set(variables.map(({ name }) => name))],
    requires: required.filter((specifier) => specifier !== undefined),
  };
};

const answer = ({ text, programs }) => {
  const refusals = { cjs: refusal(text, 'cjs'), mjs: refusal(text, 'mjs') };
  const factsOf = (language) =>
    refusals[language] === null ? (attempt(() => facts(text, language)).value ?? null) : null;
  const lexed = attempt(() => lex(text).map((names) => [...names]));
  return {
    isModule: attempt(() => containsModuleSyntax(text, 'x.js', null, undefined)).value ?? null,
    refusals,
    facts: { cjs: factsOf('cjs'), mjs: factsOf('mjs') },
    lexed: lexed.value ?? null,
    programs: programs.map((program) => {
      return attempt(() => new vm.Script(`'use strict';${program}`)).error ?? null;
    }),
  };
};

console.log(JSON.stringify(JSON.parse(fs.readFileSync(0, 'utf8')).map(answer)));
