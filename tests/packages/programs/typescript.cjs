const ts = require('typescript');

const TEXT = `
const numbers: Map<string, number> = new Map([['one', 1]]);
const wrong: string = numbers.get('one') ?? 1;
async function later(): Promise<number> { return [3, 1, 2].toSorted()[0]!; }
for (const x of later()) console.log(x);
export { wrong };
`;
const options = {
  target: ts.ScriptTarget.ES2023,
  module: ts.ModuleKind.CommonJS,
  strict: true,
  types: [],
};
const host = ts.createCompilerHost(options);
const { getSourceFile, fileExists } = host;
const written = {};
host.fileExists = (name) => name === '/texts/a.ts' || fileExists(name);
host.getSourceFile = (name, ...rest) =>
  name === '/texts/a.ts'
    ? ts.createSourceFile(name, TEXT, ts.ScriptTarget.ES2023)
    : getSourceFile(name, ...rest);
host.writeFile = (name, text) => {
  written[name] = text;
};

const program = ts.createProgram(['/texts/a.ts'], options, host);
for (const diagnostic of ts.getPreEmitDiagnostics(program)) {
  const text = ts.flattenDiagnosticMessageText(diagnostic.messageText, '\n');
  const place = diagnostic.file?.getLineAndCharacterOfPosition(diagnostic.start);
  console.log(`TS${diagnostic.code}`, place, text);
}
const libraries = program
  .getSourceFiles()
  .filter((file) => program.isSourceFileDefaultLibrary(file));
console.log(libraries.length > 50, libraries.map((file) => file.fileName.split('/').pop()).sort());
console.log(program.emit().emitSkipped, written);

const es5 = ts.createProgram(
  ['/texts/a.ts'],
  { ...options, target: ts.ScriptTarget.ES5, lib: undefined },
  host,
);
console.log([...new Set(ts.getPreEmitDiagnostics(es5).map(({ code }) => code))].sort());
console.log(ts.transpileModule('let x: number = <number>y;', {}).outputText, ts.version);
