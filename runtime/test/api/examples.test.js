// The examples in examples.md have the documented results, with this package and with plain SES.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { makeConsumer, runModule } from '../consumer.js';

const folder = makeConsumer();

/**
 * @param {string} section
 * @param {string} info of a fenced block
 */
const block = (section, info) =>
  new RegExp(`^\`\`\`${info}\n(.*?)^\`\`\``, 'ms').exec(section)?.[1];

/** @param {string} text */
const shown = (text) => {
  const { stdout, stderr } = runModule(folder, text);
  if (stderr === '') return stdout;
  const line = /\w*Error(?:#\d+)?: .*/.exec(stderr)?.[0] ?? stderr;
  const thrown = line.replace(/ \(\d+ underlying.*/, ''); // the engine's own words follow
  return `${stdout}! ${thrown}\n`;
};

const sections = readFileSync(new URL('../examples.md', import.meta.url), 'utf8').split(/^## /m);

for (const section of sections.slice(1)) {
  const name = section.slice(0, section.indexOf('\n'));
  const given = block(section, 'js given') ?? '';
  const code = block(section, 'js');
  const then = block(section, 'js then') ?? '';
  const ours = block(section, 'text');
  const theirs = block(section, 'text ses') ?? ours;

  test(`${name}: with this package`, () => {
    assert.ok(code !== undefined && ours !== undefined);
    const text = (given + code + then).replace(
      "import 'ses'",
      "import 'compartment-mapper-runtime'",
    );
    assert.equal(shown(text), ours);
  });

  test(`${name}: with plain SES`, () => {
    assert.equal(shown(`${given}${code}${then}`), theirs);
  });
}
