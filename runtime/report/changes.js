// The changes since another archive or policy.
import { el, fill, fillList } from './dom.js';
import { counted, rank, sizeText } from './model.js';

/** @import { CapabilityChange, PackageChange } from './review.js' */
/** @import { View } from './view.js' */

const SIGNS = {
  added: '+ added',
  wanted: '! used, but denied',
  removed: '− removed',
  changed: '~ changed',
};

/**
 * @param {View} view
 * @param {HTMLElement} panel
 */
export const showChanges = (view, panel) => {
  const { comparison, packages } = view.model.review;
  if (comparison === null) return;
  const { minimum, query } = view.state.filter;
  const named = (/** @type {{ package: string }} */ change) =>
    change.package.toLowerCase().includes(query.trim().toLowerCase());
  const capabilities = comparison.capabilities.filter(
    (change) => named(change) && rank(change.severity) <= rank(minimum),
  );
  const others = comparison.packages.filter(named);
  const bytes = packages.reduce((sum, own) => sum + own.bytes, 0);
  const size =
    comparison.bytesBefore === null
      ? ''
      : `, ${sizeText(comparison.bytesBefore)} before, ${sizeText(bytes)} now`;
  const text = `${counted(capabilities.length, 'capability', 'capabilities')} and ${counted(others.length, 'package')} changed since ${comparison.against}${size}`;
  fill(
    panel,
    el('p', { class: 'summary', role: 'status' }, text),
    ...table(
      'Capabilities',
      ['', 'Severity', 'Package', 'Capability', 'Used at'],
      capabilities,
      (change) => capabilityRow(view, change),
    ),
    ...table('Packages', ['', 'Package', 'Before', 'After'], others, (change) =>
      packageRow(view, change),
    ),
  );
};

/**
 * @template Row
 * @param {string} title
 * @param {string[]} heads
 * @param {Row[]} rows
 * @param {(row: Row) => Element} make
 */
const table = (title, heads, rows, make) => {
  if (rows.length === 0) return [];
  const body = el('tbody');
  const more = fillList(body, rows, make, { noun: 'changes' });
  const head = el('tr', {}, ...heads.map((name) => el('th', { scope: 'col' }, name)));
  return [
    el('h2', {}, `${title}: ${rows.length}`),
    el(
      'div',
      { class: 'scroll', tabindex: 0 },
      el('table', { class: 'changes' }, el('thead', {}, head), body),
    ),
    more,
  ];
};

/**
 * @param {View} view
 * @param {string} name
 */
const link = ({ model, select }, name) =>
  model.packages.has(name)
    ? el('button', { class: 'link', type: 'button', onclick: () => select(name) }, name)
    : name;

/**
 * @param {View} view
 * @param {CapabilityChange} change
 */
const capabilityRow = (view, change) =>
  el(
    'tr',
    { class: change.kind },
    el('td', {}, SIGNS[change.kind]),
    el('td', {}, el('span', { class: `severity ${change.severity}` }, change.severity)),
    el('td', {}, link(view, change.package)),
    el(
      'td',
      {},
      el('code', {}, `${change.part.replace(/s$/, '')} ${change.capability}`),
      ` ${change.reason}`,
    ),
    el('td', { class: 'place' }, change.place),
  );

/**
 * @param {View} view
 * @param {PackageChange} change
 */
const packageRow = (view, change) =>
  el(
    'tr',
    { class: change.kind },
    el('td', {}, SIGNS[change.kind]),
    el('td', {}, link(view, change.package)),
    el('td', {}, change.before),
    el('td', {}, change.after),
  );
