// What is used of ses/tools.js, which has no types of its own.
declare module 'ses/tools.js' {
  export const transforms: {
    readonly mandatoryTransforms: (source: string) => string;
  };
  export const scopeTerminators: {
    readonly strictScopeTerminator: object;
    readonly createSloppyGlobalsScopeTerminator: (globalObject: object) => object;
  };
}
