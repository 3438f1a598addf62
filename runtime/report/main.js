// The page of a report: tabs, filters and the pane with the selected package.
import { showChanges } from './changes.js';
import { showDetails } from './details.js';
import { el } from './dom.js';
import { makeGraph } from './graph.js';
import { showMatrix } from './matrix.js';
import { ROOT, SEVERITIES, makeModel } from './model.js';
import { showOverview } from './overview.js';
import { showPackages } from './packages.js';
import { showSizes } from './sizes.js';

/** @import { View } from './view.js' */

const model = makeModel(JSON.parse(document.getElementById('review')?.textContent ?? ''));
const { review } = model;

/** @type {View} */
const view = {
  model,
  state: { tab: 'overview', selected: null, filter: { query: '', minimum: 'low', status: 'all' } },
  select: (name) => {
    view.state.selected = name;
    keepAddress();
    showDetails(view, pane);
    if (view.state.tab === 'graph') drawGraph?.(); // other views stay, so that the focus does
  },
  open: (tab) => {
    view.state.tab = tab;
    keepAddress();
    show();
  },
};

/** @type {Map<string, { title: string, show: (view: View, panel: HTMLElement) => void }>} */
const tabs = new Map([
  ['overview', { title: 'Overview', show: showOverview }],
  ['packages', { title: 'Packages', show: showPackages }],
  ['capabilities', { title: 'Capabilities', show: showMatrix }],
  ['graph', { title: 'Graph', show: (own, panel) => showGraph(own, panel) }],
  ['sizes', { title: 'Sizes', show: showSizes }],
]);
if (review.comparison !== null) tabs.set('changes', { title: 'Changes', show: showChanges });

/** @type {(() => void) | null} */
let drawGraph = null;

/** @type {(view: View, panel: HTMLElement) => void} */
const showGraph = (own, panel) => {
  drawGraph ??= makeGraph(own, panel);
  drawGraph();
};

const pane = el('aside', { class: 'details', 'aria-label': 'Selected package' });
const panels = new Map(
  [...tabs.keys()].map((name) => [
    name,
    el('section', {
      role: 'tabpanel',
      id: `panel-${name}`,
      'aria-labelledby': `tab-${name}`,
      hidden: true,
    }),
  ]),
);
const buttons = new Map(
  [...tabs].map(([name, { title }]) => [
    name,
    el(
      'button',
      {
        role: 'tab',
        type: 'button',
        id: `tab-${name}`,
        'aria-controls': `panel-${name}`,
        onclick: () => view.open(name),
      },
      title,
    ),
  ]),
);

const show = () => {
  const { tab } = view.state;
  for (const [name, button] of buttons) {
    button.setAttribute('aria-selected', `${name === tab}`);
    button.tabIndex = name === tab ? 0 : -1;
  }
  for (const [name, panel] of panels) panel.hidden = name !== tab;
  showDetails(view, pane);
  const panel = panels.get(tab);
  if (panel) tabs.get(tab)?.show(view, panel);
};

/** Keeps the tab and the selection in the address, so that a link or a reload finds them. */
const keepAddress = () => {
  const { tab, selected } = view.state;
  const address = new URLSearchParams({ tab, ...(selected === null ? {} : { package: selected }) });
  history.replaceState(null, '', `#${address}`);
};

const readAddress = () => {
  const address = new URLSearchParams(location.hash.slice(1));
  const [tab, selected] = [address.get('tab'), address.get('package')];
  if (tab !== null && tabs.has(tab)) view.state.tab = tab;
  view.state.selected = selected !== null && model.packages.has(selected) ? selected : null;
};

const list = el('div', { role: 'tablist', 'aria-label': 'Views' }, ...buttons.values());
list.addEventListener('keydown', (event) => {
  const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (step === undefined) return;
  const names = [...tabs.keys()];
  const next = names[(names.indexOf(view.state.tab) + step + names.length) % names.length];
  if (next === undefined) return;
  view.open(next);
  buttons.get(next)?.focus();
});

const search = el('input', {
  type: 'search',
  id: 'search',
  placeholder: 'Package or capability',
  'aria-keyshortcuts': '/',
});
search.addEventListener('input', () => {
  view.state.filter.query = search.value;
  show();
});

/**
 * @param {string} id
 * @param {string} label
 * @param {Record<string, string>} options titles by value
 * @param {(value: any) => void} choose
 */
const choice = (id, label, options, choose) => {
  const box = el(
    'select',
    { id },
    ...Object.entries(options).map(([value, title]) => el('option', { value }, title)),
  );
  box.addEventListener('change', () => {
    choose(box.value);
    show();
  });
  return el('label', { for: id }, `${label} `, box);
};

const from = Object.fromEntries(
  SEVERITIES.toReversed().map((severity) => [
    severity,
    severity === 'low' ? 'all' : severity === 'critical' ? 'critical' : `${severity} and worse`,
  ]),
);
const filters = el(
  'div',
  { class: 'filters', role: 'search' },
  el('label', { for: 'search' }, 'Search ', search),
  choice('minimum', 'Severity', from, (value) => (view.state.filter.minimum = value)),
  choice(
    'status',
    'Status',
    { all: 'granted and denied', granted: 'granted', denied: 'denied' },
    (value) => (view.state.filter.status = value),
  ),
);

addEventListener('keydown', (event) => {
  if (event.key === 'Escape' && view.state.selected !== null) view.select(null);
  const isTyping =
    event.target instanceof HTMLInputElement || event.target instanceof HTMLSelectElement;
  if (event.key !== '/' || isTyping) return;
  event.preventDefault();
  search.focus();
});
addEventListener('hashchange', () => {
  readAddress();
  show();
});

const root = model.packages.get(ROOT);
const title = root ? `${root.name}${root.version ? ` ${root.version}` : ''}` : review.target;
document.body.append(
  el('header', {}, el('h1', {}, title), el('p', {}, 'Packages and their capabilities'), list),
  filters,
  el('main', {}, el('div', { class: 'views' }, ...panels.values()), pane),
);
readAddress();
show();
