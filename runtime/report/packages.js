// All packages as a table: the same data as the graph, for screen readers and for search.
import { el, fill, fillList } from './dom.js';
import {
  capabilitiesOf,
  counted,
  countedBySeverity,
  matches,
  rank,
  sizeText,
  titleOf,
  worst,
} from './model.js';

/** @import { Package } from './review.js' */
/** @import { View } from './view.js' */

/**
 * @param {View} view
 * @param {HTMLElement} panel
 */
export const showPackages = (view, panel) => {
  const { model, state, select } = view;
  const found = model.review.packages.filter((own) => matches(own, state.filter));
  const level = (/** @type {Package} */ own) => {
    const severity = worst(own, state.filter);
    return severity === null ? 9 : rank(severity);
  };
  found.sort((a, b) => level(a) - level(b)); // stable: by name within a severity
  const body = el('tbody');
  const more = fillList(
    body,
    found,
    (own) => {
      const severity = worst(own, state.filter);
      return el(
        'tr',
        {},
        el(
          'th',
          { scope: 'row' },
          el(
            'button',
            { class: 'link', type: 'button', onclick: () => select(own.canonicalName) },
            titleOf(own),
          ),
        ),
        el('td', {}, severity && el('span', { class: `severity ${severity}` }, severity)),
        el('td', {}, countedBySeverity(capabilitiesOf(own, state.filter))),
        el('td', { class: 'number' }, own.dependents.length),
        el('td', { class: 'number' }, own.dependencies.length),
        el('td', { class: 'number' }, sizeText(own.bytes)),
      );
    },
    { noun: 'packages' },
  );
  const heads = ['Package', 'Worst grant', 'Capabilities', 'Used by', 'Uses', 'Size'];
  fill(
    panel,
    el(
      'p',
      { class: 'summary', role: 'status' },
      `${found.length} of ${counted(model.review.packages.length, 'package')}, worst grant first`,
    ),
    el(
      'div',
      { class: 'scroll', tabindex: 0 },
      el(
        'table',
        { class: 'packages' },
        el('thead', {}, el('tr', {}, ...heads.map((name) => el('th', { scope: 'col' }, name)))),
        body,
      ),
    ),
    more,
  );
};
