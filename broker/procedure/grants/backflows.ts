import { splitEntryId } from '../../../proto/entry/entry.js';
import type { GrantedItem } from '../../../proto/entry/grant.js';
import { ITEM, itemProblems, versionInForce } from '../applications/document-check.js';
import { ID, listOf } from '../engine/body-check.js';
import { type ActContext, type Guard, type Machine, NONE, todayOf } from '../engine/machine.js';
import { problem } from '../engine/refusals.js';
import { newId } from '../engine/run-act.js';
import type { Sides } from '../files/file.js';
import type { GrantOrder } from './grant-file.js';

const bad = (path: string, text: string) => problem(path, 'BAD_REQUEST', text, 'R24');

/** Codes of lower regions begin with that of the upper one without its pairs of zeros: 350100 holds 350102. */
const regionPrefix = (code: string): string => code.replace(/(?:00)+$/, '');

const receiverOf = ({ world, body }: ActContext) => world.systems.get(String(body.system));

function sidesOf(context: ActContext): Sides {
  const { world, body, caller } = context;
  const receiver = receiverOf(context)?.party;
  const entry = typeof body.entry === 'string' ? body.entry : undefined;
  const provider = entry === undefined ? (caller?.party ?? '') : splitEntryId(entry).party;
  const handler = world.relations.handlerOf(receiver === undefined ? [provider] : [provider, receiver]);
  return { provider, ...(receiver !== undefined && { demand: receiver }), ...(handler !== undefined && { handler }) };
}

const fitsEntry: Guard = {
  name: 'an entry with backflowItem, items of it with the identifier',
  check: ({ world, body }) => {
    if (body.entry === undefined) return undefined;
    const version = versionInForce(world, body.entry);
    if (!version) return problem('/entry', 'NOT_IN_CATALOG', 'is no published entry');
    if (typeof version.document.backflowItem !== 'string') {
      return problem('/entry', 'WRONG_STATE', 'has no backflowItem');
    }
    if (body.items === undefined) return undefined;
    const items = body.items as GrantedItem[];
    const identifier = version.items.find((item) => item.identifier)?.name;
    const hasIdentifier = items.some(({ name }) => name === identifier);
    return [
      ...itemProblems(items, version).map((one) => ({ ...one, article: 'R24' })),
      ...(hasIdentifier ? [] : [problem('/items', 'INCOMPLETE', `must hold the identifier ${identifier}`, 'R24')]),
    ];
  },
};

const receives: Guard = {
  name: 'a system that may subscribe',
  check: (context) => {
    if (context.body.system === undefined) return undefined;
    return receiverOf(context)?.may.includes('subscribe')
      ? undefined
      : bad('/system', 'is no system that may subscribe');
  },
};

async function order(context: ActContext): Promise<void> {
  const { file, body, world, follow } = context;
  const { entry, system, items } = body as { entry: string; system: string; items: GrantedItem[] };
  const version = versionInForce(world, entry);
  const party = receiverOf(context)?.party ?? '';
  const id = newId('grants');
  file.document = { id: file.id, entry, system, items, grant: id };
  file.about = [`catalog/${entry}`];
  const prefix = regionPrefix(world.relations.regionOf(party));
  const grant: GrantOrder = {
    application: file.id,
    kind: 'backflow',
    reply: { items },
    sides: file.sides,
    applied: {
      entry,
      system,
      party,
      scenario: 'backflow',
      ...(version && { version: version.version }),
      rows: { [String(version?.document.backflowItem)]: { prefix } },
      period: { from: todayOf(context) },
    },
  };
  await follow({ ref: { kind: 'grants', id }, act: 'create', body: { ...grant } });
}

/** Return of data to the region that it is about (regulation R24): an order, without application or conditions. */
export const BACKFLOWS: Machine = {
  kind: 'backflows',
  available: true,
  states: ['ordered'],
  links: ({ document }) => ({
    entry: `/v1/catalog/${String(document.entry)}`,
    grant: `/v1/grants/${String(document.grant)}`,
  }),
  transitions: [
    {
      number: 'B1',
      from: [NONE],
      act: 'create',
      to: 'ordered',
      who: ['provider.body_head', 'handler.competent_reviewer'],
      body: { entry: ID, system: ID, items: listOf(ITEM) },
      // The region of the receiver is the only filter, and there is no condition.
      computed: { rows: 'R24', conditions: 'R24' },
      sides: sidesOf,
      guard: ['entry', 'system', 'items', fitsEntry, receives],
      apply: order,
      notices: ['D', 'P', 'CD'],
      article: 'R24',
    },
  ],
};
