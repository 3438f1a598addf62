// The first tab: numbers, and what to look at first.
import { el, fill, fillList } from './dom.js';
import { SEVERITIES, counted, isShown, kindOf, sizeText, titleOf } from './model.js';

/** @import { Capability, Package, Problem } from './review.js' */
/** @import { View } from './view.js' */

/**
 * @param {View} view
 * @param {HTMLElement} panel
 */
export const showOverview = (view, panel) => {
  const { review } = view.model;
  const files = review.packages.reduce((sum, own) => sum + own.files.length, 0);
  const bytes = review.packages.reduce((sum, own) => sum + own.bytes, 0);
  fill(
    panel,
    el(
      'ul',
      { class: 'cards' },
      card(review.packages.length, review.packages.length === 1 ? 'package' : 'packages'),
      card(files, files === 1 ? 'file' : 'files'),
      card(sizeText(bytes), 'in the archive'),
      card(count(view, 'granted'), 'capabilities granted'),
      card(count(view, 'denied'), 'capabilities denied'),
    ),
    severityTable(view),
    ...leaks(view),
    ...worstOf(view),
    ...warnings(review.problems),
    ...identity(view),
  );
};

/**
 * @param {string | number} value
 * @param {string} label
 */
const card = (value, label) => el('li', {}, el('strong', {}, value), el('span', {}, label));

/** @param {View} view */
const all = ({ model }) =>
  model.review.packages.flatMap((own) =>
    own.capabilities.map((capability) => ({ own, capability })),
  );

/**
 * @param {View} view
 * @param {Capability['status']} status
 */
const count = (view, status) =>
  all(view).filter(({ capability }) => capability.status === status).length;

/** @param {View} view */
const severityTable = (view) => {
  const rows = all(view);
  const cell = (/** @type {string} */ severity, /** @type {string} */ status) => {
    const found = rows.filter(
      ({ capability }) => capability.severity === severity && capability.status === status,
    );
    const packages = new Set(found.map(({ own }) => own)).size;
    return found.length === 0 ? '–' : `${found.length} in ${counted(packages, 'package')}`;
  };
  return el(
    'table',
    { class: 'counts' },
    el('caption', {}, 'Capabilities by severity'),
    el(
      'thead',
      {},
      el(
        'tr',
        {},
        ...['Severity', 'Granted', 'Denied'].map((name) => el('th', { scope: 'col' }, name)),
      ),
    ),
    el(
      'tbody',
      {},
      ...SEVERITIES.map((severity) =>
        el(
          'tr',
          {},
          el('th', { scope: 'row' }, el('span', { class: `severity ${severity}` }, severity)),
          el('td', {}, cell(severity, 'granted')),
          el('td', {}, cell(severity, 'denied')),
        ),
      ),
    ),
  );
};

/**
 * @param {View} view
 * @param {Package} own
 */
const button = (view, own) =>
  el(
    'button',
    { class: 'link', type: 'button', onclick: () => view.select(own.canonicalName) },
    titleOf(own),
  );

/** @param {View} view */
const leaks = (view) => {
  const found = view.model.review.packages.filter((own) => own.leak !== null);
  if (found.length === 0) return [];
  const list = el('ul', { class: 'rows' });
  const more = fillList(
    list,
    found,
    (own) => el('li', {}, button(view, own), ` — ${own.leak?.join(', ')}`),
    { first: 20, noun: 'packages' },
  );
  const title = `${counted(found.length, 'package reads', 'packages read')} secrets and can reach the network`;
  return [el('h2', {}, title), list, more];
};

/** @param {View} view */
const worstOf = (view) => {
  const found = all(view)
    .filter(
      ({ own, capability }) =>
        own.canonicalName !== '$root$' && isShown(capability, view.state.filter),
    )
    .filter(({ capability }) => ['critical', 'high'].includes(capability.severity));
  if (found.length === 0) return [];
  found.sort(
    (a, b) => SEVERITIES.indexOf(a.capability.severity) - SEVERITIES.indexOf(b.capability.severity),
  );
  const list = el('ul', { class: 'rows' });
  const more = fillList(list, found, ({ own, capability }) => row(view, own, capability), {
    first: 20,
    noun: 'capabilities',
  });
  const title = `${counted(found.length, 'capability', 'capabilities')} of dependencies with severity high or critical`;
  return [el('h2', {}, title), list, more];
};

/**
 * @param {View} view
 * @param {Package} own
 * @param {Capability} capability
 */
const row = (view, own, capability) =>
  el(
    'li',
    { class: capability.status },
    el('span', { class: `severity ${capability.severity}` }, capability.severity),
    ' ',
    button(view, own),
    ' ',
    el('code', {}, `${kindOf(capability)} ${capability.capability}`),
    capability.status === 'denied' && el('em', {}, ' denied'),
    capability.place &&
      el('span', { class: 'place' }, ` ${capability.place.file}:${capability.place.line}`),
  );

/** @param {Problem[]} problems */
const warnings = (problems) => {
  if (problems.length === 0) return [];
  const list = el('ul', { class: 'rows' });
  const more = fillList(
    list,
    problems,
    ({ code, message, file, line }) =>
      el(
        'li',
        {},
        el('code', {}, code),
        ` ${message}`,
        file && el('span', { class: 'place' }, ` ${file}${line === null ? '' : `:${line}`}`),
      ),
    { first: 20, noun: 'warnings' },
  );
  return [el('h2', {}, counted(problems.length, 'warning')), list, more];
};

/** @param {View} view */
const identity = ({ model: { review } }) => [
  el('h2', {}, 'Identity'),
  el(
    'dl',
    {},
    el('dt', {}, 'Entries'),
    el('dd', {}, review.entries.join(', ')),
    el('dt', {}, 'SHA-512 of the compartment map'),
    el('dd', {}, el('code', { class: 'hash' }, review.sha512)),
    el('dt', {}, 'Source'),
    el(
      'dd',
      {},
      review.kind === 'archive'
        ? `the archive ${review.target}: places and exact import chains are not stored in it`
        : review.target,
    ),
    el('dt', {}, 'Written by'),
    el('dd', {}, review.generator),
  ),
];
