// Classes of a page that are reachable from objects without a grant of their own: a package with an instance could
// modify the class for the page and all packages, and observe their instances. A node of the page gives access to its
// window.
import { hardenEvents } from '../../lockdown/hidden-prototypes.js';
import { hardenHost } from '../../lockdown/host-harden.js';
import { once } from '../../base/stack-space.js';

/** @import { AnyObject } from '../../base/objects.js' */

// Reachable for packages without a grant: an abort signal dispatches an event.
const OF_ALL = ['AbortController', 'AbortSignal', 'CustomEvent', 'Event', 'EventTarget'];

const GEOMETRY = /^DOM(?:Matrix|Point|Quad|Rect)/;

/** @type {Record<string, RegExp>} classes of results of a function, or reachable from an object, by its name */
const LEADS_TO = {
  __proto__: /** @type {never} */ (null),
  ...{ BroadcastChannel: /^Message/, MessageChannel: /^Message/, MessagePort: /^Message/ },
  ...{ CSS: /^CSS/, CSSStyleSheet: /^(?:CSS|Media|StyleSheet)/, FontFace: /^FontFace/ },
  ...{
    DOMMatrix: GEOMETRY,
    DOMMatrixReadOnly: GEOMETRY,
    DOMPoint: GEOMETRY,
    DOMPointReadOnly: GEOMETRY,
  },
  ...{ DOMQuad: GEOMETRY, DOMRect: GEOMETRY, DOMRectReadOnly: GEOMETRY },
  ...{ DataTransfer: /^(?:DataTransfer|File)/, FileReader: /^File/ },
  ...{ Crypto: /Crypto/, SubtleCrypto: /Crypto/, crypto: /Crypto/ },
  ...{ IntersectionObserver: /^(?:Intersection|DOMRect)/, ResizeObserver: /^(?:Resize|DOMRect)/ },
  ...{
    MediaRecorder: /^(?:Media|Blob)/,
    MediaStream: /^Media/,
    MutationObserver: /^(?:Mutation|NodeList)/,
  },
  ...{ OffscreenCanvas: /^(?:Canvas|GPU|Image|Offscreen|Path2D|TextMetrics|WebGL|DOMMatrix)/ },
  ...{ RTCPeerConnection: /^(?:RTC|Media)/, Storage: /^Storage$/, URL: /^URL/ },
  ...{ XMLHttpRequest: /^(?:XMLHttpRequest|FormData$)/, XPathEvaluator: /^XPath/ },
  ...{
    caches: /^Cache/,
    cookieStore: /^Cookie/,
    createImageBitmap: /^Image/,
    indexedDB: /^(?:IDB|DOMStringList)/,
  },
  ...{ fetch: /^(?:Response|Request|Headers|Blob|FormData|Readable)/, matchMedia: /^MediaQuery/ },
  ...{ localStorage: /^Storage$/, sessionStorage: /^Storage$/, location: /^DOMStringList/ },
  ...{
    performance: /^Performance/,
    requestIdleCallback: /^IdleDeadline/,
    scheduler: /^(?:Task|Scheduler)/,
  },
  ...{
    speechSynthesis: /^Speech/,
    visualViewport: /^VisualViewport/,
    WebTransport: /^WebTransport/,
  },
  // All that messages can contain: https://html.spec.whatwg.org/multipage/structured-data.html#structuredserializeinternal
  ...{
    DedicatedWorkerGlobalScope: /./,
    Worker:
      /^(?:Audio(?:Data|$)|Blob|Crop|Crypto|DOM(?:Exception|Matrix|Point|Quad|Rect)|Encoded|File|GPU|Image|Media(?:Source|StreamTrack)|Message|Offscreen|RTC|Readable|Restriction|Transform|Video(?:ColorSpace|Frame)|WebTransport|Writable)/,
  },
};

/**
 * @param {AnyObject} page
 * @param {RegExp} pattern of names
 */
const hardenClasses = (page, pattern) => {
  for (const name of Object.getOwnPropertyNames(page)) {
    const { value } = Object.getOwnPropertyDescriptor(page, name) ?? {};
    // These contain the page itself, or a worker.
    if (
      typeof value === 'function' &&
      /^[A-Z]/.test(name) &&
      !/^(?:Window|.*GlobalScope)$/.test(name) &&
      pattern.test(name)
    )
      hardenHost(value);
  }
};

// Members that create documents, by class. Their nodes have the same classes as those of the page.
/** @type {Record<string, string[]>} */
const MAKING_NODES = {
  __proto__: /** @type {never} */ (null),
  DOMParser: ['parseFromString'],
  XMLHttpRequest: ['response', 'responseXML'],
  XSLTProcessor: ['transformToDocument', 'transformToFragment'],
};

/**
 * Hardens all classes of the page, about a thousand, with the first document created by a member of the class.
 *
 * @param {AnyObject} page
 * @param {string} name of a class
 */
const hardenMadeNodes = (page, name) => {
  const { prototype } = page[name];
  /** @param {Function} original */
  const hardening = (original) => {
    const { made } = {
      /**
       * @this {unknown}
       * @param {unknown[]} args
       */
      made(...args) {
        const result = Reflect.apply(original, this, args);
        if (result instanceof page['Node']) once(page, 'nodes', () => hardenClasses(page, /./));
        return result;
      },
    };
    return made;
  };
  for (const member of MAKING_NODES[name] ?? []) {
    const property = Object.getOwnPropertyDescriptor(prototype, member);
    if (!property?.configurable) continue;
    const { get, value } = property;
    if (get) Object.defineProperty(prototype, member, { ...property, get: hardening(get) });
    else Object.defineProperty(prototype, member, { ...property, value: hardening(value) });
  }
};

/**
 * @param {AnyObject} page
 * @param {string} name of a global that a package gets
 * @param {boolean} isPower whether its severity is above harmless
 */
export const hardenLeads = (page, name, isPower) => {
  once(page, 'common classes', () => {
    for (const common of OF_ALL) if (page[common] !== undefined) hardenHost(page[common]);
  });
  if (isPower)
    once(page, 'events', () => {
      hardenEvents(page);
      hardenClasses(page, /Event$/);
    });
  if (name in MAKING_NODES) once(page, `nodes of ${name}`, () => hardenMadeNodes(page, name));
  const pattern = LEADS_TO[name];
  if (pattern !== undefined) once(page, `leads of ${name}`, () => hardenClasses(page, pattern));
};
