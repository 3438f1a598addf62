// Objects that no name leads to, and that Node shares among all that have one of a kind.
const crypto = require('crypto');
const events = require('events');
const stream = require('stream');
const timers = require('timers/promises');
const zlib = require('zlib');
const handleOf = (object) => object[symbolOf(object, 'kHandle')];
const keys = () => crypto.generateKeyPairSync('ec', { namedCurve: 'P-256' });
const bytes = new Uint8Array(16);
const controllerOf = (Kind, source) => {
  let got;
  new Kind({ ...source, start: (controller) => (got = controller) });
  return got;
};
const hidden = {
  'the handle of a hash': () => protoOf(handleOf(crypto.createHash('sha256'))),
  'the handle of an HMAC': () => protoOf(handleOf(crypto.createHmac('sha256', 'key'))),
  'the handle of a signature': () => protoOf(handleOf(crypto.createSign('sha256'))),
  'the handle of a verification': () => protoOf(handleOf(crypto.createVerify('sha256'))),
  'the handle of a cipher': () =>
    protoOf(handleOf(crypto.createCipheriv('aes-128-cbc', bytes, bytes))),
  'the handle of an exchange': () => protoOf(handleOf(crypto.createECDH('prime256v1'))),
  'a hash': () => protoOf(crypto.createHash('sha256')),
  'a secret key': () => protoOf(crypto.createSecretKey(bytes)),
  'a private key': () => protoOf(keys().privateKey),
  'a public key': () => protoOf(keys().publicKey),
  'any asymmetric key': () => protoOf(protoOf(keys().publicKey)),
  'any key': () => protoOf(protoOf(crypto.createSecretKey(bytes))),
  'the handle of a deflate': () => protoOf(zlib.createDeflate()._handle),
  'the handle of a brotli': () => protoOf(zlib.createBrotliCompress()._handle),
  'what all handles are': () => protoOf(protoOf(zlib.createDeflate()._handle)),
  'any deflate': () => protoOf(protoOf(zlib.createDeflate())),
  'a reader': () => protoOf(new ReadableStream().getReader()),
  'a reader into bytes': () =>
    protoOf(new ReadableStream({ type: 'bytes' }).getReader({ mode: 'byob' })),
  'a controller': () => protoOf(controllerOf(ReadableStream)),
  'a controller of bytes': () => protoOf(controllerOf(ReadableStream, { type: 'bytes' })),
  'a writer': () => protoOf(new WritableStream().getWriter()),
  'a controller of a writable stream': () => protoOf(controllerOf(WritableStream)),
  'a controller of a transform': () => protoOf(controllerOf(TransformStream)),
  'an iterator of a stream': () => protoOf(new ReadableStream().values()),
  'an error with a code': () => protoOf(caught(() => Buffer.from(1))),
  'a RangeError with a code': () => protoOf(caught(() => new TextDecoder('none'))),
  'an error of a URL': () => protoOf(caught(() => new URL('none'))),
  'a failed assertion': () => protoOf(caught(() => require('assert').ok(false))),
  'a DOMException': () => protoOf(caught(() => atob('*'))),
  'an abort signal': () => protoOf(AbortSignal.abort()),
  'an iterator of events': () => protoOf(events.on(new events(), 'x')),
  'a duplex of a pair': () => protoOf(stream.duplexPair()[0]),
  'a duplex of an iterator': () => protoOf(stream.Duplex.from([])),
  'a mapped stream': () => protoOf(stream.Readable.from([]).map((value) => value)),
  'an iterator of a readable': () => protoOf(stream.Readable.from([])[Symbol.asyncIterator]()),
  'the state of a readable': () => protoOf(stream.Readable.from([])._readableState),
  'the state of a writable': () => protoOf(new stream.Writable()._writableState),
  'an iterator of URLSearchParams': () => protoOf(new URLSearchParams('a=1').keys()),
  'a timer': () => protoOf(setTimeout(() => {}, 0)),
  'an immediate': () => protoOf(setImmediate(() => {})),
  'an iterator of intervals': () => protoOf(timers.setInterval(1)),
  'a blob of buffer': () => protoOf(new (require('buffer').Blob)([])),
  'a stream of a blob': () => protoOf(new (require('buffer').Blob)(['x']).stream()),
  'an event': () => protoOf(new Event('x')),
};
