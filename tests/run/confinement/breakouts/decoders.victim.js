const { Readable } = require('stream');
module.exports = () => new Readable({ encoding: 'utf8', read() {} }).push(Buffer.from(SECRET));
