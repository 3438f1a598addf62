/** The data in the page: see compartment_mapper/report/data.py. */

export type Severity = 'critical' | 'high' | 'medium' | 'low';

export interface Place {
  file: string;
  line: number | null;
  column: number | null;
  frame: string | null;
}

export interface Capability {
  part: 'globals' | 'builtins' | 'packages';
  capability: string;
  severity: Severity;
  reason: string;
  status: 'granted' | 'denied';
  grant: string | null;
  used: boolean | null;
  uncertain: boolean;
  place: Place | null;
}

export interface Step {
  package: string;
  specifier: string;
  file: string | null;
  line: number | null;
}

export interface Package {
  canonicalName: string;
  name: string;
  version: string;
  compartment: string;
  bytes: number;
  harden: boolean | 'code';
  dependencies: string[];
  dependents: string[];
  capabilities: Capability[];
  leak: string[] | null;
  chain: Step[];
  files: { path: string; bytes: number }[];
}

export interface Problem {
  code: string;
  severity: 'error' | 'warning';
  message: string;
  file: string | null;
  line: number | null;
  hint: string;
}

export interface CapabilityChange {
  kind: 'added' | 'wanted' | 'removed';
  package: string;
  part: string;
  capability: string;
  severity: Severity;
  reason: string;
  grant: string;
  place: string;
}

export interface PackageChange {
  kind: 'added' | 'removed' | 'changed';
  package: string;
  before: string;
  after: string;
}

export interface Review {
  version: number;
  generator: string;
  kind: 'archive' | 'source';
  target: string;
  sha512: string;
  entries: string[];
  packages: Package[];
  problems: Problem[];
  comparison: {
    against: string;
    bytesBefore: number | null;
    capabilities: CapabilityChange[];
    packages: PackageChange[];
  } | null;
}
