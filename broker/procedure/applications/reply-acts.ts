import type { EntryVersion } from '../../../proto/entry/entry.js';
import type { LawfulProblem } from '../../../proto/errors.js';
import type { OfficerCaller } from '../../parties/caller.js';
import { atLeastOne, stands } from '../engine/act-guards.js';
import { digestOf } from '../engine/answer.js';
import { DIGEST, listOf, TEXT } from '../engine/body-check.js';
import { type ActContext, type Guard, type NamedAttachment, SELF, type Transition } from '../engine/machine.js';
import { problem } from '../engine/refusals.js';
import { newId } from '../engine/run-act.js';
import type { Fields, ProcedureFile } from '../files/file.js';
import type { GrantOrder } from '../grants/grant-file.js';
import { PAPER, REPLY_EXAMPLE } from '../published/example-documents.js';
import type { ApplicationDocument } from './document-check.js';
import { REPLY_BODY, refusalProblems, replyOf, replyProblems } from './reply-check.js';

const EXTENSION_MAX = 10;
const DAYS = { type: 'integer', minimum: 1 };
const REPLY_CLOCKS = ['D3', 'D4'] as const;
const STANDING_MAX = 1_000;
const APPROVAL_MEMBERS = ['items', 'leftOut', 'conditions'];

const documentOf = ({ document }: ProcedureFile): ApplicationDocument => document as unknown as ApplicationDocument;

/** The version that the application was filed for, which its reply is judged by. */
const frozenVersion = ({ world, file }: ActContext): EntryVersion | undefined => {
  const { entry, version } = documentOf(file);
  return version === undefined ? undefined : world.catalog.version(entry, version);
};

const inTime: Guard = {
  name: 'in time',
  check: ({ clocks }) =>
    REPLY_CLOCKS.some((id) => clocks.isLate(id))
      ? problem('', 'OVERDUE', 'the time to reply is over', 'R21')
      : undefined,
};

const spent = (text: string, path = '/days'): LawfulProblem => problem(path, 'EXTENSION_SPENT', text, 'R21');

interface Asked {
  days: number;
  reason: string;
}

/** Facts for those who act next: the time that was asked for, and to the provider the reply that was prepared. */
export function preparedFor({ memo, sides }: ProcedureFile, { party }: OfficerCaller): Fields {
  const { extension, prepared, preparedBy } = memo;
  const { days, reason } = (extension ?? {}) as Partial<Asked>;
  return {
    ...(extension !== undefined && { extension: { days, reason } }),
    ...(prepared !== undefined && party === sides.provider && { prepared: { reply: prepared, by: preparedBy } }),
  };
}

const askOnce: Guard = {
  name: 'days ≤ 10, once',
  check: ({ body, file }) => {
    const isBeyond = Number(body.days) > EXTENSION_MAX;
    return [
      ...(isBeyond ? [spent(`at most ${EXTENSION_MAX} days can be asked for`)] : []),
      ...(file.memo.extension === undefined ? [] : [spent('an extension was asked for once already', '')]),
    ];
  },
};

const notMoreThanAsked: Guard = {
  name: 'days ≤ asked',
  check: ({ body, file }) => {
    const { days } = (file.memo.extension ?? {}) as Partial<Asked>;
    return days !== undefined && Number(body.days) > days ? spent(`${days} days were asked for`) : undefined;
  },
};

/** Each part that was asked for is handed in, with a text or an attachment. */
function partProblems({ body, file }: ActContext): LawfulProblem[] {
  const parts = (body.parts ?? []) as NonNullable<ApplicationDocument['parts']>;
  const missing = documentOf(file).missing ?? [];
  const given = parts.filter(({ text, attachments = [] }) => text !== undefined || attachments.length > 0);
  const lacking = missing.filter((one) => !given.some((part) => part.missing === one));
  const unasked = parts.filter((part) => !missing.includes(part.missing));
  return [
    ...lacking.map((one) => problem('/parts', 'INCOMPLETE', `nothing is handed in for "${one}"`, 'R21')),
    ...unasked.map((one) => problem('/parts', 'INCOMPLETE', `"${one.missing}" was not asked for`, 'R21')),
  ];
}

const attachmentsOfParts = ({ body }: ActContext): NamedAttachment[] =>
  ((body.parts ?? []) as NonNullable<ApplicationDocument['parts']>).flatMap(({ attachments = [] }, part) =>
    attachments.map((sha256, index) => ({ path: `/parts/${part}/attachments/${index}`, sha256 })),
  );

/** A prepared reply is an approval or a refusal. */
function preparedProblems({ body, file, ...context }: ActContext): LawfulProblem[] {
  const reply = body.reply as Fields | undefined;
  if (reply === undefined) return [problem('/reply', 'INCOMPLETE', 'is missing', 'R20')];
  const version = frozenVersion({ body, file, ...context });
  const isApproval = APPROVAL_MEMBERS.some((name) => reply[name] !== undefined);
  const problems = isApproval ? preparedApproval(reply, file, version) : refusalProblems(reply.code, version);
  if (!isApproval && reply.reason === undefined) {
    problems.push(problem('/reason', 'NO_REASON', 'is missing', 'R21'));
  }
  return problems.map((one) => ({ ...one, path: `/reply${one.path}` }));
}

/** Conditions are judged in the reply that is given: that one alone can break the law. */
function preparedApproval(reply: Fields, file: ProcedureFile, version: EntryVersion | undefined): LawfulProblem[] {
  const mixed = ['code', 'reason'].filter((name) => reply[name] !== undefined);
  if (mixed.length > 0) return mixed.map((name) => problem(`/${name}`, 'BAD_REQUEST', 'has no place in an approval'));
  if (!version) return [];
  return replyProblems(reply, documentOf(file), version).filter(({ code }) => code !== 'LATE_CONDITION');
}

function approvalProblems(context: ActContext): LawfulProblem[] {
  const version = frozenVersion(context);
  return version ? replyProblems(context.body, documentOf(context.file), version) : [];
}

const violationOf: Transition['violationOf'] = ({ file, transition }, problems) => {
  const late = problems.filter(({ code }) => code === 'LATE_CONDITION');
  if (late.length === 0) return undefined;
  const what = late.map(({ path, text }) => `${path} ${text}`).join('; ');
  return {
    code: 'P2',
    party: String(file.sides.provider),
    about: { kind: file.kind, id: file.id },
    facts: `${transition.act} was refused: ${what}`.slice(0, 2_000),
    act: transition.act,
  };
};

/** The standing consent that answers an application for an unconditional entry, as the body of an approval. */
export async function standingConsent({ batch, file }: ActContext): Promise<Fields | undefined> {
  const { entry } = documentOf(file);
  const files = await batch.list({ kind: 'consents', states: ['in_force'], entry, limit: STANDING_MAX });
  const consent = files.find(({ document, state }) => document.kind === 'standing' && state === 'in_force');
  return consent && { consent: consent.id, by: consent.memo.signedBy ?? consent.document.by };
}

/** Approves with a reply; the grant follows in the same batch. */
async function approve(context: ActContext, kind: string, given?: Fields): Promise<void> {
  const { file, body, follow } = context;
  const applied = documentOf(file);
  const all = { items: applied.items?.map(({ name }) => name) ?? [], leftOut: [] };
  const reply = replyOf(given ?? all, applied);
  const id = newId('grants');
  const { consent, by } = body;
  file.document = {
    ...file.document,
    reply: { ...reply, ...(consent !== undefined && { consent, by }) },
    grant: id,
  };
  const order: GrantOrder = { application: file.id, kind, reply, applied, sides: file.sides };
  await follow({ ref: { kind: 'grants', id }, act: 'create', body: { ...order } });
}

/** Everything between the filing of an application and its reply. */
export const REPLY_ACTS: readonly Transition[] = [
  {
    number: 'A5',
    from: ['filed'],
    act: 'ask-supplement',
    to: 'supplement_asked',
    who: ['provider.reviewer', 'provider.body_head'],
    body: { missing: listOf(TEXT) },
    guard: [
      'missing',
      atLeastOne('missing', 'paper'),
      {
        name: 'once',
        check: ({ file }) =>
          documentOf(file).missing === undefined
            ? undefined
            : problem('', 'SECOND_SUPPLEMENT', 'papers were asked for once already'),
      },
      inTime,
    ],
    clocks: ['‖D3', '‖D4'],
    apply: ({ file, body }) => {
      file.document = { ...file.document, missing: body.missing };
    },
    notices: ['D'],
    article: 'R21',
  },
  {
    number: 'A6',
    from: ['supplement_asked'],
    act: 'supplement',
    example: { parts: [{ missing: 'the order of the health commission', attachments: [PAPER] }] },
    to: 'filed',
    who: ['demand.applicant'],
    body: {
      parts: listOf({
        type: 'object',
        properties: { missing: TEXT, text: TEXT, attachments: listOf(DIGEST, 20) },
        required: ['missing'],
        additionalProperties: false,
      }),
    },
    names: attachmentsOfParts,
    guard: [{ name: 'parts, one for each that is missing', check: partProblems }],
    clocks: ['▷D3', '▷D4'],
    apply: ({ file, body }) => {
      file.document = { ...file.document, parts: body.parts };
    },
    notices: ['P'],
    article: 'R21',
  },
  {
    number: 'A7',
    from: ['filed', 'extended'],
    act: 'ask-extension',
    to: SELF,
    who: ['provider.body_head'],
    body: { days: DAYS },
    guard: ['days', askOnce, 'reason', inTime],
    apply: ({ file, body, reason }) => {
      file.memo = { ...file.memo, extension: { days: body.days, reason, isOpen: true } };
    },
    notices: ['CD'],
    article: 'R21',
  },
  {
    number: 'A8',
    from: ['filed'],
    act: 'extend',
    to: 'extended',
    who: ['peer.competent_reviewer'],
    body: { days: DAYS },
    guard: [
      stands('an open request', 'no extension was asked for', ({ file }) => file.memo.extension !== undefined),
      'days',
      notMoreThanAsked,
      inTime,
    ],
    clocks: ['D3 +days', 'D4 +days'],
    apply: ({ file, body, clocks }) => {
      for (const id of REPLY_CLOCKS) clocks.extend(id, Number(body.days));
      file.memo = { ...file.memo, extension: { ...(file.memo.extension as Asked), isOpen: false } };
    },
    notices: ['D', 'P'],
    article: 'R21',
  },
  {
    number: 'A9',
    from: ['filed', 'extended'],
    act: 'prepare',
    example: { reply: REPLY_EXAMPLE },
    to: SELF,
    who: ['provider.reviewer'],
    body: {
      reply: {
        type: 'object',
        properties: { ...REPLY_BODY, code: TEXT, reason: TEXT },
        additionalProperties: false,
      },
    },
    guard: [{ name: 'reply', check: preparedProblems }],
    apply: ({ file, body, caller }) => {
      file.memo = { ...file.memo, preparedBy: caller?.id, prepared: body.reply };
    },
    article: 'R20',
  },
  {
    number: 'A10',
    from: ['filed', 'extended'],
    act: 'approve',
    example: REPLY_EXAMPLE,
    to: 'approved',
    who: ['provider.body_head'],
    body: REPLY_BODY,
    fourEyes: ({ file }) => [file.memo.preparedBy as string | undefined],
    digest: { needed: false, of: ({ file }) => digestOf(file.document) },
    guard: [
      { name: 'items, leftOut with reasons, no condition that the entry does not list', check: approvalProblems },
    ],
    violationOf,
    clocks: ['-D3', '-D4'],
    apply: (context) => approve(context, 'applied', context.body),
    notices: ['D', 'CD'],
    article: 'R20',
  },
  {
    number: 'A11',
    from: ['filed', 'extended'],
    act: 'refuse',
    example: { code: 'no_duty_basis', reason: 'the law named does not give this duty' },
    to: 'refused',
    who: ['provider.body_head'],
    body: { code: TEXT },
    fourEyes: ({ file }) => [file.memo.preparedBy as string | undefined],
    digest: { needed: false, of: ({ file }) => digestOf(file.document) },
    guard: [{ name: 'code', check: (context) => refusalProblems(context.body.code, frozenVersion(context)) }, 'reason'],
    clocks: ['-D3', '-D4'],
    apply: ({ file, body, reason }) => {
      file.document = { ...file.document, refusal: { code: body.code, reason } };
    },
    notices: ['D', 'CD'],
    article: 'R21',
  },
  {
    number: 'A12',
    from: ['draft', 'signed', 'filed', 'supplement_asked', 'extended'],
    act: 'cancel',
    to: 'cancelled',
    who: ['demand.applicant', 'demand.body_head'],
    clocks: ['-D3', '-D4'],
    notices: ['P if filed'],
  },
  {
    number: 'A14',
    from: ['refused'],
    act: 'approve',
    to: 'approved',
    who: ['bus'],
    apply: (context) => approve(context, 'decided'),
    notices: ['D', 'P'],
    article: 'R28',
  },
  {
    number: 'A13',
    from: ['filed'],
    act: 'approve',
    to: 'approved',
    who: ['bus'],
    clocks: ['-D3', '-D4'],
    apply: (context) => approve(context, 'standing'),
    notices: ['D', 'P'],
    article: 'R20',
  },
];
