// The pane with one package: why it is there, and what it may do, with the code.
import { el, fill, fillList } from './dom.js';
import { capabilitiesOf, counted, countedBySeverity, kindOf, sizeText, titleOf } from './model.js';

/** @import { Capability, Package, Step } from './review.js' */
/** @import { View } from './view.js' */

/**
 * @param {View} view
 * @param {HTMLElement} pane
 */
export const showDetails = ({ model, state, select }, pane) => {
  const own = state.selected === null ? undefined : model.packages.get(state.selected);
  pane.classList.toggle('empty', own === undefined);
  if (own === undefined) {
    fill(
      pane,
      el('p', { class: 'hint' }, 'Select a package to see its import chain and its capabilities.'),
    );
    return;
  }
  const link = (/** @type {string} */ name) =>
    el('button', { class: 'link', type: 'button', onclick: () => select(name) }, name);
  fill(
    pane,
    el('div', { class: 'bar' }, el('h2', { tabindex: -1 }, titleOf(own)), closeButton(select)),
    el('p', {}, `${counted(own.files.length, 'file')}, ${sizeText(own.bytes)}, ${hardened(own)}`),
    own.leak &&
      el(
        'p',
        { class: 'leak' },
        `Reads secrets (${own.leak[0]}) and reaches the network (${own.leak[1]}).`,
      ),
    el('h3', {}, 'Why it is included'),
    chainOf(own, link),
    ...linksOf('Used by', own.dependents, link),
    ...linksOf('Uses', own.dependencies, link),
    ...capabilityList(capabilitiesOf(own, state.filter)),
  );
};

/** @param {View['select']} select */
const closeButton = (select) =>
  el(
    'button',
    { type: 'button', class: 'close', 'aria-label': 'Close', onclick: () => select(null) },
    '×',
  );

/** @param {Package} own */
const hardened = ({ harden }) => {
  if (harden === 'code') return 'exported code hardened';
  return harden ? 'exports hardened' : 'exports not hardened';
};

/**
 * @param {Package} own
 * @param {(name: string) => Element} link
 */
const chainOf = (own, link) => {
  if (own.chain.length === 0)
    return el('p', {}, 'It is the application itself, or only its files are read.');
  return el(
    'ol',
    { class: 'chain' },
    ...own.chain.map((step) => el('li', {}, ...stepOf(step, link))),
  );
};

/**
 * @param {Step} step
 * @param {(name: string) => Element} link
 */
const stepOf = (step, link) => [
  link(step.package),
  ' requests ',
  el('code', {}, step.specifier),
  step.file !== null && ` in ${step.file}:${step.line}`,
];

/**
 * @param {string} title
 * @param {string[]} names
 * @param {(name: string) => Element} link
 */
const linksOf = (title, names, link) => {
  if (names.length === 0) return [];
  const list = el('div', { class: 'names' });
  const more = fillList(list, names, link, { first: 30, noun: 'packages' });
  return [el('h3', {}, `${title} ${counted(names.length, 'package')}`), list, more];
};

/** @param {Capability[]} capabilities */
const capabilityList = (capabilities) => {
  if (capabilities.length === 0) return [el('h3', {}, 'No capabilities with these filters')];
  const list = el('ul', { class: 'capabilities' });
  const more = fillList(list, capabilities, capabilityItem, { first: 50, noun: 'capabilities' });
  return [el('h3', {}, `Capabilities: ${countedBySeverity(capabilities)}`), list, more];
};

/** @param {Capability} capability */
const capabilityItem = (capability) => {
  const { severity, status, grant, used, uncertain, place, reason } = capability;
  const notes = [
    status === 'denied' && (used ? 'used, but denied' : 'denied'),
    grant,
    used === false && status === 'granted' && 'not used by the code',
    uncertain && 'the code may use more of it',
  ].filter(Boolean);
  return el(
    'li',
    { class: status },
    el('span', { class: `severity ${severity}` }, severity),
    ' ',
    el('code', {}, `${kindOf(capability)} ${capability.capability}`),
    el('p', {}, `${reason}${notes.length > 0 ? ` — ${notes.join('; ')}` : ''}`),
    place &&
      el('p', { class: 'place' }, place.line === null ? place.file : `${place.file}:${place.line}`),
    place?.frame && el('pre', { tabindex: 0 }, place.frame),
  );
};
