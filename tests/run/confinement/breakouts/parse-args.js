const { parseArgs } = require('util');
module.exports = () => JSON.stringify(parseArgs({ strict: false, allowPositionals: true }));
