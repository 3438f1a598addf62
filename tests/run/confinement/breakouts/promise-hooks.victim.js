exports.report = async () => void (await (async () => SECRET)());
