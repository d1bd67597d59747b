import { attachmentsNeeded } from '../../../../broker/procedure/engine/act-guards.js';
import { digestOf } from '../../../../broker/procedure/engine/answer.js';
import { DATE, ID, TEXT } from '../../../../broker/procedure/engine/body-check.js';
import {
  type ActContext,
  type Guard,
  type Machine,
  NONE,
  SELF,
  type Transition,
} from '../../../../broker/procedure/engine/machine.js';
import { problem } from '../../../../broker/procedure/engine/refusals.js';
import type { Fields, FileRef, ProcedureFile, Sides } from '../../../../broker/procedure/files/file.js';
import { splitEntryId } from '../../../../proto/entry/entry.js';
import { isEntryId } from '../../../../proto/subject.js';
import { PERFORM, type Perform, performProblem, performs } from './dispute-outcomes.js';

const HEADS = ['either.body_head'];
const HANDLER = ['handler.competent_reviewer'];
const ARTICLE = 'R28';
const ABOUT = ['applications', 'grants', 'cases', 'corrections', 'changes', 'catalog', 'designations'];
const SUBJECTS = [
  'refusal',
  'condition',
  'lateness',
  'correction',
  'suspension',
  'termination',
  'attribute',
  'source_role',
  'change',
];
const OPEN = ['negotiating', 'coordination_requested', 'coordinating', 'escalated', 'decided'];
const DISPUTES_MAX = 1_000;

interface Settlement {
  party: string;
  text: string;
  perform?: Perform;
  digest: string;
}

const settlementOf = ({ memo }: ProcedureFile): Settlement | undefined => memo.settlement as Settlement | undefined;
const aboutOf = ({ body }: ActContext): FileRef | undefined => body.about as FileRef | undefined;

/** Both sides of the thing that the dispute is about, where the caller is one of them, and who handles it. */
async function sidesOf(context: ActContext): Promise<Sides> {
  const { batch, world, caller } = context;
  const about = aboutOf(context);
  const own = caller?.party ?? '';
  const found = about && (await batch.get(about));
  const isOfAll = about?.kind === 'catalog' && isEntryId(about.id);
  const provider = isOfAll ? splitEntryId(about.id).party : found?.sides.provider;
  const [demand] = isOfAll ? [own] : [found?.sides.demand].flat();
  if (provider === undefined || demand === undefined || ![provider, demand].includes(own)) return { demand: own };
  const handler = world.relations.handlerOf([provider, demand]);
  return { provider, demand, ...(handler !== undefined && { handler }) };
}

const ofASide: Guard = {
  name: 'about a thing of which the department is a side',
  check: ({ file, body }) =>
    body.about !== undefined && file.sides.provider === undefined
      ? problem('/about', 'WRONG_STATE', 'is no file of which the department is a side')
      : undefined,
};

const oneOfASide: Guard = {
  name: 'no open dispute of the department about the same',
  check: async (context) => {
    const about = aboutOf(context);
    if (!about) return undefined;
    const query = { kind: 'disputes' as const, about: `${about.kind}/${about.id}`, states: OPEN, limit: DISPUTES_MAX };
    const open = await context.batch.list(query);
    const party = context.caller?.party;
    return open.some((one) => OPEN.includes(one.state) && one.document.party === party)
      ? problem('/about', 'CONFLICT', 'has an open dispute of the department')
      : undefined;
  },
};

const differentPeers: Guard = {
  name: 'sides of different level or region',
  check: ({ file: { sides }, world: { relations } }) =>
    sides.provider !== undefined && relations.peerOf(sides.provider) === relations.peerOf(String(sides.demand))
      ? problem('', 'NEGOTIATION_MISSING', 'departments of one level and region negotiate first', ARTICLE)
      : undefined,
};

function raise({ file, body, caller }: ActContext): void {
  const { about, subject, claim } = body;
  const { kind, id } = about as FileRef;
  file.document = { id: file.id, about: { kind, id }, subject, claim, party: caller?.party };
  file.about = [`${kind}/${id}`];
}

function startCoordination({ file, clocks, nowMs, world }: ActContext): void {
  const { localTargetDays: length } = world.settings;
  clocks.start({ id: 'L28', party: String(file.sides.handler), startMs: nowMs, unit: 'wd', length });
}

const otherSide = {
  name: 'other side',
  of: ({ file: { sides }, caller }: ActContext): string[] =>
    [sides.provider, sides.demand].flat().filter((party) => party !== undefined && party !== caller?.party) as string[],
};

const CREATE = {
  body: {
    about: {
      type: 'object',
      properties: { kind: { enum: ABOUT }, id: ID },
      required: ['kind', 'id'],
      additionalProperties: false,
    },
    subject: { enum: SUBJECTS },
    claim: TEXT,
    direct: { type: 'boolean' },
  },
  example: {
    about: { kind: 'applications', id: 'ap-7f3k2m9q1x0c' },
    subject: 'refusal',
    claim: 'the tax law names the duty',
  },
  sides: sidesOf,
};
const CLAIM: readonly Guard[] = ['about', ofASide, 'subject', 'claim'];

const RAISED: readonly Transition[] = [
  {
    number: 'N1',
    from: [NONE],
    act: 'create',
    to: 'negotiating',
    who: HEADS,
    ...CREATE,
    when: ({ body }) => body.direct !== true,
    guard: [...CLAIM, oneOfASide],
    apply: raise,
    notices: [otherSide],
    article: ARTICLE,
  },
  {
    number: 'N2',
    from: [NONE],
    act: 'create',
    to: 'coordination_requested',
    who: HEADS,
    ...CREATE,
    when: ({ body }) => body.direct === true,
    guard: [...CLAIM, differentPeers, oneOfASide],
    clocks: ['+L28'],
    apply: (context) => {
      raise(context);
      startCoordination(context);
    },
    notices: ['both', 'CD'],
    article: ARTICLE,
  },
];

const SETTLE = {
  act: 'settle',
  who: HEADS,
  body: { text: TEXT, perform: PERFORM },
  example: { text: 'the items are granted', perform: { act: 'none' } },
};
const isSecond = ({ body }: ActContext): boolean => body.digest !== undefined && body.text === undefined;

const SETTLED: readonly Transition[] = [
  {
    number: 'N3',
    from: ['negotiating', 'coordinating'],
    to: SELF,
    ...SETTLE,
    when: (context) => !isSecond(context),
    guard: ['text', performProblem(({ body }) => body.perform as Perform | undefined)],
    isAwaited: () => false,
    apply: ({ file, body, caller }) => {
      const signed = {
        party: caller?.party,
        text: body.text,
        ...(body.perform !== undefined && { perform: body.perform }),
      };
      const settlement = { ...signed, digest: digestOf(signed) };
      file.memo = { ...file.memo, settlement, signedBy: caller?.id };
      file.document = { ...file.document, settlement };
    },
    notices: [otherSide],
    article: ARTICLE,
  },
  {
    number: 'N4',
    from: ['negotiating', 'coordinating'],
    to: 'settled',
    ...SETTLE,
    when: isSecond,
    /** The signatures are of two persons and of two parties. */
    fourEyes: ({ file, caller }) => [
      file.memo.signedBy as string | undefined,
      settlementOf(file)?.party === caller?.party ? caller?.id : undefined,
    ],
    digest: { needed: true, of: ({ file }) => settlementOf(file)?.digest },
    guard: [performProblem(({ file }) => settlementOf(file)?.perform)],
    clocks: ['-L28'],
    apply: (context) => performs(context, settlementOf(context.file)?.perform),
    notices: ['both', 'CD'],
    article: ARTICLE,
    endsRights: true,
  },
];

const COORDINATED: readonly Transition[] = [
  {
    number: 'N5',
    from: ['negotiating'],
    act: 'request',
    to: 'coordination_requested',
    who: HEADS,
    guard: [attachmentsNeeded(1, 'NEGOTIATION_MISSING')],
    clocks: ['+L28'],
    apply: startCoordination,
    notices: ['both', 'CD'],
    article: ARTICLE,
  },
  {
    number: 'N6',
    from: ['coordination_requested'],
    act: 'coordinate',
    to: 'coordinating',
    who: HANDLER,
    notices: ['both'],
    article: ARTICLE,
  },
  {
    number: 'N7',
    from: ['coordinating'],
    act: 'escalate',
    to: 'escalated',
    who: HANDLER,
    body: { government: TEXT },
    example: { government: 'the people’s government of the province', reason: 'no agreement' },
    guard: ['government', 'reason'],
    apply: ({ file, body, reason }) => {
      file.document = { ...file.document, escalated: { government: body.government, reason } };
    },
    notices: ['both'],
    article: ARTICLE,
  },
  {
    number: 'N8',
    from: ['escalated'],
    act: 'decide',
    to: 'decided',
    who: HANDLER,
    body: {
      document: {
        type: 'object',
        properties: { number: TEXT, date: DATE },
        required: ['number', 'date'],
        additionalProperties: false,
      },
      perform: PERFORM,
    },
    example: { document: { number: 'MZ-2026-7', date: '2026-07-01' }, perform: { act: 'none' } },
    digest: { needed: false, of: ({ file }) => digestOf(file.document) },
    guard: [
      'document',
      attachmentsNeeded(1),
      'perform',
      performProblem(({ body }) => body.perform as Perform | undefined),
    ],
    clocks: ['-L28'],
    apply: async ({ file, body, attachments, follow }) => {
      const { document, perform } = body;
      file.document = { ...file.document, decision: { document, perform, attachments } satisfies Fields };
      await follow({ ref: file, act: 'perform', body: { perform } });
    },
    notices: ['both'],
    article: ARTICLE,
    endsRights: true,
  },
  {
    number: 'N9',
    from: ['decided'],
    act: 'perform',
    to: 'closed',
    who: ['bus'],
    apply: (context) => performs(context, context.body.perform as Perform | undefined),
    notices: ['both'],
    article: ARTICLE,
  },
];

/** Disputes between departments. */
export const DISPUTES: Machine = {
  kind: 'disputes',
  available: true,
  states: ['negotiating', 'coordination_requested', 'coordinating', 'escalated', 'decided', 'settled', 'closed'],
  transitions: [...RAISED, ...SETTLED, ...COORDINATED],
};
