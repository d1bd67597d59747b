import type { Command } from 'commander';
import { VERSION } from '../../../broker/version.js';
import { ApiError } from '../../../client/errors.js';
import type { Whoami } from '../../../proto/http/whoami.js';
import { apiOf, type ConnectionOptions, withConnection } from '../../connection-options.js';
import { CommandEnded, EXIT } from '../../exit-codes.js';
import { failureOf } from '../../failure.js';
import { printableLine } from '../../printable.js';
import type { Terminal } from '../../terminal.js';

/** Beyond this the start of a grant, a ticket or a certificate may be judged wrongly. */
const CLOCK_OFF_MS_MAX = 2_000;

/** The section of docs/operations.md for what the bus says of itself. */
const SECTIONS: readonly [RegExp, string][] = [
  [/connection to NATS/, 'NATS is away'],
  [/round trip/, 'NATS is slow'],
  [/^the store is full/, 'The store is full'],
  [/^stream /, 'A stream has reached its limit'],
  [/ledger/, 'The ledger is broken'],
];

/** Without NATS the ledger is stale as well: the first one in the list is the cause. */
function sectionFor(problems: readonly string[]): string {
  const found = SECTIONS.find(([pattern]) => problems.some((problem) => pattern.test(problem)));
  return found?.[1] ?? 'When something is wrong';
}

const storeAdvice = (problems: readonly string[]): string => `: see "${sectionFor(problems)}" in docs/operations.md`;

/** One line of the report. A check after a failed one that it needs is left out. */
interface Finding {
  check: string;
  ok: boolean;
  detail: string;
}

export function addDoctor(program: Command, terminal: Terminal): void {
  withConnection(program.command('doctor'))
    .summary('check configuration, reachability, token, clock, store and versions, with what to do')
    .description('Check the way from here to the bus, one line per check. Ends with exit code 1 when a check failed.')
    .addHelpText('after', '\nExample:\n  $ sluice doctor --url https://bus.example')
    .action((options: ConnectionOptions) => doctor(options, terminal));
}

async function doctor(options: ConnectionOptions, terminal: Terminal): Promise<void> {
  const findings = [configuration(options), ...(await bus(options))];
  if (options.json) await terminal.out(JSON.stringify(findings));
  else {
    for (const { check, ok, detail } of findings) {
      await terminal.out(`${ok ? 'ok   ' : 'FAIL '} ${check.padEnd(13)} ${printableLine(detail)}`);
    }
  }
  if (findings.some(({ ok }) => !ok)) throw new CommandEnded(EXIT.REFUSED);
}

function configuration({ url, token }: ConnectionOptions): Finding {
  const check = 'configuration';
  if (token === undefined) {
    return { check, ok: false, detail: 'no token: set SLUICE_TOKEN to the token of your system or officer' };
  }
  const isPlain = url.startsWith('http://') && !/^http:\/\/(?:127\.|localhost|\[::1\])/.test(url);
  if (isPlain)
    return { check, ok: false, detail: `${url} is not encrypted: anybody on the way reads the token; use https` };
  return { check, ok: true, detail: `bus ${url}, a token is set` };
}

async function bus(options: ConnectionOptions): Promise<Finding[]> {
  const reachable = await attempt(
    'reachability',
    options.url,
    () => apiOf(options).json('/healthz'),
    () => 'the bus answers',
  );
  if (!reachable.ok) return [reachable];
  let warnings: string[] = [];
  const readiness = await attempt(
    'store',
    options.url,
    async () => {
      warnings = (await apiOf(options).json<{ warnings?: string[] }>('/readyz')).warnings ?? [];
    },
    () => 'events can be published and streamed',
  );
  const store = warnings.length === 0 ? readiness : faulty(warnings);
  if (options.token === undefined) return [reachable, store];
  const askedAtMs = Date.now();
  let who: Whoami | undefined;
  const token = await attempt(
    'token',
    options.url,
    async () => {
      who = await apiOf(options).json<Whoami>('/v1/whoami');
    },
    () => `${who?.kind} ${who?.id} of party ${who?.party}`,
  );
  if (!who) return [reachable, store, token];
  return [reachable, store, token, clock(who, (askedAtMs + Date.now()) / 2), versions(who)];
}

/** Events can be published and streamed, and yet something is wrong. */
const faulty = (warnings: readonly string[]): Finding => ({
  check: 'store',
  ok: false,
  detail: `${warnings.join('; ')}${storeAdvice(warnings)}`,
});

function clock({ mode, time }: Whoami, nowMs: number): Finding {
  const offMs = Math.round(Date.parse(time) - nowMs);
  const ok = Math.abs(offMs) <= CLOCK_OFF_MS_MAX;
  const what = `the bus is ${Math.abs(offMs / 1000).toFixed(1)} s ${offMs < 0 ? 'behind' : 'ahead of'} this machine`;
  const remedy = `set both clocks by NTP${mode === 'trial' ? '' : ', unless `sluice clock` shows a test clock'}`;
  return { check: 'clock', ok, detail: ok ? what : `${what}: ${remedy}` };
}

function versions({ version, mode }: Whoami): Finding {
  const ok = version.split('.')[0] === VERSION.split('.')[0];
  const what = `bus ${version} in ${mode} mode, command line ${VERSION}`;
  return { check: 'versions', ok, detail: ok ? what : `${what}: install the command line of the bus` };
}

async function attempt(
  check: string,
  url: string,
  act: () => Promise<unknown>,
  passed: () => string,
): Promise<Finding> {
  try {
    await act();
    return { check, ok: true, detail: passed() };
  } catch (error) {
    const failure = await failureOf(error);
    if (!failure) throw error;
    return {
      check,
      ok: false,
      detail: `${[failure.message, ...failure.problems].join('; ')}${advice(check, url, error, failure.problems)}`,
    };
  }
}

function advice(check: string, url: string, error: unknown, problems: readonly string[]): string {
  if (check === 'token') return ': is SLUICE_TOKEN the token of this bus, and was it renewed since?';
  if (error instanceof ApiError) return storeAdvice(problems);
  return `: is ${url} the right address (SLUICE_URL), and does a proxy or firewall stand between?`;
}
