// State of the runtime: one object for the application and one for each package. Packages never see them.

/** @import { CompartmentDescriptor, CompartmentMap, FileModule, RequestKind } from '../archive/compartment-map.js' */
/** @import { CjsSource, EsmSource, Names } from '../archive/module-source.js' */
/** @import { Attenuation, PackagePolicy } from '../policy/policy-format.js' */
/** @import { Maps } from '../stacks/maps-file.js' */
/** @import { ModuleRecord } from '../cyclic-modules/records.js' */
/** @import { StoredFiles } from '../archive/stored-files.js' */
/** @import { Stacks } from '../stacks/stack.js' */
/** @import { AnyObject } from '../base/objects.js' */
/** @import { Recorder, Report } from './audit.js' */
/** @import { CommonJs, DirectEval, Functor, CrossPackageExports } from './modules.js' */
/** @import { Powers, ShimmedModule } from './powers.js' */

/**
 * @typedef {object} Linker
 * @property {(pkg: Package, key: string, specifier: unknown, options: unknown) => Promise<object>} importDynamically
 * @property {(pkg: Package, key: string, kind: RequestKind, specifier: string) => string} resolveToUrl
 * @property {(pkg: Package) => CommonJs} commonJsOf
 * @property {(pkg: Package, name: string) => unknown} grantedBuiltin undefined: not granted
 * @property {(pkg: Package, attenuation: Attenuation, name: string, original: object) => object} attenuateModule
 * @property {(pkg: Package, attenuation: Attenuation, globalThis: object) => object} attenuateGlobals
 *
 * @typedef {object} Application
 * @property {CompartmentMap} map
 * @property {StoredFiles} files
 * @property {Powers} powers
 * @property {Stacks} stacks
 * @property {Linker} linker
 * @property {Maps} maps
 * @property {(name: string) => Package} packageOf
 * @property {Recorder | undefined} audit set if denied capabilities are only recorded
 * @property {Report | undefined} report of denials and of uses of dangerous capabilities
 * @property {string} version distinguishes the URLs of its sources from those of other applications
 * @property {boolean} isProgram whether the process runs only the application and is named after it
 * @property {(pkg: Package, key: string) => ShimmedModule | undefined} shimmed the module, if it ran before the lockdown
 * @property {ReadonlySet<string>} madeGlobals globals that some package may define for other packages
 * @property {More | undefined} more set if modules can be added at run time; packages then see the places of their files
 * @property {boolean} hardens whether packages are isolated: not if all packages have all capabilities
 *
 * @typedef {object} Package
 * @property {Application} application
 * @property {string} name of its compartment
 * @property {string} label
 * @property {CompartmentDescriptor} descriptor
 * @property {PackagePolicy} policy
 * @property {Map<string, ModuleRecord>} records by key, or by the name of a builtin after `node:`
 * @property {Map<string, unknown>} builtins
 * @property {Map<string, unknown>} copies of data of other packages, by filename
 * @property {AnyObject | undefined} process
 * @property {Record<string, Function> | undefined} timers
 * @property {Record<string, unknown> | undefined} console
 * @property {AnyObject | undefined} performance
 * @property {CommonJs | undefined} commonJs
 * @property {Map<string, string>} keys by filename
 * @property {Record<RequestKind, Map<string, Map<string, Target>>>} targets of resolved requests, by module and specifier
 * @property {(key: string) => EsmSource | CjsSource} sourceOf
 * @property {Names} names of all its modules
 * @property {string} source joined source of all its compiled modules
 * @property {boolean} compiles whether the source of its modules is being evaluated, not code that it generated
 * @property {boolean} usesStackTraces whether its source mentions V8's stack trace API
 * @property {Compartment} compartment
 * @property {(key: string) => Functor} functorOf
 * @property {CrossPackageExports} crossPackageExports
 * @property {(sloppy: boolean) => DirectEval} directEval available once it has functors
 * @property {() => void} grow notices modules that were added to the compartment
 * @property {Map<string, object>} lexicals scopes for functors that must be evaluated alone
 */

/**
 * @typedef {{ kind: 'file', pkg: Package, key: string, module: FileModule, suffix?: string }} FileTarget `suffix`:
 *   query and fragment of the import: each suffix is a separate instance
 * @typedef {{ kind: 'builtin', pkg: Package, name: string }} BuiltinTarget
 * @typedef {{ kind: 'error', error: Error, denied?: { label: string, name: string } }} ErrorTarget
 * @typedef {FileTarget | BuiltinTarget | ErrorTarget} Target
 */

/**
 * @typedef {object} RunTimeRequest made while the application runs
 * @property {Package} pkg
 * @property {string} key of the requesting module, or the path of a file for `createRequire`
 * @property {RequestKind} kind
 * @property {string} specifier
 * @property {string | undefined} [type]
 *
 * @typedef {object} More
 * @property {(request: RunTimeRequest) => Target | undefined} find
 * @property {(request: RunTimeRequest) => string} resolve the path; throws if nothing is found
 */

export {};
