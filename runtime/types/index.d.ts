/**
 * SES, with module descriptors of plain text, and archives that `compartment-mapper bundle` has made.
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

/** A module as text, which is compiled when it is loaded. */
export interface TextModuleDescriptor {
  /** The source text: ESM or CommonJS. */
  source: string;
  /** Else the syntax decides. */
  language?: 'module' | 'commonjs';
  /** What the module is called instead of what was asked for: its own imports are resolved from there. */
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

/** Modules and code with a global object of their own, and the frozen intrinsics that all share. */
export interface Compartment {
  /** The global object that code in the compartment sees. */
  readonly globalThis: Record<PropertyKey, any>;
  /** As given in the options, for error messages. */
  readonly name: string;
  /** Evaluates strict code, and returns the value of its last statement. */
  evaluate(code: string, options?: EvaluateOptions): any;
  /** Loads and evaluates a module with its dependencies. */
  import(specifier: string): Promise<{ namespace: ModuleExportsNamespace }>;
  /** Evaluates a module synchronously. It throws if the module, or a dependency, has top-level await. */
  importNow(specifier: string): ModuleExportsNamespace;
  /** Loads a module with its dependencies, and evaluates nothing. */
  load(specifier: string): Promise<void>;
  /** Returns the namespace of a module that need not be loaded yet, to pass it to another compartment. */
  module(specifier: string): ModuleExportsNamespace;
}

export interface CompartmentConstructor {
  new (options?: CompartmentOptions & { __options__: true }): Compartment;
  /** @deprecated give one bag of options, with `__options__: true` */
  new (
    globals?: CompartmentOptions['globals'],
    modules?: CompartmentOptions['modules'],
    options?: Omit<CompartmentOptions, 'globals' | 'modules'>,
  ): Compartment;
  readonly prototype: Compartment;
}

/** SES's own, but for text in module descriptors. The global `Compartment` is the same. */
export const Compartment: CompartmentConstructor;

/** SES's own, with settings that suit archives. The global `lockdown` is the same. */
export const lockdown: Lockdown;

/** Freezes a value with all that can be reached from it; from `lockdown()` on. */
export const harden: Harden;

/**
 * Loads the compiler of plain text. Needed only before an `importNow` of text in pages; else it is loaded when it is
 * needed first.
 */
export function prepareSources(): Promise<void>;

export interface ParseOptions {
  /** As `compartment-mapper verify --sha512` tells it: other archives are refused. */
  expectedSha512?: string;
}

export interface ImportOptions {
  /** More globals for the application's own package. */
  globals?: Record<string, any>;
  /** Which of several entries to begin with. */
  entry?: string;
  /** Takes grants of the archive's own policy away: policies by packages, as objects or as JSON. */
  policy?: object | string;
}

export interface Application {
  /** Of the archive's map, which covers the whole archive. */
  readonly sha512: string;
  /** Names of its packages; the application's own is the first. */
  readonly packages: readonly string[];
  import(options?: ImportOptions): Promise<{ namespace: ModuleExportsNamespace }>;
}

/** Verifies an archive. Nothing of it runs before its `import` is called. */
export function parseArchive(
  bytes: Uint8Array | ArrayBuffer,
  options?: ParseOptions,
): Promise<Application>;

/** Verifies an archive, and runs it; after `lockdown()`. */
export function importArchive(
  bytes: Uint8Array | ArrayBuffer,
  options?: ParseOptions & ImportOptions,
): Promise<{ namespace: ModuleExportsNamespace }>;
