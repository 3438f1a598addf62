const bcrypt = require('bcryptjs');
const CryptoJS = require('crypto-js');

const salt = '$2b$06$abcdefghijklmnopqrstuu';
const hash = bcrypt.hashSync('correct horse', salt);
console.log(hash, bcrypt.getRounds(hash));
console.log(bcrypt.compareSync('correct horse', hash), bcrypt.compareSync('wrong', hash));
bcrypt.genSalt(5).then((made) => console.log(made.length, made.slice(0, 7)));
bcrypt
  .hash('x', 4)
  .then((made) => bcrypt.compare('x', made))
  .then(console.log);

console.log(CryptoJS.SHA3('text').toString().slice(0, 32), CryptoJS.MD5('text').toString());
const key = CryptoJS.enc.Hex.parse('000102030405060708090a0b0c0d0e0f');
const sealed = CryptoJS.AES.encrypt('a secret', key, { iv: key });
console.log(
  sealed.ciphertext.toString(),
  CryptoJS.AES.decrypt(sealed, key, { iv: key }).toString(CryptoJS.enc.Utf8),
);
console.log(CryptoJS.PBKDF2('password', 'salt', { keySize: 4, iterations: 10 }).toString());
const salted = CryptoJS.AES.encrypt('again', 'passphrase').toString();
console.log(CryptoJS.AES.decrypt(salted, 'passphrase').toString(CryptoJS.enc.Utf8));
