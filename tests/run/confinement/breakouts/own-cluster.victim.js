exports.cluster = require('cluster');
