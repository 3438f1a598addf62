// node rollup.mjs ENTRY OUTPUT [EXTERNAL...]
import commonjs from '@rollup/plugin-commonjs';
import json from '@rollup/plugin-json';
import nodeResolve from '@rollup/plugin-node-resolve';
import { rollup } from 'rollup';

const [, , input, file, ...external] = process.argv;
const bundle = await rollup({
  input,
  external,
  plugins: [
    nodeResolve({ preferBuiltins: true, exportConditions: ['node'] }),
    commonjs({ ignoreDynamicRequires: true }),
    json(),
  ],
  onwarn: () => {}, // circular dependencies, mostly: rollup goes on all the same
});
await bundle.write({ file, format: 'cjs', inlineDynamicImports: true });
await bundle.close();
