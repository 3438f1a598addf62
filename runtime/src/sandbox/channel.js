// Messages between the sandbox and its host: JSON in UTF-8, after its length as a big-endian 32-bit integer.
import * as fs from 'node:fs';
import { Socket } from 'node:net';
import { needStack } from '../base/stack-space.js';

/** @typedef {Record<string, any>} Message */

const HEAD = 4;

// Stored before any code is evaluated.
const { alloc, byteLength } = Buffer;
const { writeUInt32BE, write } = Buffer.prototype;
const { writeSync } = fs;

/**
 * Blocks while the host does not read, so that pending messages can't fill the memory.
 *
 * Each message has a key, which other writers to the descriptor can't know, and a sequence number, so that none is
 * lost or repeated.
 *
 * @param {number} descriptor
 * @param {string} key
 * @returns {(message: Message) => void}
 */
export const makeSend = (descriptor, key) => {
  let number = 0;
  return (message) => {
    needStack(); // so that a used sequence number is always sent
    const text = JSON.stringify({ ...message, key, number });
    const bytes = alloc(HEAD + byteLength(text));
    Reflect.apply(writeUInt32BE, bytes, [bytes.length - HEAD]);
    Reflect.apply(write, bytes, [text, HEAD]);
    number += 1;
    for (let at = 0; at < bytes.length;) at += writeSync(descriptor, bytes, at);
  };
};

/**
 * @param {number} descriptor
 * @param {(message: Message) => void} receive
 * @param {() => void} ended called when the host has closed the channel
 */
export const readMessages = (descriptor, receive, ended) => {
  const socket = new Socket({ fd: descriptor, readable: true, writable: false });
  /** @type {Buffer[]} */
  let chunks = [];
  let size = 0;
  const take = () => {
    const bytes = chunks.length === 1 ? /** @type {Buffer} */ (chunks[0]) : Buffer.concat(chunks);
    let at = 0;
    const messages = [];
    while (bytes.length - at >= HEAD) {
      const end = at + HEAD + bytes.readUInt32BE(at);
      if (end > bytes.length) break;
      messages.push(bytes.subarray(at + HEAD, end));
      at = end;
    }
    chunks = at < bytes.length ? [bytes.subarray(at)] : [];
    size = bytes.length - at;
    wanted = size < HEAD ? HEAD : HEAD + bytes.readUInt32BE(at);
    for (const message of messages) receive(JSON.parse(message.toString('utf8')));
  };
  let wanted = HEAD;
  socket.on('data', (/** @type {Buffer} */ chunk) => {
    chunks.push(chunk);
    size += chunk.length;
    if (size >= wanted) take();
  });
  socket.on('end', ended);
  socket.on('error', ended);
};
