// Messages between the sandbox and its host: JSON in UTF-8, after its length in four bytes, the highest first.
import * as fs from 'node:fs';
import { Socket } from 'node:net';
import { needStack } from '../base/stack-space.js';

/** @typedef {Record<string, any>} Message */

const HEAD = 4;

// Taken before anything is evaluated.
const { alloc, byteLength } = Buffer;
const { writeUInt32BE, write } = Buffer.prototype;
const { writeSync } = fs;

/**
 * Waits while the host does not read: nobody can fill the memory with what is to be sent.
 *
 * Each message has the key, which whoever else writes into the descriptor can't know, and its number, so that none is
 * lost or said twice.
 *
 * @param {number} descriptor
 * @param {string} key
 * @returns {(message: Message) => void}
 */
export const makeSend = (descriptor, key) => {
  let number = 0;
  return (message) => {
    needStack(); // a number that is taken is sent
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
 * @param {() => void} ended when the host is gone
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
