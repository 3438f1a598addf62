import nacl from 'tweetnacl';
import { sha256, sha512 } from '@noble/hashes/sha2.js';
import { keccak_256, shake128 } from '@noble/hashes/sha3.js';
import { blake3 } from '@noble/hashes/blake3.js';
import { pbkdf2 } from '@noble/hashes/pbkdf2.js';
import { hmac } from '@noble/hashes/hmac.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';

const text = utf8ToBytes('compartment');
console.log(bytesToHex(sha256(text)));
console.log(bytesToHex(sha512.create().update(text).update(text).digest()).slice(0, 40));
console.log(bytesToHex(keccak_256(text)), bytesToHex(shake128(text, { dkLen: 8 })));
console.log(bytesToHex(blake3(text)));
console.log(bytesToHex(hmac(sha256, utf8ToBytes('key'), text)));
console.log(bytesToHex(pbkdf2(sha256, 'password', 'salt', { c: 100, dkLen: 16 })));

const keys = nacl.sign.keyPair.fromSeed(sha256(text));
const signature = nacl.sign.detached(text, keys.secretKey);
console.log(bytesToHex(signature));
console.log(nacl.sign.detached.verify(text, signature, keys.publicKey));
const box = nacl.secretbox(text, new Uint8Array(24), sha256(text));
console.log(bytesToHex(box), nacl.randomBytes(8).length);
console.log(bytesToHex(nacl.hash(text)) === bytesToHex(sha512(text)));
