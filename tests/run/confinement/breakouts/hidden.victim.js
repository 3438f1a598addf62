const found = (name) => {
  try {
    return hidden[name]();
  } catch {
    return undefined; // there is no way to it any more
  }
};
exports.report = () => {
  const names = Object.keys(hidden);
  const open = names.filter((name) => caught(() => found(name).plantedByEvil) === SECRET);
  const missing = names.filter((name) => found(name) === undefined);
  const closed = names.filter((name) => !open.includes(name) && !missing.includes(name));
  return [`open: ${open.join()}`, `closed: ${closed.join()}`, `missing: ${missing.join()}`].join(
    '\n',
  );
};
