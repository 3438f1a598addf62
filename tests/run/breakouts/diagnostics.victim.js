exports.report = () => require('path');
