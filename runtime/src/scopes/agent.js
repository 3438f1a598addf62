// `http.Agent` of packages whose grants list hosts: Node's agents, and their prototype, connect anywhere.

/** @import { AnyObject } from '../base/objects.js' */

const DEFAULTS = { scheduling: 'lifo', keepAliveMsecs: 1000, maxFreeSockets: 256 };

/**
 * @param {AnyObject} options
 * @param {AnyObject} request
 * @returns {string | undefined} name in the certificate: that of the Host header
 */
const serverName = ({ host, servername }, request) => {
  if (servername !== undefined) return servername;
  const header = `${request['getHeader']('host') ?? ''}`;
  const name = (header.startsWith('[') ? '' : header.split(':', 1)[0]) || host;
  return /^[\d.]+$|:/.test(name) ? '' : name;
};

/**
 * @param {AnyObject} events the builtin, as packages share it
 * @param {'http:' | 'https:'} protocol
 * @param {(options: AnyObject) => AnyObject} open connects to an allowed host
 * @returns {AnyObject & Function} the class `Agent` of a package
 */
export const makeAgentClass = ({ EventEmitter }, protocol, open) =>
  class Agent extends EventEmitter {
    constructor(/** @type {any} */ options = {}) {
      super();
      this.options = { ...options, path: null };
      this.defaultPort = options.defaultPort ?? (protocol === 'http:' ? 80 : 443);
      this.protocol = options.protocol ?? protocol;
      this.keepAlive = options.keepAlive ?? false;
      Object.assign(this, { ...DEFAULTS, maxSockets: Infinity, maxTotalSockets: Infinity });
      for (const key of [...Object.keys(DEFAULTS), 'maxSockets', 'maxTotalSockets'])
        if (options[key] !== undefined) this[key] = options[key];
      // Waiting requests, used and unused sockets, by host.
      /** @type {Record<string, AnyObject[]>} */
      this.requests = Object.create(null);
      /** @type {Record<string, AnyObject[]>} */
      this.sockets = Object.create(null);
      /** @type {Record<string, AnyObject[]>} */
      this.freeSockets = Object.create(null);
    }
    getName(/** @type {any} */ options = {}) {
      const { host = 'localhost', port = '', localAddress = '', family } = options;
      const tls =
        protocol === 'http:' ? [] : ['servername', 'ca', 'cert', 'key', 'rejectUnauthorized'];
      const more = tls.map((key) => `${options[key] ?? ''}`);
      return [host, port, localAddress, ...(family ? [family] : []), ...more].join(':');
    }
    createConnection(/** @type {any} */ options, /** @type {unknown} */ _opened) {
      return open({ ...options });
    }
    addRequest(/** @type {any} */ request, /** @type {any} */ given) {
      const options = { ...given, ...this.options };
      if (protocol === 'https:') options.servername = serverName(options, request);
      const name = this.getName(options);
      const free = this.freeSockets[name] ?? [];
      while (free.length > 0) {
        const socket = this.scheduling === 'fifo' ? free.shift() : free.pop();
        if (socket?.['destroyed'] || !socket?.['writable']) continue;
        request.reusedSocket = true;
        socket['ref']();
        this.#use(name, socket, request);
        return;
      }
      if ((this.sockets[name]?.length ?? 0) < this.maxSockets) this.#open(name, options, request);
      else (this.requests[name] ??= []).push(request);
    }
    /**
     * @param {string} name
     * @param {AnyObject} options
     * @param {AnyObject} request
     */
    #open(name, options, request) {
      let isDone = false;
      const opened = (/** @type {unknown} */ error, /** @type {any} */ socket) => {
        if (isDone) return;
        isDone = true;
        if (error) return void request['onSocket'](null, error);
        this.#watch(name, socket, options);
        this.#use(name, socket, request);
      };
      const socket = this.createConnection(options, opened);
      if (socket) opened(null, socket);
    }
    /**
     * @param {string} name
     * @param {AnyObject} socket
     * @param {AnyObject} request
     */
    #use(name, socket, request) {
      (this.sockets[name] ??= []).push(socket);
      request['onSocket'](socket);
    }
    /**
     * @param {string} name
     * @param {AnyObject} socket
     * @param {AnyObject} options
     */
    #watch(name, socket, options) {
      const leave = () => {
        for (const lists of [this.sockets, this.freeSockets]) {
          const left = (lists[name] ?? []).filter((/** @type {unknown} */ one) => one !== socket);
          if (left.length === 0) delete lists[name];
          else lists[name] = left;
        }
      };
      const next = () => {
        const [request, ...rest] = this.requests[name] ?? [];
        if (rest.length === 0) delete this.requests[name];
        else this.requests[name] = rest;
        return request;
      };
      socket['on']('free', () => {
        const kept = socket['_httpMessage']?.shouldKeepAlive && socket['writable'];
        leave();
        const request = kept ? next() : undefined;
        if (request !== undefined) return this.#use(name, socket, request);
        const free = (this.freeSockets[name] ??= []);
        if (!kept || !this.keepAlive || free.length >= this.maxFreeSockets)
          return socket['destroy']();
        socket['setKeepAlive'](true, this.keepAliveMsecs);
        socket['unref']();
        socket['_httpMessage'] = null;
        free.push(socket);
        this.emit('free', socket, options);
      });
      socket['on']('agentRemove', leave);
      socket['on']('close', () => {
        leave();
        const request = next();
        if (request !== undefined) this.#open(name, options, request);
      });
    }
    destroy() {
      for (const lists of [this.sockets, this.freeSockets])
        for (const list of Object.values(lists))
          for (const socket of [...list]) socket['destroy']();
    }
  };
