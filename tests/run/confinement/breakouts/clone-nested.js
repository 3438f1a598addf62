module.exports = () => readBy(structuredClone(new Map([['deep', [carrier()]]])).get('deep')[0]);
