// Before each program of an attacker. What is named in capitals is set by the test.
const symbolOf = (object, name) => {
  for (let at = object; at !== null; at = Object.getPrototypeOf(at))
    for (const symbol of Object.getOwnPropertySymbols(at))
      if (symbol.description === name) return symbol;
  throw new Error(`no symbol ${name}`);
};
const protoOf = Object.getPrototypeOf;
const caught = (act) => {
  try {
    return act();
  } catch (error) {
    return error;
  }
};
const said = (act) => {
  const result = caught(act);
  return result instanceof Error ? `${result.code ?? result.name}: ${result.message}` : `${result}`;
};
const textOf = (stream) =>
  new Promise((resolve, reject) => {
    let text = '';
    stream.setEncoding('utf8');
    stream.on('data', (chunk) => (text += chunk));
    stream.on('end', () => resolve(text)).on('error', reject);
  });
