import type { FileAnswer, FileClock } from '../../../proto/http/procedure-files.js';

/** Members that an act answers once, or that only the answers of one kind have. */
const KNOWN = new Set([
  'id',
  'kind',
  'file',
  'state',
  'seq',
  'digest',
  'clocks',
  'next',
  'links',
  'document',
  'history',
]);

/** The state of a file in lines: what it is, its clocks, what the caller may do now. */
export function fileLines(answer: FileAnswer): string[] {
  const { file, state, seq, digest, clocks = [], next = [] } = answer;
  return [
    `${file.kind} ${file.id} is ${state} (seq ${seq})`,
    ...extraLines(answer),
    ...(digest === undefined ? [] : [`digest ${digest}`]),
    ...clocks.map((clock) => `clock ${clockText(clock)}`),
    ...(next.length > 0 ? [`next: ${next.map(({ act, who }) => `${act} (${who})`).join(', ')}`] : []),
  ];
}

/** Tokens, codes, grants, warnings: whatever else the answer says. */
function extraLines(answer: FileAnswer): string[] {
  return Object.entries(answer)
    .filter(([name]) => !KNOWN.has(name) && !(name in (answer.document ?? {})))
    .map(([name, value]) => `${name} ${plain(value)}`);
}

function clockText({ id, due, state, party, provisional }: FileClock): string {
  return `${id} ${state}, due ${due}${provisional ? ' (provisional)' : ''}, ${party}`;
}

export const plain = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));
