import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import type { EntryDocument } from '../../../../proto/entry/entry.js';
import type { GrantDocument } from '../../../../proto/entry/grant.js';

interface SampleSystem {
  id: string;
  party: string;
  may: string[];
  token: string;
}

/** The part of the sample bundle that the demo itself uses. */
export interface SampleDepartments {
  bundle: object;
  systems: SampleSystem[];
  entries: EntryDocument[];
  grants: GrantDocument[];
}

/** Found relative to the built program, wherever that is started from. */
const BUNDLE = new URL('../../../../../examples/demo/bundle.yaml', import.meta.url);

export async function sampleDepartments(): Promise<SampleDepartments> {
  const bundle = parse(await readFile(BUNDLE, 'utf8')) as Omit<SampleDepartments, 'bundle'>;
  const { systems, entries, grants } = bundle;
  return { bundle, systems, entries, grants };
}

/** Maps each party to the token of the system that publishes for it. */
export function publisherTokens({ systems }: SampleDepartments): Record<string, string> {
  const publishing = systems.filter((system) => system.may.includes('publish'));
  return Object.fromEntries(publishing.map((system) => [system.party, system.token]));
}

export interface SampleGrant {
  grant: GrantDocument;
  system: SampleSystem;
  /** Number of items that the entry has, granted or not. */
  entryItems: number;
}

export function sampleGrant({ systems, entries, grants }: SampleDepartments, id: string): SampleGrant {
  const grant = grants.find((one) => one.id === id)!;
  const system = systems.find((one) => one.id === grant.system)!;
  return { grant, system, entryItems: entries.find((one) => one.id === grant.entry)!.items.length };
}
