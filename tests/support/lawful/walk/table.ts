import type { Body } from '../lawful-bus.js';
import { RULES } from '../model/judge.js';
import type { Rule } from '../model/rules.js';

/** Machines whose rows have fixed numbers; consents, use records and backflows may number theirs anew. */
const NUMBERED = ['catalog', 'applications', 'grants', 'cases', 'demands'] as const;

interface Row {
  number: string;
  from: string[];
  act: string;
  to: string;
  who: string[];
}

const inOrder = (rows: Row[]): Row[] =>
  rows.sort((one, other) =>
    `${one.number} ${one.to}`.localeCompare(`${other.number} ${other.to}`, 'en', { numeric: true }),
  );

/** One row for each state that a transition may lead to. */
const ours = ({ number, from, act, to, who }: Rule): Row[] =>
  to.split(', ').map((one) => ({ number, from: [...from].sort(), act, to: one, who: [...who].sort() }));

const theirs = ({ number, from, act, to, who }: Body): Row => ({
  number,
  from: [from].flat().sort(),
  act,
  to,
  who: [who].flat().sort(),
});

/** The effect of a designation on an entry in another state stands with it. */
const OF_DESIGNATION = ['E7 update_due', 'E8 self'];
const isNotOfDesignation = ({ number, to }: Row): boolean => !OF_DESIGNATION.includes(`${number} ${to}`);

/** The transitions of the model and those of `GET /v1/procedures`, by kind. */
export function tables({ machines }: Body): [Record<string, Row[]>, Record<string, Row[]>] {
  const rowsOf = (kind: string): Body[] => machines.find((machine: Body) => machine.kind === kind)?.transitions ?? [];
  return [
    Object.fromEntries(NUMBERED.map((kind) => [kind, inOrder(RULES[kind].flatMap(ours))])),
    Object.fromEntries(NUMBERED.map((kind) => [kind, inOrder(rowsOf(kind).map(theirs).filter(isNotOfDesignation))])),
  ];
}
