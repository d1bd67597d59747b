import type { EntryVersion } from '../../../proto/entry/entry.js';
import type { GrantedItem } from '../../../proto/entry/grant.js';
import type { LawfulProblem } from '../../../proto/errors.js';
import { ID, listOf, TEXT } from '../engine/body-check.js';
import type { BodyMembers } from '../engine/machine.js';
import { problem } from '../engine/refusals.js';
import type { Fields } from '../files/file.js';
import { type ApplicationDocument, ITEM, type Reply } from './document-check.js';

const CODES = ['not_necessary', 'outside_conditions', 'no_duty_basis', 'false_statement', 'not_a_party', 'security'];
/** An unconditional entry is refused for these only. */
const CODES_UNCONDITIONAL = ['no_duty_basis', 'false_statement', 'not_a_party'];
const PAPERS_MISSING = 'papers_missing';

export const REPLY_BODY: BodyMembers = {
  items: listOf({ anyOf: [ID, ITEM] }),
  leftOut: listOf({
    type: 'object',
    properties: { item: ID, code: TEXT, reason: TEXT },
    required: ['item'],
    additionalProperties: false,
  }),
  conditions: listOf(TEXT),
};

type Given = string | GrantedItem;
interface LeftOut {
  item: string;
  code?: string;
  reason?: string;
}

const nameOf = (given: Given): string => (typeof given === 'string' ? given : given.name);
const isUnconditional = ({ document }: EntryVersion): boolean => document.sharingAttribute === 'unconditional';

/** Judges a reply that approves, against the frozen version. */
export function replyProblems(body: Fields, document: ApplicationDocument, version: EntryVersion): LawfulProblem[] {
  const absent = ['items', 'leftOut'].filter((member) => body[member] === undefined);
  if (absent.length > 0) return absent.map((member) => problem(`/${member}`, 'INCOMPLETE', 'is missing', 'R20'));
  const items = body.items as Given[];
  const leftOut = body.leftOut as LeftOut[];
  const conditions = (body.conditions ?? []) as string[];
  const applied = document.items ?? [];
  const names = new Set(items.map(nameOf));
  const left = new Set(leftOut.map(({ item }) => item));
  const inNeither = applied.filter(({ name }) => !names.has(name) && !left.has(name));
  return [
    ...items.flatMap((given, index) => itemProblems(given, `/items/${index}`, applied, items.slice(0, index))),
    ...inNeither.map(({ name }) => problem('/items', 'INCOMPLETE', `${name} is neither given nor left out`, 'R20')),
    ...leftOut.flatMap((one, index) => leftOutProblems(one, `/leftOut/${index}`, { applied, names, version })),
    ...conditionProblems(conditions, version),
  ];
}

function itemProblems(given: Given, path: string, applied: readonly GrantedItem[], before: readonly Given[]) {
  const name = nameOf(given);
  const item = applied.find((one) => one.name === name);
  if (!item) return [problem(path, 'BAD_REQUEST', 'was not applied for')];
  if (before.some((one) => nameOf(one) === name)) return [problem(path, 'BAD_REQUEST', 'is given twice')];
  if (typeof given === 'string' || given.transform === item.transform) return [];
  return [problem(`${path}/transform`, 'LATE_CONDITION', 'is not the transform that was applied for')];
}

function leftOutProblems(
  { item, code, reason }: LeftOut,
  path: string,
  facts: { applied: readonly GrantedItem[]; names: ReadonlySet<string>; version: EntryVersion },
): LawfulProblem[] {
  const { applied, names, version } = facts;
  const bad = (text: string) => [problem(`${path}/item`, 'BAD_REQUEST', text)];
  if (!applied.some(({ name }) => name === item)) return bad('was not applied for');
  if (names.has(item)) return bad('is given and left out');
  if (version.items.find(({ name }) => name === item)?.identifier) return bad('is the identifier');
  if (isUnconditional(version)) {
    return [problem(path, 'LATE_CONDITION', 'is an item of an entry that is shared without condition')];
  }
  const problems: LawfulProblem[] = [];
  if (!CODES.includes(code ?? '')) problems.push(problem(`${path}/code`, 'NO_REASON', 'is no reason code', 'R15'));
  if (reason === undefined) problems.push(problem(`${path}/reason`, 'NO_REASON', 'is missing', 'R15'));
  return problems;
}

function conditionProblems(conditions: readonly string[], { document }: EntryVersion): LawfulProblem[] {
  const { other = [] } = (document.conditions ?? {}) as { other?: string[] };
  return conditions.flatMap((condition, index) =>
    other.includes(condition)
      ? []
      : [
          problem(
            `/conditions/${index}`,
            'LATE_CONDITION',
            'is no condition of the entry version that was applied for',
          ),
        ],
  );
}

/** Judges a refusal. */
export function refusalProblems(code: unknown, version: EntryVersion | undefined): LawfulProblem[] {
  if (code === PAPERS_MISSING) {
    return [problem('/code', 'PAPERS_NO_REFUSAL', 'missing papers are asked for, they are no reason to refuse')];
  }
  const codes = version && isUnconditional(version) ? CODES_UNCONDITIONAL : CODES;
  if (typeof code === 'string' && codes.includes(code)) return [];
  return [problem('/code', 'NO_REASON', `must be one of ${codes.join(', ')}`, 'R21')];
}

/** The reply as it is kept: items with the transforms that were applied for. */
export function replyOf(body: Fields, { items: applied = [] }: ApplicationDocument): Reply {
  const names = new Set((body.items as Given[]).map(nameOf));
  const conditions = body.conditions as string[] | undefined;
  return {
    items: applied.filter(({ name }) => names.has(name)),
    leftOut: (body.leftOut ?? []) as Reply['leftOut'],
    ...(conditions?.length && { conditions }),
  };
}
