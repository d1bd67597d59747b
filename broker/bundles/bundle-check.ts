import type { TimeSlice } from '../../proto/async/time-slice.js';
import { problemTexts, SluiceError } from '../../proto/errors.js';
import { isMap } from '../../proto/values/is-map.js';
import { reasonsForRefusal, validateEntryDocument } from '../catalog/document/entry-problems.js';
import type { EntryActs } from '../catalog/entry-acts.js';
import { validateGrant } from '../grants/grant-problems.js';
import { type Credentials, tokenProblem } from '../parties/credentials.js';
import { officerProblems, partyProblems, systemProblems } from '../parties/party-problems.js';
import type { Permissions } from '../parties/permissions.js';
import type { Bundle } from './bundle-document.js';
import type { PlannedState } from './planned-state.js';

export interface BundleCheckDeps {
  planned: PlannedState;
  /** Decides on the entries of the bundle, with the parties and grants of `planned`. */
  entryActs: EntryActs;
  credentials: Credentials;
  slice: TimeSlice;
  permissions: Permissions;
}

export interface BundleCheckResult {
  problems: string[];
  /** Parts that only a trial bus allows, on a registered one. */
  trialProblems: string[];
  warnings: string[];
}

/** Validates every document of the bundle and lists every problem with its path. */
export async function checkBundle(bundle: Bundle, deps: BundleCheckDeps): Promise<BundleCheckResult> {
  const result: BundleCheckResult = { problems: [], trialProblems: [], warnings: [] };
  const { planned, slice } = deps;
  const tokens = new TokenCheck(deps.credentials);
  const add = (path: string, problems: string[]): void => {
    for (const problem of problems) result.problems.push(`${path}.${problem}`);
  };
  await slice.each(bundle.parties, (party, index) =>
    add(`parties[${index}]`, partyProblems(party, planned.party, deps.permissions)),
  );
  const systemChecks = (document: unknown): string[] =>
    systemProblems(document, planned.party, planned.registeredSystem(idOf(document)));
  const officerChecks = (document: unknown): string[] => officerProblems(document, planned.party);
  for (const [kind, check] of [
    ['systems', systemChecks],
    ['officers', officerChecks],
  ] as const) {
    await slice.each<unknown>(bundle[kind], (document, index) => {
      const path = `${kind}[${index}]`;
      const { token, rest } = withoutToken(document);
      add(path, [...check(rest), ...tokens.problems(kind, rest, token)]);
      if (token !== undefined && !deps.permissions.isTrial)
        result.trialProblems.push(`${path}.token: needs trial mode`);
    });
  }
  await slice.each(bundle.entries, async (document, index) => {
    const { problems, warnings } = await entryProblems(document, deps);
    add(`entries[${index}]`, problems);
    for (const warning of warnings) result.warnings.push(`entries[${index}]: ${warning}`);
    if (!deps.permissions.isTrial) result.trialProblems.push(`entries[${index}]: to publish directly needs trial mode`);
  });
  await slice.each(bundle.grants, (grant, index) => {
    const { problems, rowProblems } = validateGrant(grant, planned);
    add(`grants[${index}]`, [...problems, ...rowProblems]);
    if (!deps.permissions.isTrial) result.trialProblems.push(`grants[${index}]: to create directly needs trial mode`);
  });
  return result;
}

const idOf = (document: unknown): string => (isMap(document) ? String(document.id) : '');

/** Separates the token from the document that is stored. */
export function withoutToken(document: unknown): { token: unknown; rest: unknown } {
  if (!isMap(document)) return { token: undefined, rest: document };
  const { token, ...rest } = document;
  return { token: token ?? undefined, rest };
}

async function entryProblems(
  document: Bundle['entries'][number],
  { planned, entryActs, permissions }: BundleCheckDeps,
): Promise<{ problems: string[]; warnings: string[] }> {
  const validation = await validateEntryDocument(document, permissions);
  const { warnings } = validation;
  const problems = reasonsForRefusal(validation);
  if (problems.length > 0) return { problems, warnings };
  try {
    planned.addEntry(entryActs.nextVersion(document));
    return { problems: [], warnings: [...warnings, ...entryActs.warnings(document)] };
  } catch (error) {
    if (!(error instanceof SluiceError)) throw error;
    return { problems: error.where.problems ? problemTexts(error.where.problems) : [`id: ${error.message}`], warnings };
  }
}

/** Refuses a token that two owners would share: its bearer would be both of them. */
class TokenCheck {
  readonly #owners = new Map<string, string>();
  constructor(private readonly credentials: Credentials) {}

  problems(kind: 'systems' | 'officers', document: unknown, token: unknown): string[] {
    if (token === undefined) return [];
    const owner = `${kind === 'systems' ? 'system' : 'officer'}:${idOf(document)}`;
    const digest = typeof token === 'string' ? this.credentials.digestOf(token) : '';
    const registered = this.credentials.ownerOf(digest);
    const isStored = registered !== undefined && `${registered.kind}:${registered.id}` === owner;
    const problem = isStored ? undefined : tokenProblem(token);
    if (problem !== undefined) return [`token: ${problem}`];
    const other = this.#owners.get(digest) ?? (registered && `${registered.kind}:${registered.id}`);
    this.#owners.set(digest, owner);
    return other === undefined || other === owner ? [] : ['token: belongs to another system or officer'];
  }
}
