import type { ApplicationFile, EntryText } from '../files.js';
import { type Problem, problem } from '../rules.js';

/** A reply as it stands in a body. */
export interface Reply {
  items?: readonly (string | { name: string; transform?: string })[];
  leftOut?: readonly { item: string; code?: string; reason?: string }[];
  conditions?: readonly string[];
}

const REPLY_CODES = [
  'not_necessary',
  'outside_conditions',
  'no_duty_basis',
  'false_statement',
  'not_a_party',
  'security',
];
const UNCONDITIONAL_CODES = ['no_duty_basis', 'false_statement', 'not_a_party'];

/** The text that every conditional entry of the walk lists as a condition that a reply may ask for. */
export const LISTED_CONDITION = 'no printing';

/** Faults of an approving reply, in the order in which they are reported. */
export function replyProblems(file: ApplicationFile, reply: Reply, at = ''): Problem[] {
  const { items, leftOut } = reply;
  const absent = (['items', 'leftOut'] as const).filter((field) => reply[field] === undefined);
  if (!items || !leftOut) return absent.map((field) => problem(`${at}/${field}`, 'INCOMPLETE', 'R20'));
  return [...itemProblems(file, reply, at), ...conditionProblems(file.frozen as EntryText, reply, at)];
}

function itemProblems({ body, frozen }: ApplicationFile, { items = [], leftOut = [] }: Reply, at: string): Problem[] {
  const granted = items.map((item) => (typeof item === 'string' ? item : item.name));
  const left = leftOut.map(({ item }) => item);
  const inNeither = body.items.filter((name) => !granted.includes(name) && !left.includes(name));
  return [
    ...items.flatMap((item, index) => {
      if (!body.items.includes(granted[index] as string)) return [problem(`${at}/items/${index}`, 'BAD_REQUEST')];
      const transformed = typeof item !== 'string' && item.transform;
      return transformed ? [problem(`${at}/items/${index}/transform`, 'LATE_CONDITION', 'R15')] : [];
    }),
    ...inNeither.map(() => problem(`${at}/items`, 'INCOMPLETE', 'R20')),
    ...leftOut.flatMap(({ item, code, reason }, index) => {
      const path = `${at}/leftOut/${index}`;
      const wrong = !body.items.includes(item) || granted.includes(item) || item === frozen?.items[0];
      if (wrong) return [problem(`${path}/item`, 'BAD_REQUEST')];
      if (frozen?.attribute === 'unconditional') return [problem(path, 'LATE_CONDITION', 'R15')];
      return [
        ...(code && REPLY_CODES.includes(code) ? [] : [problem(`${path}/code`, 'NO_REASON', 'R15')]),
        ...(reason ? [] : [problem(`${path}/reason`, 'NO_REASON', 'R15')]),
      ];
    }),
  ];
}

function conditionProblems({ attribute }: EntryText, { conditions = [] }: Reply, at: string): Problem[] {
  const listed = attribute === 'conditional' ? [LISTED_CONDITION] : [];
  return conditions.flatMap((condition, index) =>
    listed.includes(condition) ? [] : [problem(`${at}/conditions/${index}`, 'LATE_CONDITION', 'R15')],
  );
}

/** Faults of a refusal. */
export function refusalProblems(
  { frozen }: ApplicationFile,
  { code, reason }: { code?: string; reason?: string },
  at = '',
): Problem[] {
  const problems: Problem[] = [];
  const codes = frozen?.attribute === 'unconditional' ? UNCONDITIONAL_CODES : REPLY_CODES;
  if (code === 'papers_missing') problems.push(problem(`${at}/code`, 'PAPERS_NO_REFUSAL', 'R21'));
  else if (!code || !codes.includes(code)) problems.push(problem(`${at}/code`, 'NO_REASON', 'R21'));
  if (!reason) problems.push(problem(`${at}/reason`, 'NO_REASON', 'R21'));
  return problems;
}
