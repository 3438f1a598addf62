caught(() => process.setSourceMapsEnabled(true));
module.exports = lineOfFile;
