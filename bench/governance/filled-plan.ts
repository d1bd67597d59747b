import { type ProvinceGrants, provinceGrants, provinceSystems, ZIPF } from '../documents/province.js';
import type { NewSystem } from './departments.js';
import { demandDepartment, PROVIDER, sourceDepartment } from './seed-documents.js';

/** Content of a filled bus. */
export interface FillSize {
  entries: number;
  openApplications: number;
  refusedApplications: number;
  grants: number;
  records: number;
  /** Systems that subscribe, each with one session. */
  sessions: number;
}

/** One entry in so many is the seed's own department's; the others are spread over all that provide. */
const OWN_SHARE = 10;

export const providerOf = (i: number): string => (i % OWN_SHARE === 0 ? PROVIDER : sourceDepartment(i));

/** Entries stand in the order in which events and grants prefer them. */
export const entryIdOf = (i: number): string => `${providerOf(i)}.births-${i}`;

export const entryIdsOf = ({ entries }: FillSize): string[] => Array.from({ length: entries }, (_, i) => entryIdOf(i));

/** Ids of the grants and of the applications that they come from begin with `gr-` and `ap-`. */
export const grantsOf = (size: FillSize): ProvinceGrants => provinceGrants(entryIdsOf(size), ZIPF, size);

export const departmentOfSystem = (system: string): string => demandDepartment(Number(system.replace(/\D+/, '')));

export const sourceOf = (department: string): string => `source-of-${department}`;

/** A system of every department that provides an entry, which publishes, and all that subscribe. */
export function systemsOf(size: FillSize): NewSystem[] {
  const providers = new Set([PROVIDER, ...Array.from({ length: size.entries }, (_, i) => providerOf(i))]);
  return [
    ...[...providers].map((department) => ({ id: sourceOf(department), department, may: 'publish' as const })),
    ...provinceSystems(size.sessions).map((id) => ({
      id,
      department: departmentOfSystem(id),
      may: 'subscribe' as const,
    })),
  ];
}

/** Tokens of the systems that publish, by department. */
export function sourceTokens(size: FillSize, tokens: Record<string, string>): Record<string, string> {
  const sources = systemsOf(size).filter(({ may }) => may === 'publish');
  return Object.fromEntries(sources.map(({ id, department }) => [department, tokens[id] as string]));
}
