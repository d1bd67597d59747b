import { ID, listOf, TEXT } from '../../../../broker/procedure/engine/body-check.js';
import {
  type ActContext,
  type Guard,
  type Machine,
  NONE,
  SELF,
  type Transition,
} from '../../../../broker/procedure/engine/machine.js';
import { problem } from '../../../../broker/procedure/engine/refusals.js';
import { newId } from '../../../../broker/procedure/engine/run-act.js';
import type { ProcedureFile, Sides } from '../../../../broker/procedure/files/file.js';
import { type EntryVersion, splitEntryId } from '../../../../proto/entry/entry.js';
import type { DeliveryFacts } from './delivery-facts.js';

const RAISES = ['demand.applicant', 'demand.correction_handler'];
const HANDLER = 'provider.correction_handler';
const POSITION = { type: 'integer', minimum: 1 };
const DAYS = 10;
const DESIGNATIONS_MAX = 1_000;
const ENDED = ['expired', 'terminated', 'disposing', 'closed'];

/** A grant under which the wrong value was delivered. */
interface Holder {
  grant: string;
  party: string;
  state: 'waiting' | 'notice';
  position: number;
}

interface CorrectionDocument {
  id: string;
  grant: string;
  entry: string;
  position: number;
  items: string[];
  what: string;
  holders?: Holder[];
  raiserAgrees?: boolean;
  dispute?: string;
}

const correctionOf = ({ document }: ProcedureFile): CorrectionDocument => document as unknown as CorrectionDocument;
const grantOf = ({ body, world }: ActContext) => world.grants.get(String(body.grant));
const isD7Late = ({ clocks }: ProcedureFile): boolean =>
  clocks.some(({ id, state }) => id === 'D7' && state === 'late');

const versionOf = (
  { world }: ActContext,
  grant: { entry: string; version?: number | undefined },
): EntryVersion | undefined => world.catalog.version(grant.entry, Number(grant.version));

/** Provider and receiver of the grant, and the designated lead of its items. */
async function sidesOf(context: ActContext): Promise<Sides> {
  const { body, batch, caller } = context;
  const grant = grantOf(context);
  if (!grant || grant.party !== caller?.party) return { demand: caller?.party ?? '' };
  const named = new Set((body.items as string[] | undefined) ?? []);
  const items = versionOf(context, grant)?.document.items ?? [];
  const codes = items.flatMap(({ name, itemCode }) => (named.has(name) && itemCode !== undefined ? [itemCode] : []));
  const states = ['designated', 'catalog_updated'];
  const standing = await batch.list({ kind: 'designations', states, limit: DESIGNATIONS_MAX });
  const lead = standing.find(({ document }) => codes.some((code) => (document.items as string[]).includes(code)));
  const source = lead?.document.lead as string | undefined;
  return {
    provider: splitEntryId(grant.entry).party,
    demand: grant.party,
    ...(source !== undefined && { source }),
  };
}

const ownGrant: Guard = {
  name: 'grant of the own party',
  check: (context) => {
    if (context.body.grant === undefined || grantOf(context)?.party === context.caller?.party) return undefined;
    return problem('/grant', 'WRONG_STATE', 'is no grant of the department');
  },
};

const grantedItems: Guard = {
  name: 'items of the grant',
  check: (context) => {
    const granted = grantOf(context)?.items.map(({ name }) => name);
    return ((context.body.items as string[] | undefined) ?? []).flatMap((name, index) =>
      granted?.includes(name) === false ? [problem(`/items/${index}`, 'BAD_REQUEST', 'is no item of the grant')] : [],
    );
  },
};

const received = (facts: DeliveryFacts): Guard => ({
  name: 'position that it received',
  check: async (context) => {
    const grant = grantOf(context);
    const { position } = context.body;
    if (!grant || position === undefined) return undefined;
    const isReceived = await facts.covers(grant, Number(position));
    return isReceived ? undefined : problem('/position', 'WRONG_STATE', 'was not delivered under the grant');
  },
});

async function raise(context: ActContext): Promise<void> {
  const { file, body, attachments, clocks, nowMs, follow } = context;
  const grant = grantOf(context);
  const version = grant && versionOf(context, grant);
  const { grant: id, position, subject, items, what } = body;
  const given = { grant: id, entry: grant?.entry, position, subject, items, what };
  file.document = {
    id: file.id,
    ...JSON.parse(JSON.stringify(given)),
    ...(attachments.length > 0 && { attachments }),
  };
  file.about = [`grants/${String(id)}`, `catalog/${grant?.entry}`];
  const { D7 } = (version?.document.promisedDays ?? {}) as Record<string, number>;
  const party = String(file.sides.provider);
  clocks.start({ id: 'D7', party, startMs: nowMs, unit: 'wd', length: DAYS }, D7);
  await follow({ ref: file, act: 'receive' });
}

const correcting = (facts: DeliveryFacts): Guard => ({
  name: 'position of an accepted correction of the wrong position',
  check: async (context) => {
    const { position } = context.body;
    if (position === undefined) return undefined;
    const { entry, position: wrong } = correctionOf(context.file);
    const version = context.world.catalog.published(entry);
    const [before, event] = await Promise.all(
      [wrong, Number(position)].map((one) => version && facts.eventAt(version, one)),
    );
    const isOfIt = event?.op === 'correction' && event.corrects === wrong && event.subject === before?.subject;
    return isOfIt ? undefined : problem('/position', 'WRONG_STATE', 'is no correction of the wrong position');
  },
});

async function correct({ file, body, batch, world }: ActContext, facts: DeliveryFacts): Promise<void> {
  const { entry, position } = correctionOf(file);
  const holders: Holder[] = [];
  for (const { id: grant, party } of world.grants.byEntry(entry)) {
    if (!(await facts.covers({ id: grant, party }, position))) continue;
    const { state = '' } = (await batch.get({ kind: 'grants', id: grant })) ?? {};
    holders.push({ grant, party, state: ENDED.includes(state) ? 'notice' : 'waiting', position });
  }
  file.document = { ...file.document, correctedBy: body.position, holders };
}

const holdersOf = ({ file }: ActContext, state: Holder['state']): string[] =>
  (correctionOf(file).holders ?? []).filter((holder) => holder.state === state).map(({ party }) => party);

/** The way to a dispute is open where the provider did not confirm, or did not answer in time. */
async function dispute({ file, body, follow }: ActContext): Promise<void> {
  const id = newId('disputes');
  const subject = isD7Late(file) ? 'lateness' : 'correction';
  file.document = { ...file.document, dispute: id };
  const about = { kind: file.kind, id: file.id };
  await follow({
    ref: { kind: 'disputes', id },
    act: 'create',
    byCaller: true,
    body: { about, subject, claim: body.claim },
  });
}

const HANDLED: readonly Transition[] = [
  {
    number: 'X2',
    from: ['raised'],
    act: 'receive',
    to: 'received',
    who: ['bus'],
    notices: ['P', 'source'],
    article: 'R26',
  },
  {
    number: 'X3',
    from: ['received'],
    act: 'take',
    to: 'verifying',
    who: [HANDLER],
    notices: ['D'],
    article: 'R26',
  },
  {
    number: 'X5',
    from: ['verifying'],
    act: 'not-confirm',
    to: 'not_confirmed',
    who: [HANDLER],
    example: { reason: 'the register of the hospital has the same date' },
    guard: ['reason'],
    apply: ({ file, reason }) => {
      file.document = { ...file.document, notConfirmed: reason };
    },
    notices: ['D'],
    article: 'R26',
  },
  {
    number: 'X6',
    from: ['corrected', 'not_confirmed'],
    act: 'report',
    to: 'closed',
    who: [HANDLER, 'provider.body_head'],
    body: { result: TEXT },
    example: { result: 'the date was corrected' },
    guard: ['result'],
    clocks: ['-D7'],
    apply: ({ file, body }) => {
      file.document = { ...file.document, result: body.result };
    },
    notices: ['D'],
    article: 'R26',
  },
  {
    number: 'X7',
    from: ['not_confirmed', 'received', 'verifying'],
    act: 'dispute',
    to: 'disputed',
    who: ['demand.body_head'],
    isOpen: (file) => file.state === 'not_confirmed' || isD7Late(file),
    body: { claim: TEXT },
    example: { claim: 'the record of the hospital says otherwise' },
    guard: ['claim'],
    clocks: ['-D7'],
    apply: dispute,
    notices: ['P', 'CD'],
    article: 'R28',
  },
  {
    number: 'X8',
    from: ['closed'],
    act: 'rate',
    to: SELF,
    who: RAISES,
    body: { raiserAgrees: { type: 'boolean' } },
    example: { raiserAgrees: true },
    isAwaited: (file) => correctionOf(file).raiserAgrees === undefined,
    guard: [
      'raiserAgrees',
      {
        name: 'once',
        check: ({ file }) =>
          correctionOf(file).raiserAgrees === undefined ? undefined : problem('', 'CONFLICT', 'is rated already'),
      },
    ],
    apply: ({ file, body }) => {
      file.document = { ...file.document, raiserAgrees: body.raiserAgrees };
    },
    article: 'R26',
  },
];

const TO_HOLDERS: Transition['notices'] = [
  { name: 'holders', of: (context) => holdersOf(context, 'waiting') },
  {
    name: 'holders',
    kind: 'correction_without_data',
    of: (context) => holdersOf(context, 'notice'),
    details: ({ file }) => {
      const { entry, items, position } = correctionOf(file);
      return { entry, items, position };
    },
  },
];

/** Correction requests. */
export const corrections = (facts: DeliveryFacts): Machine => ({
  kind: 'corrections',
  available: true,
  states: ['raised', 'received', 'verifying', 'corrected', 'not_confirmed', 'closed', 'disputed'],
  links: (file) => {
    const { grant, entry, dispute: id } = correctionOf(file);
    return {
      grant: `/v1/grants/${grant}`,
      entry: `/v1/catalog/${entry}`,
      ...(id !== undefined && { dispute: `/v1/disputes/${id}` }),
    };
  },
  answer: ({ document: { holders } }) => (holders === undefined ? {} : { holders }),
  transitions: [
    {
      number: 'X1',
      from: [NONE],
      act: 'create',
      to: 'raised',
      who: RAISES,
      body: { grant: ID, position: POSITION, subject: TEXT, items: { ...listOf(ID), minItems: 1 }, what: TEXT },
      example: { position: 1_077, items: ['birthDate'], what: 'the record of the hospital says 2026-01-13' },
      sides: sidesOf,
      guard: ['grant', ownGrant, 'position', received(facts), 'items', grantedItems, 'what'],
      clocks: ['+D7'],
      apply: raise,
      article: 'R26',
    },
    {
      number: 'X4',
      from: ['verifying'],
      act: 'correct',
      to: 'corrected',
      who: [HANDLER],
      body: { position: POSITION },
      example: { position: 1_102 },
      guard: ['position', correcting(facts)],
      apply: (context) => correct(context, facts),
      notices: TO_HOLDERS,
      article: 'R26',
    },
    ...HANDLED,
  ],
});
