// node after-lockdown.cjs ENTRY: a CommonJS application after a bare lockdown, without compartments.
const path = require('node:path');
require('ses');

lockdown({ consoleTaming: 'unsafe', errorTaming: 'unsafe', overrideTaming: 'severe' });
require(path.resolve(process.argv[2]));
