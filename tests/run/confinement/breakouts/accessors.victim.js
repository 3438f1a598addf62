exports.report = receive;
