import { attachmentsNeeded } from '../../../../broker/procedure/engine/act-guards.js';
import { listOf, TEXT } from '../../../../broker/procedure/engine/body-check.js';
import {
  type ActContext,
  type Guard,
  type Machine,
  NONE,
  SELF,
  type Transition,
} from '../../../../broker/procedure/engine/machine.js';
import { problem } from '../../../../broker/procedure/engine/refusals.js';
import { partiesOf } from '../../../../broker/procedure/engine/relations.js';
import type { Sides } from '../../../../broker/procedure/files/file.js';
import { splitEntryId } from '../../../../proto/entry/entry.js';

const OWN = ['own.security_officer'];
const REVIEWS = [...OWN, 'peer.competent_reviewer'];
const GRADES = ['general', 'larger', 'major', 'especially_major'];
/** Hours in which an incident is reported, by the class of the department. */
const HOURS: Readonly<Record<string, number>> = { critical_infrastructure: 1, central: 2, other: 4 };
const MOMENT = { type: 'string', format: 'date-time' };
const NAMES = listOf({ type: 'string' });

interface Scope {
  entries?: string[];
  systems?: string[];
  grants?: string[];
}

const scopeOf = ({ body }: ActContext): Scope => (body.scope ?? {}) as Scope;

const partyOfEntry = ({ world }: ActContext, id: string): string[] =>
  world.catalog.published(id) ? [splitEntryId(id).party] : [];
const partyOfSystem = ({ world }: ActContext, id: string): string[] => {
  const party = world.systems.get(id)?.party;
  return party === undefined ? [] : [party];
};
const partiesOfGrant = ({ world }: ActContext, id: string): string[] => {
  const grant = world.grants.get(id);
  return grant ? [grant.party, splitEntryId(grant.entry).party] : [];
};
const FINDERS = { entries: partyOfEntry, systems: partyOfSystem, grants: partiesOfGrant } as const;
const NAMED = Object.keys(FINDERS) as (keyof Scope)[];

function sidesOf(context: ActContext): Sides {
  const scope = scopeOf(context);
  const others = NAMED.flatMap((name) => (scope[name] ?? []).flatMap((id) => FINDERS[name](context, id)));
  return { own: context.caller?.party ?? '', ...(others.length > 0 && { others: [...new Set(others)] }) };
}

const knownScope: Guard = {
  name: 'scope of entries, systems and grants that there are',
  check: (context) => {
    const scope = scopeOf(context);
    return NAMED.flatMap((name) =>
      (scope[name] ?? []).flatMap((id, index) =>
        FINDERS[name](context, id).length > 0
          ? []
          : [problem(`/scope/${name}/${index}`, 'BAD_REQUEST', 'is not known')],
      ),
    );
  },
};

const notAhead = (member: string): Guard => ({
  name: `${member}, not in the future`,
  check: ({ body, nowMs }) =>
    typeof body[member] === 'string' && Date.parse(body[member]) > nowMs
      ? problem(`/${member}`, 'BAD_REQUEST', 'is in the future')
      : undefined,
});

const personsIfPersonal: Guard = {
  name: 'personsNotified if personal',
  check: ({ file, body, transition }) =>
    file.document.personal === true && body.personsNotified === undefined
      ? problem('/personsNotified', 'INCOMPLETE', 'is missing', transition.article)
      : undefined,
};

function detect({ file, body, clocks, attachments }: ActContext): void {
  const { reason: _, attachments: _attached, ...document } = body;
  file.document = { id: file.id, ...document, ...(attachments.length > 0 && { attachments }) };
  const { entries = [], grants = [] } = body.scope as Scope;
  file.about = [...entries.map((id) => `catalog/${id}`), ...grants.map((id) => `grants/${id}`)];
  if (body.grade === 'general') return;
  const startMs = Date.parse(String(body.detectedAt));
  const party = String(file.sides.own);
  clocks.start({ id: 'I1', party, startMs, unit: 'h', length: HOURS[String(body.reportClass)] as number });
}

/** Adds the members of the body to the document. */
const note = ({ file, body, attachments }: ActContext): void => {
  const { reason: _, attachments: _attached, ...given } = body;
  file.document = { ...file.document, ...given, ...(attachments.length > 0 && { attachments }) };
};

const STEPS: readonly Transition[] = [
  {
    number: 'J2',
    from: ['detected'],
    act: 'start-plan',
    to: 'plan_started',
    who: OWN,
    body: { plan: TEXT },
    example: { plan: 'no. 3: leaked credentials' },
    guard: ['plan'],
    apply: note,
    notices: ['CD'],
    article: 'R35',
  },
  {
    number: 'J3',
    from: ['plan_started'],
    act: 'contain',
    to: 'contained',
    who: OWN,
    body: { measures: TEXT },
    example: { measures: 'all tokens were renewed' },
    guard: ['measures'],
    apply: note,
    notices: ['CD'],
    article: 'R35',
  },
  {
    number: 'J4',
    from: ['detected', 'plan_started', 'contained'],
    act: 'notify-authority',
    to: SELF,
    who: OWN,
    body: { authority: TEXT, at: MOMENT, number: TEXT },
    example: { authority: 'cyberspace office', at: '2026-08-10T23:30:00+08:00', number: 'W-12' },
    guard: ['authority', 'at', notAhead('at'), 'number'],
    isAwaited: ({ clocks }) => clocks.some(({ id, doneAt }) => id === 'I1' && doneAt === undefined),
    clocks: ['-I1'],
    apply: ({ file, body: { authority, at, number } }) => {
      const before = (file.document.notified as object[] | undefined) ?? [];
      file.document = { ...file.document, notified: [...before, { authority, at, number }] };
    },
    notices: ['CD'],
    article: 'R35',
  },
  {
    number: 'J5',
    from: ['contained'],
    act: 'report',
    to: 'reported',
    who: OWN,
    body: { authority: TEXT, personsNotified: TEXT },
    example: { authority: 'cyberspace office', personsNotified: 'by letter of 2026-08-12' },
    guard: ['authority', attachmentsNeeded(1), personsIfPersonal],
    clocks: ['-I1'],
    apply: note,
    notices: ['CD'],
    article: 'R35',
  },
  {
    number: 'J6',
    from: ['reported'],
    act: 'review',
    to: 'reviewed',
    who: REVIEWS,
    body: { causes: TEXT, lessons: TEXT },
    example: { causes: 'a token in a script', lessons: 'tokens are kept in the vault' },
    guard: ['causes', 'lessons'],
    apply: note,
    notices: ['CD'],
    article: 'R35',
  },
  {
    number: 'J7',
    from: ['reviewed'],
    act: 'close',
    to: 'closed',
    who: REVIEWS,
    notices: [{ name: 'all of scope', of: ({ file: { sides } }) => partiesOf(sides) }],
    article: 'R35',
  },
];

/** Security incidents. */
export const INCIDENTS: Machine = {
  kind: 'incidents',
  available: true,
  states: ['detected', 'plan_started', 'contained', 'reported', 'reviewed', 'closed'],
  /** The department that holds the data answers for it otherwise than one that uses it. */
  lateViolation: ({ document, sides }) => {
    const { entries = [] } = (document.scope ?? {}) as Scope;
    return entries.some((id) => splitEntryId(id).party === sides.own) ? 'P9' : undefined;
  },
  transitions: [
    {
      number: 'J1',
      from: [NONE],
      act: 'create',
      to: 'detected',
      who: OWN,
      body: {
        grade: { enum: GRADES },
        reportClass: { enum: Object.keys(HOURS) },
        what: TEXT,
        detectedAt: MOMENT,
        personal: { type: 'boolean' },
        scope: {
          type: 'object',
          properties: { entries: NAMES, systems: NAMES, grants: NAMES },
          additionalProperties: false,
        },
      },
      example: {
        grade: 'larger',
        reportClass: 'central',
        what: 'credentials leaked',
        personal: true,
        detectedAt: '2026-08-10T22:05:00+08:00',
        scope: { systems: ['maternal-health'] },
      },
      sides: sidesOf,
      guard: ['grade', 'reportClass', 'what', 'detectedAt', notAhead('detectedAt'), 'personal', 'scope', knownScope],
      clocks: ['+I1'],
      apply: detect,
      notices: [{ name: 'P, D of scope', of: ({ file: { sides } }) => sides.others ?? [] }, 'CD'],
      article: 'R35',
    },
    ...STEPS,
  ],
};
