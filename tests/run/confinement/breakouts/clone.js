module.exports = () => readBy(structuredClone(carrier()));
