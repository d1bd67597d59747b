import t from 'tap';
import { findCycles } from './import-cycles.js';
import { readSourceTree } from './source-tree.js';

const LINES_MAX = 400;
const MEDIAN_LINES_MAX = 120;

/** A room may import the rooms before it. */
const ROOMS = [
  'nats',
  'event-log',
  'receipts',
  'ledger',
  'parties',
  'catalog',
  'grants',
  'bundles',
  'sharing',
  'intake',
  'stream',
  'audit',
  'gateway',
  'http',
];
/** Folders of the broker that are no rooms: below all of them, and above. */
const NO_ROOMS = ['metrics', 'boot', 'workers'];
/** What every room may use. */
const BROKER_BASE = /^broker\/(?:metrics\.ts|config\.ts|config-shape\.ts|metrics\/)/;

const files = readSourceTree();
const code = files.filter((file) => !file.isTest);

/** Why the arrow is wrong; undefined when it is not. */
function wrongArrow(from: string, to: string): string | undefined {
  if (to.startsWith('proto/')) return undefined;
  const [folder] = from.split('/');
  switch (folder) {
    case 'proto':
      return 'proto imports nothing of ours';
    case 'broker':
      return wrongRoom(from, to);
    case 'client':
      return to.startsWith('client/') ? undefined : 'the client imports proto only';
    case 'connectors':
      return wrongConnector(from, to);
    case 'benefits':
      return /^(?:benefits|client|connectors\/runtime)\//.test(to)
        ? undefined
        : 'benefits imports proto, client and the connector runtime';
    case 'dashboard':
      return /^(?:dashboard|client)\//.test(to) ? undefined : 'the console imports client and proto';
    default:
      return undefined;
  }
}

function wrongRoom(from: string, to: string): string | undefined {
  if (!to.startsWith('broker/')) return 'the broker imports proto and the broker';
  const room = roomOf(from);
  const target = roomOf(to);
  if (BROKER_BASE.test(from)) return BROKER_BASE.test(to) || target < 0 ? undefined : 'metrics and config know no room';
  // Files straight in broker/, and its workers, put the rooms together.
  if (room < 0) return undefined;
  if (target < 0) return BROKER_BASE.test(to) ? undefined : 'a room does not know who puts it together';
  return target <= room ? undefined : `${ROOMS[room]} stands before ${ROOMS[target]}`;
}

const roomOf = (path: string): number => ROOMS.indexOf(path.split('/')[1] ?? '');

/** Connectors speak the public protocol: they share the client and the runtime and do not know each other. */
function wrongConnector(from: string, to: string): string | undefined {
  const own = connectorOf(from);
  const target = connectorOf(to);
  if (to.startsWith('client/')) return undefined;
  if (!to.startsWith('connectors/'))
    return 'a connector speaks the public protocol: it imports proto, client and connectors';
  if (target === own || target === 'runtime') return undefined;
  return 'a connector does not import another one';
}

const connectorOf = (path: string): string => /^connectors\/([^/]+)\//.exec(path)?.[1] ?? '';

t.test('every import points where the architecture lets it', async (t) => {
  const wrong = code.flatMap((file) =>
    file.imports.flatMap((to) => {
      const why = wrongArrow(file.path, to);
      return why ? [`${file.path} → ${to}: ${why}`] : [];
    }),
  );
  t.strictSame(wrong, []);
  t.ok(code.length > 100, 'and the test has seen the project');
});

t.test('every broker folder is a room that has its place', async (t) => {
  const folders = new Set(
    code.filter((file) => /^broker\/[^/]+\//.test(file.path)).map((file) => file.path.split('/')[1]),
  );
  t.strictSame(
    [...folders].filter((folder) => ![...ROOMS, ...NO_ROOMS].includes(folder ?? '')),
    [],
  );
});

t.test('no code imports a test', async (t) => {
  const paths = new Set(files.filter((file) => file.isTest).map((file) => file.path));
  t.strictSame(
    code.flatMap((file) => file.imports.filter((to) => paths.has(to)).map((to) => `${file.path} → ${to}`)),
    [],
  );
});

t.test('no files import each other in a circle, not even for a type', async (t) => {
  const graph = new Map(code.map((file) => [file.path, file.imports]));
  t.strictSame(
    findCycles(graph).map((cycle) => cycle.join(' → ')),
    [],
  );
});

t.test(`no file is longer than ${LINES_MAX} lines, and most are short`, async (t) => {
  t.strictSame(
    files.filter((file) => file.lines > LINES_MAX).map((file) => `${file.path}: ${file.lines}`),
    [],
  );
  const sorted = code.map((file) => file.lines).sort((a, b) => a - b);
  const median = sorted[Math.floor(sorted.length / 2)] as number;
  t.ok(median <= MEDIAN_LINES_MAX, `the median is ${median} lines`);
});

t.test('a file is named after what is in it', async (t) => {
  const vague = /(?:^|\/)(?:index|utils?|helpers?|common|misc|types)\.tsx?$/;
  t.strictSame(
    files.filter((file) => vague.test(file.path) || /[A-Z]/.test(file.path)).map((file) => file.path),
    [],
  );
});
