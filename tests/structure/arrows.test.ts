import t from 'tap';
import { findCycles } from './import-cycles.js';
import { readSourceTree, readText } from './source-tree.js';

/** A room of the broker may import the rooms before it. */
const ROOMS = [
  'traces',
  'nats',
  'processes',
  'event-log',
  'receipts',
  'ledger',
  'parties',
  'transitions',
  'catalog',
  'sheets',
  'grants',
  'bundles',
  'intake',
  'stream',
  'leak-check',
  'audit',
  'observe',
  'procedure',
  'gateway',
  'http',
];
/** They see all rooms, and `workers` sees `boot`. */
const ABOVE_ROOMS = ['boot', 'workers'];
/** Below all rooms: files straight in `broker/` that every room may import, and the metrics. */
const BROKER_BASE = /^broker\/(?:config\.ts|config-shape\.ts|address-list\.ts|secret-file\.ts|version\.ts|metrics\/)/;

/** What a folder of the project may import besides itself: a prefix each. A folder that is missing here fails. */
const LAYERS: Record<string, { imports: string[]; why: string }> = {
  proto: { imports: [], why: 'proto imports nothing of ours' },
  client: { imports: ['proto/'], why: 'the client imports proto only' },
  broker: { imports: ['proto/'], why: 'the broker imports proto and the broker' },
  connectors: { imports: ['proto/', 'client/'], why: 'a connector speaks the public protocol: proto, client, runtime' },
  benefits: {
    imports: ['proto/', 'client/', 'connectors/runtime/'],
    why: 'benefits imports proto, client and the connector runtime',
  },
  dashboard: { imports: ['proto/', 'client/'], why: 'the dashboard imports client and proto' },
  cli: {
    imports: ['proto/', 'client/', 'broker/', 'connectors/', 'benefits/', 'dashboard/'],
    why: 'the command line sees all that runs, and no test or bench',
  },
  bench: {
    imports: ['proto/', 'client/', 'broker/nats/', 'broker/ledger/'],
    why: 'a bench measures processes, it imports no broker but the store and the records that it fills',
  },
  tests: { imports: [''], why: '' },
  scripts: { imports: [], why: 'scripts run before anything is built' },
  bin: { imports: [], why: 'bin starts what is built' },
  examples: { imports: [], why: 'an example imports what is built' },
};

/**
 * What computes and checks what a grant allows: it decodes with the SDK, and no code of `broker/stream` or `broker/grants`
 * may be in it, directly or by what it imports.
 */
const isChecker = (path: string): boolean =>
  /^broker\/leak-check\/(?:allowed\/|frame-checker\.ts|synthetic-records\.ts)/.test(path);
const CHECKER_IMPORTS =
  /^(?:proto|client)\/|^broker\/(?:metrics\/leak-check-metrics\.ts|leak-check\/(?:allowed\/|frame-checker\.ts))/;

const files = readSourceTree();
const code = files.filter((file) => !file.isTest);
const topFolder = (path: string): string => path.split('/')[0] ?? '';

/** Why the arrow is wrong; undefined when it is not. */
function wrongArrow(from: string, to: string): string | undefined {
  const folder = topFolder(from);
  const layer = LAYERS[folder];
  if (!layer) return `tests/structure/arrows.test.ts does not say what ${folder}/ may import`;
  if (isChecker(from)) return CHECKER_IMPORTS.test(to) ? undefined : 'a checker shares no code with what it checks';
  if (topFolder(to) !== folder) return layer.imports.some((prefix) => to.startsWith(prefix)) ? undefined : layer.why;
  if (folder === 'broker') return wrongRoom(from, to);
  return folder === 'connectors' ? wrongConnector(from, to) : undefined;
}

function wrongRoom(from: string, to: string): string | undefined {
  if (BROKER_BASE.test(from)) return BROKER_BASE.test(to) ? undefined : 'metrics and config know no room';
  const level = levelOf(from);
  if (BROKER_BASE.test(to) || levelOf(to) <= level) return undefined;
  return `${roomOf(from)} stands before ${roomOf(to)}`;
}

const roomOf = (path: string): string => path.split('/')[1] ?? '';

/** Rooms in their order, then what stands above them; files straight in `broker/` put everything together. */
function levelOf(path: string): number {
  const level = [...ROOMS, ...ABOVE_ROOMS].indexOf(roomOf(path));
  return level >= 0 ? level : Number.POSITIVE_INFINITY;
}

/** Connectors share the client and the runtime and do not know each other. */
function wrongConnector(from: string, to: string): string | undefined {
  const target = roomOf(to);
  return target === roomOf(from) || target === 'runtime' ? undefined : 'a connector does not import another one';
}

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

t.test('every folder of the project and of the broker has a position in the import order', async (t) => {
  const folders = new Set(files.map((file) => topFolder(file.path)));
  t.strictSame(
    [...folders].filter((folder) => !(folder in LAYERS)),
    [],
  );
  const rooms = new Set(code.filter((file) => /^broker\/[^/]+\//.test(file.path)).map((file) => roomOf(file.path)));
  t.strictSame(
    [...rooms].filter((room) => ![...ROOMS, ...ABOVE_ROOMS, 'metrics'].includes(room)),
    [],
  );
});

t.test('ARCHITECTURE.md names the rooms of the broker in the import order', async (t) => {
  const [, order = ''] = /^In `broker\/`: ([^.]+)\./m.exec(readText('ARCHITECTURE.md')) ?? [];
  t.strictSame(
    [...order.matchAll(/`([\w-]+)`/g)].map(([, room]) => room),
    ['metrics', ...ROOMS, ...ABOVE_ROOMS],
  );
});

t.test('the checker of live views shares no code with what it checks', async (t) => {
  const byPath = new Map(code.map((file) => [file.path, file]));
  const reached = new Set(code.map(({ path }) => path).filter(isChecker));
  t.ok(reached.size >= 5, 'and the test has seen it');
  for (const path of reached) for (const to of byPath.get(path)?.imports ?? []) reached.add(to);
  t.strictSame(
    [...reached].filter((path) => /^broker\/(?:stream|grants|catalog|intake)\//.test(path)),
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
