// What the parts of the page share.

/** @import { Filter, Model } from './model.js' */

/**
 * @typedef {object} State
 * @property {string} tab
 * @property {string | null} selected the canonical name of a package
 * @property {Filter} filter
 */

/**
 * @typedef {object} View
 * @property {Model} model
 * @property {State} state
 * @property {(name: string | null) => void} select
 * @property {(tab: string) => void} open
 */

export {};
