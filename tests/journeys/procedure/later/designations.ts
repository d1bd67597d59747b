import { overlapsOf } from '../../../../broker/procedure/catalog/entry-overlaps.js';
import { DATE, ID, listOf, TEXT } from '../../../../broker/procedure/engine/body-check.js';
import {
  type ActContext,
  type Guard,
  type Machine,
  NONE,
  SELF,
  type Transition,
  todayOf,
  type World,
} from '../../../../broker/procedure/engine/machine.js';
import { problem } from '../../../../broker/procedure/engine/refusals.js';
import { partiesOf } from '../../../../broker/procedure/engine/relations.js';
import { newId } from '../../../../broker/procedure/engine/run-act.js';
import type { Fields, ProcedureFile } from '../../../../broker/procedure/files/file.js';
import { splitEntryId } from '../../../../proto/entry/entry.js';

const HANDLER = ['handler.competent_reviewer'];
const IN_FORCE = ['designated', 'catalog_updated'];
const STANDING = ['overlap_found', ...IN_FORCE];
const ARTICLE = 'R19';
const FILES_MAX = 1_000;
const ITEMS = { ...listOf({ type: 'string' }), minItems: 1 };
const DECISION = { lead: ID, document: TEXT, from: DATE };

interface Update {
  party: string;
  items: string[];
  text: string;
  answer?: 'take' | 'decline';
}

interface Designation {
  id: string;
  items: string[];
  lead?: string;
  from?: string;
  /** Entries of the departments that are not the lead, and the record behind which they must be published. */
  concerned?: string[];
  since?: number;
  exceptions?: Fields[];
  updates?: Update[];
}

const designationOf = ({ document }: ProcedureFile): Designation => document as unknown as Designation;
const itemsOf = ({ body }: ActContext): string[] => (body.items as string[] | undefined) ?? [];

/** Published entries with one of the items. */
const entriesWith = ({ catalog }: World, items: readonly string[]): string[] =>
  catalog
    .list()
    .map(({ id }) => id)
    .filter((id) => catalog.published(id)?.items.some(({ itemCode }) => itemCode && items.includes(itemCode)));

const providersOf = (world: World, items: readonly string[]): string[] => [
  ...new Set(entriesWith(world, items).map((id) => splitEntryId(id).party)),
];

const parties = { name: 'parties', of: ({ file: { sides } }: ActContext) => partiesOf(sides) };

const severalProviders: Guard = {
  name: 'two providers or more',
  check: (context) =>
    itemsOf(context).length > 0 && providersOf(context.world, itemsOf(context)).length < 2
      ? problem('/items', 'WRONG_STATE', 'has not two providers')
      : undefined,
};

const oneOfProviders: Guard = {
  name: 'one of the providers',
  check: ({ body, file }) =>
    body.lead === undefined || (file.sides.others ?? []).includes(String(body.lead))
      ? undefined
      : problem('/lead', 'BAD_REQUEST', 'is none of the providers'),
};

const notAhead: Guard = {
  name: 'not in the future',
  check: (context) =>
    String(context.body.from ?? '') > todayOf(context)
      ? problem('/from', 'BAD_REQUEST', 'is in the future')
      : undefined,
};

const notOfLead: Guard = {
  name: 'not of the lead',
  check: ({ file, caller }) =>
    caller?.party === file.sides.source ? problem('', 'NOT_YOUR_ROLE', 'is not for the lead', 'R11') : undefined,
};

const openUpdate = ({ file }: ActContext): number =>
  (designationOf(file).updates ?? []).findIndex(({ answer }) => answer === undefined);

const waitingUpdate: Guard = {
  name: 'an update without answer',
  check: (context) => (openUpdate(context) < 0 ? problem('', 'WRONG_STATE', 'there is no such update') : undefined),
};

function overlap({ file, world }: ActContext, items: readonly string[]): void {
  file.document = { id: file.id, items };
  file.about = entriesWith(world, items).map((id) => `catalog/${id}`);
}

/** The duty of everybody but the lead changes, so that their entries are to be updated. */
async function designate(context: ActContext): Promise<void> {
  const { file, body, world, batch, follow } = context;
  const { lead, document, from } = body;
  const { items } = designationOf(file);
  const concerned = entriesWith(world, items).filter((id) => splitEntryId(id).party !== lead);
  const since = batch.head + batch.steps.length;
  file.document = { ...file.document, lead, decision: document, from, concerned, since };
  file.sides = { ...file.sides, source: String(lead) };
  file.about = entriesWith(world, items).map((id) => `catalog/${id}`);
  const trigger = { type: 'duty_change', date: from, document };
  for (const id of concerned) await follow({ ref: { kind: 'catalog', id }, act: 'trigger', body: { trigger } });
}

/** L3: once all that are concerned have published a version since. */
async function catalogUpdated({ file, batch, follow }: ActContext): Promise<void> {
  const about = `catalog/${file.id}`;
  for (const one of await batch.list({ kind: 'designations', about, states: ['designated'], limit: FILES_MAX })) {
    const { concerned = [], since = 0 } = designationOf(one);
    const others = concerned.filter((id) => id !== file.id);
    const entries = await Promise.all(others.map((id) => batch.get({ kind: 'catalog', id })));
    const isDone = entries.every((entry) => Number(entry?.memo.publishedBehind ?? 0) >= since);
    if (concerned.includes(file.id) && isDone) await follow({ ref: one, act: 'catalog-updated' });
  }
}

/** L1 by the bus: an item that another department has as well, and about which there is no designation yet. */
async function findOverlaps({ file, batch, world, follow }: ActContext): Promise<void> {
  const { draft } = file.document as { draft?: { items: { name: string; itemCode?: string }[] } };
  const found = await overlapsOf(world, file.id, draft?.items ?? []);
  const standing = await batch.list({ kind: 'designations', states: STANDING, limit: FILES_MAX });
  const known = new Set(standing.flatMap((one) => designationOf(one).items));
  const items = found.map(({ itemCode }) => itemCode).filter((code) => !known.has(code));
  if (items.length === 0) return;
  const ref = { kind: 'designations', id: newId('designations') } as const;
  await follow({ ref, act: 'create', body: { items, by: splitEntryId(file.id).party } });
}

function answered(context: ActContext, answer: NonNullable<Update['answer']>): void {
  const { file } = context;
  const open = openUpdate(context);
  const updates = (designationOf(file).updates ?? []).map((one, at) => (at === open ? { ...one, answer } : one));
  file.document = { ...file.document, updates };
}

const sidesOf = ({ world, body }: ActContext) => {
  const items = (body.items as string[] | undefined) ?? [];
  const others = [...new Set([...providersOf(world, items), ...(typeof body.by === 'string' ? [body.by] : [])])];
  const handler = world.relations.handlerOf(others);
  return { others, ...(handler !== undefined && { handler }) };
};

const MADE: readonly Transition[] = [
  {
    number: 'L1',
    from: [NONE],
    act: 'create',
    to: 'overlap_found',
    who: ['bus', ...HANDLER, 'any.body_head'],
    body: { items: ITEMS },
    example: { items: ['DE00001'] },
    when: ({ body }) => body.lead === undefined,
    sides: sidesOf,
    guard: ['items', severalProviders],
    apply: (context) => overlap(context, itemsOf(context)),
    notices: ['CD'],
    article: ARTICLE,
  },
  {
    number: 'L2',
    from: ['overlap_found'],
    act: 'designate',
    to: 'designated',
    who: HANDLER,
    body: DECISION,
    example: { lead: 'fujian-civil-affairs', document: 'no. 3 of 2026', from: '2026-03-01' },
    guard: ['lead', oneOfProviders, 'document', 'from', notAhead],
    apply: designate,
    notices: [parties],
    article: ARTICLE,
  },
  {
    number: 'L3',
    from: ['designated'],
    act: 'catalog-updated',
    to: 'catalog_updated',
    who: ['bus'],
    notices: [parties],
    article: ARTICLE,
  },
  {
    number: 'L4',
    from: ['catalog_updated'],
    act: 'revise',
    to: 'revised',
    who: HANDLER,
    body: DECISION,
    example: { reason: 'the lead no longer collects them' },
    guard: ['reason', oneOfProviders, notAhead],
    apply: async ({ file, body, follow }) => {
      const { items, lead, from } = designationOf(file);
      const { decision } = file.document;
      const given = { lead: body.lead ?? lead, document: body.document ?? decision, from: body.from ?? from };
      const id = newId('designations');
      file.document = { ...file.document, revisedBy: id };
      await follow({ ref: { kind: 'designations', id }, act: 'create', body: { items, ...given } });
    },
    notices: [parties],
    article: ARTICLE,
  },
  {
    number: 'L4',
    from: [NONE],
    act: 'create',
    to: 'designated',
    who: ['bus'],
    when: ({ body }) => body.lead !== undefined,
    sides: sidesOf,
    apply: async (context) => {
      overlap(context, itemsOf(context));
      await designate(context);
    },
    notices: [parties],
    article: ARTICLE,
  },
  {
    number: 'L5',
    from: ['catalog_updated'],
    act: 'end',
    to: 'ended',
    who: HANDLER,
    guard: ['reason'],
    example: { reason: 'there is one provider left' },
    notices: [parties],
    article: ARTICLE,
  },
];

const UPDATES: readonly Transition[] = [
  {
    number: 'L6',
    from: IN_FORCE,
    act: 'except',
    to: SELF,
    who: HANDLER,
    body: { party: ID, items: ITEMS },
    example: { items: ['DE00001'] },
    guard: ['party', 'items', 'reason'],
    apply: ({ file, body, reason }) => {
      const { party, items } = body;
      const exceptions = [...(designationOf(file).exceptions ?? []), { party, items, reason }];
      file.document = { ...file.document, exceptions };
    },
    article: ARTICLE,
  },
  {
    number: 'L7',
    from: IN_FORCE,
    act: 'pass-on',
    to: SELF,
    who: ['any.body_head'],
    body: { items: ITEMS, text: TEXT },
    example: { items: ['DE00007'], text: 'born a day earlier' },
    guard: ['items', 'text', notOfLead],
    apply: ({ file, body, caller }) => {
      const update = { party: caller?.party, items: body.items, text: body.text };
      file.document = { ...file.document, updates: [...(designationOf(file).updates ?? []), update] };
    },
    article: ARTICLE,
  },
  {
    number: 'L8',
    from: IN_FORCE,
    act: 'take',
    to: SELF,
    who: ['source.body_head'],
    isAwaited: ({ document }) => ((document.updates as Update[] | undefined) ?? []).some(({ answer }) => !answer),
    guard: [waitingUpdate],
    apply: (context) => answered(context, 'take'),
    article: ARTICLE,
  },
  {
    number: 'L8',
    from: IN_FORCE,
    act: 'decline',
    to: SELF,
    who: ['source.body_head'],
    guard: [waitingUpdate, 'reason'],
    apply: async (context) => {
      const { file, violation, reason } = context;
      answered(context, 'decline');
      const about = { kind: file.kind, id: file.id };
      const facts = `an update was declined: ${reason}`.slice(0, 2_000);
      await violation({ code: 'P3', party: String(file.sides.source), about, facts, act: 'decline' });
    },
    article: ARTICLE,
  },
];

/** Designations of the lead for items that several departments collect. */
export const DESIGNATIONS: Machine = {
  kind: 'designations',
  available: true,
  states: ['overlap_found', 'designated', 'catalog_updated', 'revised', 'ended'],
  follows: [
    { kind: 'catalog', act: 'submit', apply: findOverlaps },
    { kind: 'catalog', act: 'publish', apply: catalogUpdated },
  ],
  transitions: [...MADE, ...UPDATES],
};
