// `navigator.serviceWorker` for a package that may use it: it can register modules of the application.
import { isObject } from '../../base/objects.js';
import { moduleAtUrl, webWorkersOf } from '../../threads/page-worker.js';
import { forwardHandler } from '../../threads/page-events.js';
import { LISTENING, boundView } from '../../views/bound-view.js';
import { bindMethod, defineOwn } from '../../views/view.js';

/** @import { AnyObject } from '../../base/objects.js' */
/** @import { Package } from '../../protocols/package.js' */

/**
 * @param {Package} pkg
 * @param {AnyObject} container
 * @returns {AnyObject}
 */
export const serviceWorkersFor = (pkg, container) => {
  const view = boundView(container);
  for (const name of LISTENING) defineOwn(view, name, bindMethod(container[name], container));
  for (const name in container) if (name.startsWith('on')) forwardHandler(view, name, container);
  const register = (/** @type {unknown} */ url, /** @type {AnyObject} */ options = {}) => {
    const { target } = moduleAtUrl(pkg, url);
    if (target === undefined) return container['register'](url, options);
    const begins = { compartment: target.pkg.name, module: target.key, starter: pkg.name };
    const { type: _type, ...others } = isObject(options) ? options : {};
    return container['register'](webWorkersOf(pkg).serviceScript(begins), others);
  };
  defineOwn(view, 'register', Object.freeze(register));
  return view;
};
