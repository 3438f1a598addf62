exports.report = () => setTimeout(() => {}, 54321, SECRET).unref();
