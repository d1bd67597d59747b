import { type Machine, NONE, SELF } from '../engine/machine.js';
import { REMOVED } from '../files/kinds.js';
import { type PublishedMachine, type PublishedTransition, publishedMachine } from './published-machine.js';

const HEAD = `# Every file of the procedure, state by state

Made from the tables that the bus runs, by \`npm run procedures\`; \`GET /v1/procedures\` answers the same as data. [The procedure](procedure.md) says how they go together.

\`who\` is relation and role: \`provider\` and \`demand\` are the sides of a file, \`own\` the department that it belongs to, \`peer\` its competent department, \`superior\` the one above
that. Under *clocks*, \`+\` starts one, \`-\` ends it, \`‖\` pauses it, \`▷\` resumes it, \`+days\` extends it. Under *notices* stands who is notified: \`D\` demand side, \`P\` provider, \`CD\` competent department.
An arrow back to its own state is an act that keeps it.
`;

/** The whole of docs/procedures.md. */
export const proceduresPage = (machines: readonly Machine[]): string => [HEAD, ...machines.map(section)].join('\n');

function section(machine: Machine): string {
  const published = publishedMachine(machine);
  const { kind, transitions } = published;
  const note = noteOf(machine);
  return [
    `## ${kind}`,
    '',
    ...(note === undefined ? [] : [note, '']),
    '```mermaid',
    ...diagram(published),
    '```',
    '',
    '| nr | from | act | to | who | guard | clocks | notices | article |',
    '|---|---|---|---|---|---|---|---|---|',
    ...transitions.map(tableRow),
    '',
  ].join('\n');
}

/** Parts of a table that this version does not run. */
function noteOf({ available, transitions }: Machine): string | undefined {
  if (!available) return 'This version does not run it yet: its addresses answer `NOT_FOUND`.';
  const isLater = transitions.some((row) => row.isLater);
  return isLater
    ? 'This version makes, lists and shows these files. Acts of officers on them answer `NOT_FOUND` yet.'
    : undefined;
}

/** Acts between two states share one arrow, in the order of the table. */
function diagram({ states, transitions }: PublishedMachine): string[] {
  const arrows = new Map<string, string[]>();
  const isOutside = (state: string): boolean => state === NONE || (state === REMOVED && !states.includes(state));
  const shown = (state: string): string => (isOutside(state) ? '[*]' : state);
  for (const { number, from, act, to } of transitions) {
    for (const state of from) {
      const arrow = `${shown(state)} --> ${shown(to === SELF ? state : to)}`;
      arrows.set(arrow, [...(arrows.get(arrow) ?? []), `${number} ${act}`]);
    }
  }
  const left = new Set(transitions.flatMap(({ from, to }) => (to === SELF ? [] : from)));
  const ends = states.filter((state) => !left.has(state)).map((state) => `${state} --> [*]`);
  const lines = [...arrows].map(([arrow, acts]) => `${arrow}: ${[...new Set(acts)].join(', ')}`);
  return ['stateDiagram-v2', ...[...lines, ...ends].map((line) => `  ${line}`)];
}

function tableRow({ number, from, act, to, who, guard, clocks, notices, article }: PublishedTransition): string {
  const code = (names: readonly string[]): string => names.map((name) => `\`${name}\``).join(', ');
  const cells = [number, code(from), `\`${act}\``, `\`${to}\``, code(who), guard.join('; '), clocks.join(' ')];
  return `| ${[...cells, notices.join(', '), article ?? ''].map((cell) => cell.replaceAll('|', '\\|') || '–').join(' | ')} |`;
}
