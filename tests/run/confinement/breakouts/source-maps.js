module.exports = lineOfFile;
