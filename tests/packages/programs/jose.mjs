import {
  CompactEncrypt,
  SignJWT,
  base64url,
  compactDecrypt,
  decodeJwt,
  importPKCS8,
  importJWK,
  jwtVerify,
  generateKeyPair,
} from 'jose';
import jsonwebtoken from 'jsonwebtoken';

const secret = new TextEncoder().encode('0123456789abcdef0123456789abcdef');
const token = await new SignJWT({ role: 'reader' })
  .setProtectedHeader({ alg: 'HS256' })
  .setSubject('ada')
  .setIssuedAt(1_000_000_000)
  .sign(secret);
console.log(token);
console.log(JSON.stringify((await jwtVerify(token, secret)).payload));
console.log(JSON.stringify(jsonwebtoken.verify(token, Buffer.from(secret))));
console.log(
  jsonwebtoken.sign({ role: 'reader', sub: 'ada', iat: 1_000_000_000 }, Buffer.from(secret)),
);
const expired = jsonwebtoken.sign({ exp: 1 }, 'k');
try {
  jsonwebtoken.verify(expired, 'k');
} catch (error) {
  console.log(error.name, error.message, error instanceof jsonwebtoken.TokenExpiredError);
}
await jwtVerify(token, new Uint8Array(32)).catch((error) => console.log(error.code));
const { publicKey, privateKey } = await generateKeyPair('ES256');
const signed = await new SignJWT({ a: 1 }).setProtectedHeader({ alg: 'ES256' }).sign(privateKey);
console.log((await jwtVerify(signed, publicKey)).protectedHeader.alg, decodeJwt(signed).a);
const key = await importJWK({ kty: 'oct', k: base64url.encode(secret) }, 'A256GCM');
const sealed = await new CompactEncrypt(secret.slice(0, 4))
  .setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })
  .encrypt(key);
console.log(new TextDecoder().decode((await compactDecrypt(sealed, key)).plaintext));
