// The folders of `src`, top to bottom: a folder imports only from lower rows. Folders in one row do not import each
// other. Imports of types count too, because a reader has to understand both files.

/** @type {string[][]} */
const LAYERS = [
  ['run', 'sandbox', 'api'],
  ['node', 'page'],
  ['linker'],
  ['compartment'],
  ['endowments'],
  ['scopes'],
  ['threads'],
  ['audit', 'resolve', 'taming'],
  ['replacements', 'shims', 'views'],
  ['lockdown'],
  ['protocols'],
  ['cyclic-modules'],
  ['archive', 'tools'],
  ['stacks'],
  ['policy'],
  ['base'],
];

const below = (/** @type {string[]} */ folders) => `^src/(${folders.join('|')})/`;

const climbed = LAYERS.flatMap((row, level) =>
  row.map((folder) => ({
    name: `${folder}-imports-what-stands-below`,
    severity: 'error',
    from: { path: below([folder]) },
    to: {
      path: below(
        LAYERS.slice(0, level + 1)
          .flat()
          .filter((other) => other !== folder),
      ),
    },
  })),
);

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    ...climbed.filter(({ to }) => to.path !== below([])),
    { name: 'no-circles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'each-folder-has-its-layer',
      severity: 'error',
      from: { path: '^src/', pathNot: below(LAYERS.flat()) },
      to: {},
    },
    {
      name: 'endowments-are-put-together-above-their-parts',
      severity: 'error',
      from: { path: '^src/endowments/(files|page)/' },
      to: { path: '^src/endowments/[^/]+$' },
    },
  ],
  options: {
    parser: 'tsc',
    detectJSDocImports: true,
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    exclude: { path: 'node_modules' },
  },
};
