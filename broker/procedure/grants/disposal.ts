import type { LawfulProblem } from '../../../proto/errors.js';
import { dateAt, daysLater, yearsLater } from '../clock/shanghai-days.js';
import { attachmentsNeeded, stands } from '../engine/act-guards.js';
import { digestOf } from '../engine/answer.js';
import { TEXT } from '../engine/body-check.js';
import { type ActContext, SELF, type Transition } from '../engine/machine.js';
import { problem } from '../engine/refusals.js';
import { PAPER } from '../published/example-documents.js';
import { entryVersionOf, grantOf, type OpenProof, setGrant } from './grant-file.js';

/** Records about a grant are kept for so long after its end (regulation R29). */
export const KEPT_YEARS = 3;
const REASONS = ['reached', 'impossible', 'not_needed'];
const RECORDS_MAX = 1_000;
/** Locked with the end itself, which is one batch; the lock of further ones is computed when they are to be removed. */
const LOCKED_MAX = 400;
/** Use record that each method of disposal needs. */
const RECORD_OF = { destroyed: 'destruction', retained_by_law: 'storage' } as const;

const proofOf = ({ file }: ActContext): OpenProof | undefined => file.memo.proof as OpenProof | undefined;

/** Records of use are locked for a time that is known from now on. */
async function lockRecords({ batch, file, follow }: ActContext): Promise<void> {
  const about = `grants/${file.id}`;
  const records = await batch.list({ kind: 'use-records', about, states: ['kept'], limit: LOCKED_MAX });
  for (const record of records) await follow({ ref: record, act: 'grant-ended' });
}

/** The task with which a grant ends: what to do with the data, by when, and for how long the records are kept. */
export async function beginDisposal(context: ActContext): Promise<void> {
  const { file, clocks, nowMs } = context;
  const grant = grantOf(file);
  const requirement = entryVersionOf(context, grant)?.document.disposalRequirement as
    | { withinDays?: number }
    | undefined;
  const today = dateAt(nowMs);
  const [demand] = [file.sides.demand].flat();
  const clock = { party: String(demand), startMs: nowMs, unit: 'date' as const };
  clocks.start({ ...clock, id: 'D8', due: yearsLater(today, KEPT_YEARS) });
  if (requirement?.withinDays !== undefined) {
    clocks.start({ ...clock, id: 'T27', due: daysLater(today, requirement.withinDays) });
  }
  file.memo = { ...file.memo, endsAt: undefined };
  setGrant(file, grant, 'disposing');
  file.fields = { ...file.fields, ...(requirement && { disposalRequirement: requirement }) };
  await lockRecords(context);
}

/** The use record that the proof rests on. */
async function recordProblems({ batch, file, body }: ActContext): Promise<LawfulProblem[]> {
  const wanted = RECORD_OF[body.method as OpenProof['method']];
  if (wanted === undefined) return [];
  const about = `grants/${file.id}`;
  const records = await batch.list({ kind: 'use-records', about, states: ['kept'], limit: RECORDS_MAX });
  if (records.some(({ document }) => document.kind === wanted)) return [];
  return [problem('', 'INCOMPLETE', `there is no use record of kind ${wanted}`, 'R27')];
}

function prove({ file, body, attachments, batch }: ActContext): void {
  const { method, statement } = body as Pick<OpenProof, 'method' | 'statement'>;
  const given = { method, statement, attachments };
  const proof: OpenProof = { seq: batch.head + 1 + batch.steps.length, digest: digestOf(given), ...given };
  file.memo = { ...file.memo, proof };
  file.fields = { ...file.fields, proof };
}

function dropProof({ file }: ActContext): void {
  const { proof: _, ...memo } = file.memo;
  file.memo = memo;
  const { proof: _shown, ...fields } = file.fields ?? {};
  file.fields = fields;
}

const openProof = stands('an open proof', 'there is no open proof', (context) => proofOf(context) !== undefined);

/** Consequences of the end of a grant. */
export const DISPOSAL: readonly Transition[] = [
  {
    number: 'G8',
    from: ['in_force'],
    act: 'dispose',
    example: { reason: 'not_needed' },
    to: 'disposing',
    who: ['demand.body_head', 'provider.body_head'],
    guard: [
      {
        name: `reason of ${REASONS.join(', ')}`,
        check: ({ reason }) =>
          REASONS.includes(reason ?? '')
            ? undefined
            : problem('/reason', 'NO_REASON', `must be one of ${REASONS.join(', ')}`, 'R27'),
      },
    ],
    clocks: ['+D8', '+T27'],
    apply: async (context) => {
      const { file } = context;
      setGrant(file, { ...grantOf(file), status: 'terminated' }, 'terminated');
      await beginDisposal(context);
      await endCase(context);
    },
    notices: ['D', 'P'],
    article: 'R27',
    endsRights: true,
  },
  {
    number: 'G9',
    from: ['expired', 'terminated'],
    act: 'begin-disposal',
    to: 'disposing',
    who: ['bus'],
    clocks: ['+D8', '+T27'],
    apply: beginDisposal,
    notices: ['D', 'P'],
    article: 'R27',
  },
  {
    number: 'G10',
    from: ['disposing'],
    act: 'prove-disposal',
    example: { method: 'destroyed', statement: 'overwritten, minutes attached', attachments: [PAPER] },
    to: SELF,
    who: ['demand.security_officer'],
    body: { method: { enum: Object.keys(RECORD_OF) }, statement: TEXT },
    guard: ['method', 'statement', attachmentsNeeded(1), { name: 'use record of the method', check: recordProblems }],
    clocks: ['-T27'],
    // The requirement of the entry asks for it, with a day or without one.
    isAwaited: ({ memo }) => memo.proof === undefined,
    apply: prove,
    notices: ['P'],
    article: 'R27',
  },
  {
    number: 'G11',
    from: ['disposing'],
    act: 'reject-disposal',
    to: SELF,
    who: ['provider.body_head', 'provider.security_officer'],
    guard: [openProof, 'reason'],
    clocks: ['↻T27'],
    apply: dropProof,
    notices: ['D'],
    article: 'R27',
  },
  {
    number: 'G12',
    from: ['disposing'],
    act: 'accept-disposal',
    to: 'closed',
    who: ['provider.body_head', 'provider.security_officer'],
    digest: { needed: true, of: (context) => proofOf(context)?.digest },
    guard: [openProof],
    apply: (context) => {
      const accepted = proofOf(context);
      dropProof(context);
      context.file.fields = { ...context.file.fields, accepted };
    },
    notices: ['D'],
    article: 'R27',
  },
];

const CASES_MAX = 100;
export const OPEN_CASE_STATES = ['suspected', 'suspended', 'rectifying'];

/** S8: the open case of a grant that ends ends with it. */
export async function endCase({ batch, file, follow }: ActContext): Promise<void> {
  const about = `grants/${file.id}`;
  const cases = await batch.list({ kind: 'cases', about, states: OPEN_CASE_STATES, limit: CASES_MAX });
  for (const one of cases) {
    if (OPEN_CASE_STATES.includes(one.state)) await follow({ ref: one, act: 'grant-ended' });
  }
}
