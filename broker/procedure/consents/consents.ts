import { splitEntryId } from '../../../proto/entry/entry.js';
import { isEntryId } from '../../../proto/subject.js';
import { dayOfDate, hourOfDay, momentOf } from '../clock/shanghai-days.js';
import { DATE, ID, listOf, TEXT } from '../engine/body-check.js';
import { type ActContext, type Guard, isGiven, type Machine, NONE, textOf, todayOf } from '../engine/machine.js';
import { problem } from '../engine/refusals.js';
import { partiesOf } from '../engine/relations.js';
import type { Sides } from '../files/file.js';

const KINDS = ['standing', 'onward'] as const;

const isOnward = ({ body }: ActContext): boolean => body.kind === 'onward';
const grantOf = ({ body, world }: ActContext) => world.grants.get(textOf(body, 'grant') ?? '');

/**
 * Provider and the parties named; where nothing is named, the caller is the side to which the guard reports it. A grant that does not exist is refused
 * like one on an entry of another department: it has no sides.
 */
function sidesOf(context: ActContext): Sides {
  const { body, caller } = context;
  const grant = isOnward(context) ? grantOf(context) : undefined;
  if (isOnward(context) && body.grant !== undefined && !grant) return {};
  const entry = grant?.entry ?? textOf(body, 'entry');
  const provider = entry !== undefined && isEntryId(entry) ? splitEntryId(entry).party : (caller?.party ?? '');
  const toParty = textOf(body, 'toParty');
  const others = [grant?.party, toParty].filter((party) => party !== undefined);
  return { provider, ...(others.length > 0 && { others }) };
}

const OF_ITS_KIND: Guard = {
  name: 'standing: entry; onward: grant, toParty or purpose, items',
  check: (context) => {
    const { body, transition } = context;
    const missing = (member: string) => problem(`/${member}`, 'INCOMPLETE', 'is missing', transition.article);
    if (body.kind === undefined) return undefined;
    const needed = isOnward(context) ? ['grant', 'items'] : ['entry'];
    const foreign = isOnward(context) ? ['entry'] : ['grant', 'toParty', 'purpose', 'items'];
    return [
      ...needed.filter((member) => !isGiven(body[member])).map(missing),
      ...(isOnward(context) && body.toParty === undefined && body.purpose === undefined ? [missing('toParty')] : []),
      ...foreign
        .filter((member) => body[member] !== undefined)
        .map((member) => problem(`/${member}`, 'BAD_REQUEST', `has no place in a consent of kind ${body.kind}`)),
    ];
  },
};

const NOT_OVER: Guard = {
  name: 'until today or later',
  check: (context) => {
    const until = textOf(context.body, 'until');
    return until !== undefined && until < todayOf(context) ? problem('/until', 'BAD_REQUEST', 'is over') : undefined;
  },
};

const UNCONDITIONAL: Guard = {
  name: 'an unconditional entry in force',
  check: (context) => {
    const entry = textOf(context.body, 'entry');
    if (context.body.kind !== 'standing' || entry === undefined) return undefined;
    const version = context.world.catalog.published(entry);
    if (!version) return problem('/entry', 'WRONG_STATE', 'is not published');
    const { sharingAttribute, items } = version.document;
    const isAll = items.every((item) => (item.sharingAttribute ?? sharingAttribute) === 'unconditional');
    return sharingAttribute === 'unconditional' && isAll
      ? undefined
      : problem('/entry', 'NOT_SHARED', 'is not shared unconditionally');
  },
};

const OF_THE_GRANT: Guard = {
  name: 'items of a grant',
  check: (context) => {
    const { body, world } = context;
    if (!isOnward(context) || body.grant === undefined) return undefined;
    const granted = grantOf(context)?.items.map(({ name }) => name) ?? [];
    const toParty = textOf(body, 'toParty');
    return [
      ...(toParty !== undefined && !world.parties.get(toParty)
        ? [problem('/toParty', 'BAD_REQUEST', 'is no registered party')]
        : []),
      ...((body.items as string[] | undefined) ?? []).flatMap((name, index) =>
        granted.includes(name) ? [] : [problem(`/items/${index}`, 'BAD_REQUEST', 'is no item of the grant')],
      ),
    ];
  },
};

const ONE_STANDING: Guard = {
  name: 'no other standing consent in force',
  check: async (context) => {
    const { body, batch } = context;
    if (body.kind !== 'standing' || typeof body.entry !== 'string') return undefined;
    const about = `catalog/${body.entry}`;
    const found = await batch.list({ kind: 'consents', about, states: ['in_force'], limit: 1_000 });
    return found.some(({ document }) => document.kind === 'standing')
      ? problem('/entry', 'CONFLICT', 'has a standing consent in force')
      : undefined;
  },
};

export const CONSENTS: Machine = {
  kind: 'consents',
  available: true,
  states: ['in_force', 'revoked', 'expired'],
  onDue: 'expire',
  /** Its provider, the parties it names, and the peer. */
  isReadable: ({ sides }, caller, relations) => {
    if (partiesOf(sides).includes(caller.party)) return true;
    if (relations.peerOf(sides.provider ?? '') === caller.party) return true;
    return caller.roles.includes('auditor') ? undefined : false;
  },
  links: ({ document }) => ({
    ...(typeof document.entry === 'string' && { entry: `/v1/catalog/${document.entry}` }),
    ...(typeof document.grant === 'string' && { grant: `/v1/grants/${document.grant}` }),
  }),
  transitions: [
    {
      number: 'S1',
      from: [NONE],
      act: 'create',
      example: { kind: 'standing', entry: 'fujian-civil-affairs.region-name', until: '2026-12-31' },
      to: 'in_force',
      who: ['provider.body_head'],
      body: {
        kind: { enum: [...KINDS] },
        entry: ID,
        grant: ID,
        toParty: ID,
        purpose: TEXT,
        items: listOf({ type: 'string' }),
        until: DATE,
      },
      sides: sidesOf,
      guard: ['kind', OF_ITS_KIND, 'until', NOT_OVER, UNCONDITIONAL, OF_THE_GRANT, ONE_STANDING],
      apply: (context) => {
        const { file, body, caller } = context;
        const { kind, entry, grant, toParty, purpose, items, until } = body;
        const given = { kind, entry, grant, toParty, purpose, items, until };
        file.document = { id: file.id, ...JSON.parse(JSON.stringify(given)), by: caller?.id };
        file.about = [
          ...(typeof entry === 'string' ? [`catalog/${entry}`] : []),
          ...(typeof grant === 'string' ? [`grants/${grant}`] : []),
        ];
        file.memo = { endsAt: momentOf(hourOfDay(dayOfDate(String(until)), 24)) };
      },
      article: 'R25',
    },
    {
      number: 'S2',
      from: ['in_force'],
      act: 'revoke',
      to: 'revoked',
      who: ['provider.body_head'],
      guard: ['reason'],
      apply: ({ file }) => {
        file.memo = {};
      },
      article: 'R25',
    },
    {
      number: 'S3',
      from: ['in_force'],
      act: 'expire',
      to: 'expired',
      who: ['bus'],
      apply: ({ file }) => {
        file.memo = {};
      },
      article: 'R25',
    },
  ],
};
