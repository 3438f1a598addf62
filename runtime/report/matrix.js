// Which package may do what: packages by capabilities, the most severe first.
import { el, fill, fillList } from './dom.js';
import { capabilitiesOf, counted, groupOf, matches, rank } from './model.js';

/** @import { Capability, Package } from './review.js' */
/** @import { View } from './view.js' */

/** @typedef {{ own: Package, groups: Map<string, Capability[]> }} Row */

/**
 * @param {View} view
 * @param {HTMLElement} panel
 */
export const showMatrix = (view, panel) => {
  const { model, state, select } = view;
  /** @type {Row[]} */
  const rows = model.review.packages
    .filter((own) => matches(own, state.filter))
    .map((own) => ({ own, groups: Map.groupBy(capabilitiesOf(own, state.filter), groupOf) }))
    .filter(({ groups }) => groups.size > 0);
  rows.sort((a, b) => worstRank(a) - worstRank(b));
  const columns = columnsOf(rows);
  const body = el('tbody');
  const more = fillList(body, rows, (row) => rowOf(view, row, columns), { noun: 'packages' });
  const table = el(
    'table',
    { class: 'matrix' },
    el(
      'thead',
      {},
      el(
        'tr',
        {},
        el('th', { scope: 'col' }, 'Package'),
        ...columns.map((name) => el('th', { scope: 'col', class: 'turned' }, el('span', {}, name))),
      ),
    ),
    body,
  );
  const scroll = el(
    'div',
    { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'Packages by capabilities' },
    table,
  );
  scroll.addEventListener('keydown', (event) => moveFocus(event, table));
  body.querySelector('button.cell')?.setAttribute('tabindex', '0');
  fill(
    panel,
    el(
      'p',
      { class: 'summary', role: 'status' },
      `${counted(rows.length, 'package')} with capabilities of ${counted(columns.length, 'kind')}. A cell counts the capabilities; crossed out are denied ones. Arrow keys move between cells.`,
    ),
    scroll,
    more,
  );
};

/** @param {Row} row */
const worstRank = ({ groups }) =>
  Math.min(...[...groups.values()].flat().map((each) => rank(each.severity)));

/** @param {Row[]} rows */
const columnsOf = (rows) => {
  /** @type {Map<string, { worst: number, count: number }>} */
  const found = new Map();
  for (const { groups } of rows)
    for (const [name, capabilities] of groups) {
      const known = found.get(name) ?? { worst: 9, count: 0 };
      const worst = Math.min(known.worst, ...capabilities.map((each) => rank(each.severity)));
      found.set(name, { worst, count: known.count + 1 });
    }
  return [...found]
    .sort(([a, x], [b, y]) => x.worst - y.worst || y.count - x.count || (a < b ? -1 : 1))
    .map(([name]) => name);
};

/**
 * @param {View} view
 * @param {Row} row
 * @param {string[]} columns
 */
const rowOf = ({ model, select }, { own, groups }, columns) =>
  el(
    'tr',
    {},
    el(
      'th',
      { scope: 'row' },
      el(
        'button',
        {
          class: 'link',
          type: 'button',
          title: own.canonicalName,
          onclick: () => select(own.canonicalName),
        },
        model.labelOf(own),
      ),
    ),
    ...columns.map((name) => {
      const capabilities = groups.get(name);
      return el('td', {}, capabilities && cellOf(own, name, capabilities, select));
    }),
  );

/**
 * @param {Package} own
 * @param {string} name
 * @param {Capability[]} capabilities most severe first
 * @param {View['select']} select
 */
const cellOf = (own, name, capabilities, select) => {
  const granted = capabilities.filter((each) => each.status === 'granted');
  const worst = (granted[0] ?? capabilities[0])?.severity;
  const status = granted.length > 0 ? 'granted' : 'denied';
  const label = `${own.canonicalName}: ${name}, ${capabilities.length}, ${worst}, ${status}`;
  const paths = capabilities.map((each) => `${each.capability} (${each.severity}, ${each.status})`);
  return el(
    'button',
    {
      class: `cell ${worst} ${status}`,
      type: 'button',
      tabindex: -1,
      'aria-label': label,
      title: paths.join('\n'),
      onclick: () => select(own.canonicalName),
    },
    capabilities.length,
  );
};

/**
 * Moves the focus to the next cell of the row, or to the nearest one of the next row.
 *
 * @param {KeyboardEvent} event
 * @param {HTMLTableElement} table
 */
const moveFocus = (event, table) => {
  const here = event.target instanceof Element ? event.target.closest('button.cell') : null;
  const cell = here?.closest('td');
  const row = cell?.closest('tr');
  if (!here || !cell || !row) return;
  const next = nextCell(event.key, cell, row, table);
  if (next === undefined) return;
  event.preventDefault();
  here.setAttribute('tabindex', '-1');
  next.setAttribute('tabindex', '0');
  next.focus();
};

/**
 * @param {string} key
 * @param {HTMLTableCellElement} cell
 * @param {HTMLTableRowElement} row
 * @param {HTMLTableElement} table
 * @returns {HTMLElement | undefined}
 */
const nextCell = (key, cell, row, table) => {
  const beside = cellsOf(row);
  const here = beside.findIndex((each) => cell.contains(each));
  if (key === 'ArrowLeft') return beside[here - 1];
  if (key === 'ArrowRight') return beside[here + 1];
  const step = key === 'ArrowDown' ? 1 : key === 'ArrowUp' ? -1 : 0;
  const other = step === 0 ? undefined : table.rows[row.rowIndex + step];
  const column = (/** @type {HTMLElement} */ each) => each.closest('td')?.cellIndex ?? 0;
  const distance = (/** @type {HTMLElement} */ each) => Math.abs(column(each) - cell.cellIndex);
  return other && cellsOf(other).sort((a, b) => distance(a) - distance(b))[0];
};

/**
 * @param {HTMLTableRowElement} row
 * @returns {HTMLElement[]}
 */
const cellsOf = (row) =>
  [...row.querySelectorAll('button')].filter((each) => each.classList.contains('cell'));
