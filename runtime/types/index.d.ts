/**
 * SES with module descriptors of source text, and archives created by `compartment-mapper bundle`.
 *
 * @packageDocumentation
 */
import type {
  CompartmentOptions as SesCompartmentOptions,
  EvaluateOptions,
  Harden,
  ImportMetaHook,
  Lockdown,
  ModuleDescriptor as SesModuleDescriptor,
  ModuleExportsNamespace,
  ResolveHook,
  Transform,
} from 'ses';

export type {
  EvaluateOptions,
  ImportMetaHook,
  LockdownOptions,
  ModuleExportsNamespace,
  ResolveHook,
  Transform,
} from 'ses';

/** A module as source text, compiled when it is loaded. */
export interface TextModuleDescriptor {
  /** The source text: ESM or CommonJS. */
  source: string;
  /** Default: detected from the syntax. */
  language?: 'module' | 'commonjs';
  /** Name of the module instead of the requested specifier: its imports are resolved from there. */
  specifier?: string;
  /** Properties of its `import.meta`. */
  importMeta?: object;
}

export type ModuleDescriptor = TextModuleDescriptor | SesModuleDescriptor;

export interface CompartmentOptions extends Omit<
  SesCompartmentOptions,
  'globals' | 'modules' | 'importHook' | 'importNowHook' | 'moduleMapHook'
> {
  globals?: Record<PropertyKey, any> | Map<string, any>;
  modules?: Record<string, ModuleDescriptor> | Map<string, ModuleDescriptor>;
  importHook?: (specifier: string) => Promise<ModuleDescriptor> | ModuleDescriptor;
  importNowHook?: (specifier: string) => ModuleDescriptor | undefined;
  moduleMapHook?: (specifier: string) => ModuleDescriptor | undefined;
}

/** Modules and code with a separate global object, and the frozen intrinsics that all compartments share. */
export interface Compartment {
  /** The global object that code in the compartment sees. */
  readonly globalThis: Record<PropertyKey, any>;
  /** The name in the options, for error messages. */
  readonly name: string;
  /** Evaluates strict code and returns the value of its last statement. */
  evaluate(code: string, options?: EvaluateOptions): any;
  /** Loads and evaluates a module with its dependencies. */
  import(specifier: string): Promise<{ namespace: ModuleExportsNamespace }>;
  /** Evaluates a module synchronously. It throws if the module or a dependency has top-level await. */
  importNow(specifier: string): ModuleExportsNamespace;
  /** Loads a module with its dependencies without evaluating them. */
  load(specifier: string): Promise<void>;
  /** Returns the namespace of a module that need not be loaded yet, to pass it to another compartment. */
  module(specifier: string): ModuleExportsNamespace;
}

export interface CompartmentConstructor {
  new (options?: CompartmentOptions & { __options__: true }): Compartment;
  /** @deprecated pass one options object with `__options__: true` */
  new (
    globals?: CompartmentOptions['globals'],
    modules?: CompartmentOptions['modules'],
    options?: Omit<CompartmentOptions, 'globals' | 'modules'>,
  ): Compartment;
  readonly prototype: Compartment;
}

/** SES's Compartment, extended by source text in module descriptors. The global `Compartment` is the same. */
export const Compartment: CompartmentConstructor;

/** SES's lockdown, with settings for archives. The global `lockdown` is the same. */
export const lockdown: Lockdown;

/** Freezes a value with all reachable objects. Requires `lockdown()` before. */
export const harden: Harden;

/**
 * Loads the compiler of source text. Needed only before an `importNow` of source text in pages; otherwise it is
 * loaded on demand.
 */
export function prepareSources(): Promise<void>;

export interface ParseOptions {
  /** The hash printed by `compartment-mapper verify --sha512`: other archives are rejected. */
  expectedSha512?: string;
}

export interface ImportOptions {
  /** Additional globals for the application's package. */
  globals?: Record<string, any>;
  /** The entry to start, if there are several. */
  entry?: string;
  /** Restricts the policy of the archive: policies by package, as an object or as JSON. */
  policy?: object | string;
}

export interface Application {
  /** Hash of the compartment map, which covers the whole archive. */
  readonly sha512: string;
  /** Names of its packages; that of the application is the first. */
  readonly packages: readonly string[];
  import(options?: ImportOptions): Promise<{ namespace: ModuleExportsNamespace }>;
}

/** Verifies an archive. Its code runs only when its `import` is called. */
export function parseArchive(
  bytes: Uint8Array | ArrayBuffer,
  options?: ParseOptions,
): Promise<Application>;

/** Verifies and runs an archive. Requires `lockdown()` before. */
export function importArchive(
  bytes: Uint8Array | ArrayBuffer,
  options?: ParseOptions & ImportOptions,
): Promise<{ namespace: ModuleExportsNamespace }>;
