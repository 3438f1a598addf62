// Elements of the page. Text is always a text node, so that no name of a package can become markup.

const SVG = 'http://www.w3.org/2000/svg';

/** @typedef {Node | string | number | null | undefined | false} Child */
/** @typedef {Record<string, string | number | boolean | null | undefined | ((event: any) => void)>} Properties */

/**
 * @param {Element} element
 * @param {Properties} properties attributes; functions are listeners, by names such as `onclick`
 */
const assign = (element, properties) => {
  for (const [name, value] of Object.entries(properties)) {
    if (typeof value === 'function') element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, '');
    else if (value !== false && value !== null && value !== undefined)
      element.setAttribute(name, `${value}`);
  }
};

/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Properties} [properties]
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export const el = (tag, properties = {}, ...children) => {
  const element = document.createElement(tag);
  assign(element, properties);
  fill(element, ...children);
  return element;
};

/**
 * @template {keyof SVGElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Properties} [properties]
 * @param {...Child} children
 * @returns {SVGElementTagNameMap[Tag]}
 */
export const svg = (tag, properties = {}, ...children) => {
  const element = document.createElementNS(SVG, tag);
  assign(element, properties);
  fill(element, ...children);
  return element;
};

/**
 * Replaces the children of an element.
 *
 * @param {Element} element
 * @param {...Child} children
 */
export const fill = (element, ...children) => {
  element.replaceChildren(
    ...children
      .filter((child) => child !== null && child !== undefined && child !== false)
      .map((child) => (child instanceof Node ? child : `${child}`)),
  );
};

/**
 * Returns elements for the first of many rows, and a button that adds the others.
 *
 * @template Row
 * @param {Element} parent
 * @param {Row[]} rows
 * @param {(row: Row) => Element} make
 * @param {{ first?: number, noun?: string }} [options]
 * @returns {Element | null} the button, if there are more
 */
export const fillList = (parent, rows, make, { first = 200, noun = 'rows' } = {}) => {
  fill(parent, ...rows.slice(0, first).map(make));
  if (rows.length <= first) return null;
  const more = el('button', { class: 'more', type: 'button' }, `Show all ${rows.length} ${noun}`);
  more.addEventListener('click', () => {
    parent.append(...rows.slice(first).map(make));
    more.remove();
  });
  return more;
};
