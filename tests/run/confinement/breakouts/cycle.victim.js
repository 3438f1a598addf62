const pad = require('evil');
exports.check = (password) => pad(password) === 'the right one';
