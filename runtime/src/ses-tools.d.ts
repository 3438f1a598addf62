// Types for the used exports of ses/tools.js, which has none.
declare module 'ses/tools.js' {
  export const transforms: {
    readonly mandatoryTransforms: (source: string) => string;
  };
  export const scopeTerminators: {
    readonly strictScopeTerminator: object;
    readonly createSloppyGlobalsScopeTerminator: (globalObject: object) => object;
  };
}
