import type { Kind, ModelFile } from './files.js';
import { applicationRules } from './machines/applications.js';
import { caseRules } from './machines/cases.js';
import { catalogRules } from './machines/catalog.js';
import { demandRules } from './machines/demands.js';
import { grantCaseRules } from './machines/grant-cases.js';
import { grantRules } from './machines/grants.js';
import { backflowRules, consentRules, contractRules, useRecordRules } from './machines/small-files.js';
import { stopRules } from './machines/stops.js';
import { notify } from './notices.js';
import { fits, reads } from './reading.js';
import { type Act, type Made, type Performing, type Problem, problem, type Rule } from './rules.js';
import { shapeProblems } from './shapes.js';
import { subjectOf } from './subjects.js';
import type { ModelOfficer, ModelViolation, World } from './world.js';

export const RULES: Readonly<Record<Kind, readonly Rule[]>> = {
  catalog: catalogRules,
  applications: applicationRules,
  grants: grantRules,
  cases: caseRules,
  demands: demandRules,
  consents: consentRules,
  'use-records': useRecordRules,
  backflows: backflowRules,
  stops: stopRules,
  contracts: contractRules,
};

export interface Refusal {
  status: number;
  code: string;
  article?: string;
  problems: readonly Problem[];
}

export interface Verdict {
  refusal?: Refusal;
  /** The transition that was, or would have been, made. */
  rule?: Rule;
  /** The refused attempt by itself. */
  violation?: ModelViolation;
  /** It is done, and nothing is different afterwards. */
  unchanged?: boolean;
  /** Does in the model what the bus has done; returns the file. Only of an act that was not refused. */
  apply(made: Made): ModelFile;
}

const STATUS: Readonly<Record<string, number>> = {
  BAD_REQUEST: 400,
  NOT_FOUND: 404,
  NOT_YOUR_ROLE: 403,
  FOUR_EYES: 403,
  NOT_SHARED: 403,
  CONSENT_MISSING: 403,
  STALE: 409,
  WRONG_STATE: 409,
  CONFLICT: 409,
  NO_BODY_HEAD: 409,
  INCOMPATIBLE_VERSION: 409,
  OVERDUE: 409,
  SECOND_SUPPLEMENT: 409,
  EXTENSION_SPENT: 409,
  NOT_DELIVERED: 409,
  LIVE_GRANTS: 409,
  NOT_FILED: 409,
  TRIAL_ONLY: 403,
  RECORD_LOCKED: 409,
};

/** Codes whose refusal stands on record as a violation of the provider, and what it is about. */
const VIOLATIONS: Readonly<Record<string, string>> = { LATE_CONDITION: 'P2', LIVE_GRANTS: 'P7' };

const refused = (problems: readonly Problem[], rule?: Rule): Verdict => {
  const [{ code, article }] = problems as [Problem];
  return {
    refusal: { status: STATUS[code] ?? 422, code, problems, ...(article !== undefined && { article }) },
    ...(rule && { rule }),
    apply: () => {
      throw new Error(`an act that is refused ${code} was done`);
    },
  };
};

/** The answer of the law to an act, in the order of checks of docs/procedure.md. */
export function judge(world: World, act: Act): Verdict {
  const officer = world.officers.get(act.who) ?? operatorFor(world, act);
  if (!officer) return refused([problem('', 'NOT_YOUR_ROLE', 'R36')]);
  const named = act.id === undefined ? undefined : world.find(act.kind, act.id);
  const creates = act.act === 'create' || (act.act === 'put' && !named);
  if (!creates && !(named && reads(world, officer, named))) return refused([problem('', 'NOT_FOUND')]);
  if (named && act.act === 'put' && isUnchanged(world, act, officer, named))
    return { unchanged: true, apply: () => named };
  const publishesOwn = act.act === 'publish' && officer.party === named?.own && world.peer(named.own) !== named.own;
  if (publishesOwn) return refused([problem('', 'TRIAL_ONLY', 'R16')]);
  const rules = [...RULES[act.kind], ...(act.kind === 'grants' ? grantCaseRules : [])].filter(
    (rule) => rule.act === act.act && rule.who.some((who) => who !== 'bus'),
  );
  const [first] = rules;
  if (!first) return refused([problem('', 'NOT_FOUND')]);
  const shape = shapeProblems(first, act);
  if (shape.length > 0) return refused(shape);
  if (act.ifMatch === 'stale') return refused([problem('', 'STALE')]);
  const file = named ?? subjectOf(world, act, officer);
  const state = creates ? '–' : file.state;
  const standing = rules.filter((rule) => rule.from.includes(state) && (rule.stands?.(world, file) ?? true));
  if (standing.length === 0) return refused([problem('', 'WRONG_STATE')]);
  const rule = standing.find((one) => one.who.some((who) => fits(world, officer, file, who)));
  if (!rule) return refused([problem('', 'NOT_YOUR_ROLE', officer === world.operator ? 'R36' : 'R11')]);
  const performing: Performing = { world, file, officer, act, made: {} };
  const problems = faultsOf(rule, performing);
  if (problems.length > 0) {
    const violation = violationOf(performing, problems);
    return { ...refused(problems, rule), ...(violation && { violation }) };
  }
  return { rule, apply: (made) => perform(rule, { ...performing, made }) };
}

/** The platform operator, who takes part in stops alone. */
const operatorFor = ({ operator }: World, { who, kind }: Act): ModelOfficer | undefined =>
  who === operator?.id && kind === 'stops' ? operator : undefined;

/** An equal document changes nothing, whatever the state. */
const isUnchanged = (world: World, { plan, ifMatch }: Act, officer: ModelOfficer, file: ModelFile): boolean =>
  file.kind === 'catalog' &&
  ifMatch !== 'stale' &&
  plan?.fault === undefined &&
  plan?.text?.edition === file.text.edition &&
  fits(world, officer, file, 'own.catalog_editor') &&
  RULES.catalog.some(({ act, from }) => act === 'put' && from.includes(file.state));

/** Faults of the first group that has one: four eyes, digest, guard. */
function faultsOf(rule: Rule, performing: Performing): Problem[] {
  if (rule.fourEyes?.(performing)) return [problem('', 'FOUR_EYES', 'R20')];
  const digest = digestProblem(rule, performing);
  if (digest) return [digest];
  const { needs = [], reason, guard = () => [], article } = rule;
  const checks = rule.checks ?? [...needs, ...(reason ? ['reason'] : []), guard];
  const found = checks.flatMap((check) =>
    typeof check === 'string' ? absent(check, performing, article) : check(performing),
  );
  return [...found.filter(({ code }) => code !== 'CONFLICT'), ...found.filter(({ code }) => code === 'CONFLICT')];
}

function absent(field: string, { act }: Performing, article: string | undefined): Problem[] {
  if (act.body[field] !== undefined) return [];
  return [problem(`/${field}`, field === 'reason' ? 'NO_REASON' : 'INCOMPLETE', article)];
}

function digestProblem({ digest, article }: Rule, { act, file }: Performing): Problem | undefined {
  if (digest === undefined) return undefined;
  if (act.digest === undefined) return digest === 'needed' ? problem('/digest', 'INCOMPLETE', article) : undefined;
  const proof = file.kind === 'grants' ? file.proof : { open: true };
  if (!proof?.open) return problem('/digest', 'WRONG_STATE');
  return act.digest === 'present' ? undefined : problem('/digest', 'DIGEST_DIFFERS', 'R42');
}

function violationOf({ file, act }: Performing, problems: readonly Problem[]): ModelViolation | undefined {
  const code = problems.map((one) => VIOLATIONS[one.code]).find((one) => one !== undefined);
  return code ? { code, party: file.provider as string, kind: file.kind, id: file.id, act: act.act } : undefined;
}

function perform(rule: Rule, performing: Performing): ModelFile {
  const { world, file, officer, act, made } = performing;
  const from = rule.from.includes('–') && act.act === 'create' ? undefined : file.state || undefined;
  if (made.self !== undefined) file.id = made.self;
  world.put(file);
  if (rule.to === 'elsewhere') {
    rule.effect?.(performing);
    return file;
  }
  const chosen = rule.to.includes(',');
  if (rule.to !== 'self' && !chosen) file.state = rule.to;
  const record = { act: act.act, actor: `officer:${officer.id}`, from, to: file.state };
  file.history.push(record);
  rule.effect?.(performing);
  notify(world, file, rule.number, act.act);
  if (chosen) record.to = file.state;
  return file;
}
