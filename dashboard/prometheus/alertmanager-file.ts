import { stringify } from 'yaml';
import { MADE_BY } from './made-by.js';
import { TimeScale } from './time-scale.js';

const HEADER = `${MADE_BY}# An example: give each receiver an address (https://prometheus.io/docs/alerting/latest/configuration/#receiver) and put a route and a
# receiver like those of the party "example" for each department. None of them gets what another one must act on.
`;

export interface AlertmanagerOptions {
  /** Parties with a receiver of their own. */
  departments?: readonly string[];
  /** Address at which a receiver gets its alerts by webhook; left out, receivers are names. */
  addressOf?: (receiver: string) => string;
  scale?: TimeScale;
}

const OPERATORS = 'operators';
const PAGER = 'pager';
const WATCHDOG = 'watchdog';
const DEPARTMENTS = 'departments';
const receiverOf = (party: string): string => `department-${party}`;

/** Alerts without a budget, which nothing explains away. */
const AT_ONCE = ['SluiceCanaryLeak', 'SluiceViewLeak', 'SluiceLedgerBroken', 'SluiceRevocationSlow'];

const named = (...names: readonly string[]): string => `alertname=~"${names.join('|')}"`;

interface Explanation {
  /** Matchers of the cause. */
  cause: readonly string[];
  effects: readonly string[];
  /** Labels that both must have alike. */
  equal?: readonly string[];
}

/** Effects on subscribers and objectives, wherever their cause is. */
const SUFFERING = ['SluiceErrorBudgetBurn', 'SluiceSubscribersBehind', 'SluiceGrantLagging'];

/** A cause that fires is sent; what follows from it is not. None silences a page that is no effect of it. */
const EXPLANATIONS: readonly Explanation[] = [
  {
    cause: [named('SluiceBrokerDown')],
    effects: [
      named(
        'SluiceNatsDown',
        'SluiceNatsSlow',
        'SluiceLedgerStale',
        'SluiceIntakeBacklog',
        'SluiceBrokerHeld',
        'SluiceBrokerRestarting',
        'SluiceProjectionBehind',
        'SluiceGrantsUnseen',
      ),
    ],
    equal: ['instance'],
  },
  {
    cause: [named('SluiceNatsDown')],
    effects: [named('SluiceNatsSlow', 'SluiceLedgerStale', 'SluiceIntakeBacklog', 'SluiceProjectionBehind')],
    equal: ['instance'],
  },
  { cause: [named('SluiceLedgerBroken')], effects: [named('SluiceLedgerStale')], equal: ['instance'] },
  {
    cause: [named('SluiceBrokerDown', 'SluiceNatsDown')],
    effects: [
      named(
        ...SUFFERING,
        'SluiceQuarantineMissed',
        'SluiceCommitSlow',
        'SluiceReceiptsUnsealed',
        'SluiceEntriesLate',
        'SluiceNoticesWaiting',
        'SluiceCanaryPaused',
      ),
    ],
  },
  {
    cause: [named('SluiceLedgerBroken', 'SluiceLedgerStale')],
    effects: [named(...SUFFERING, 'SluiceReceiptsUnsealed')],
  },
  {
    cause: [named('SluiceStoreFull')],
    effects: [named('SluiceErrorBudgetBurn'), 'objective=~"accepted|canary"'],
  },
  {
    cause: [named('SluiceStoreFull')],
    effects: [named('SluiceStoreFilling', 'SluiceStoreFullSoon', 'SluiceQuarantineMissed', 'SluiceEntriesLate')],
  },
  {
    cause: [named('SluiceStreamFull'), 'stream="RECEIPTS"'],
    effects: [named('SluiceReceiptsUnsealed')],
  },
  { cause: [named('SluiceNatsSlow')], effects: [named('SluiceCommitSlow', 'SluiceIntakeBacklog')] },
  { cause: [named('SluiceCommitSlow')], effects: [named('SluiceIntakeBacklog')] },
  {
    cause: [named('SluiceErrorBudgetBurn'), 'severity="page"'],
    effects: [named('SluiceErrorBudgetBurn'), 'severity="ticket"'],
    equal: ['objective'],
  },
];

/**
 * An example for Alertmanager. What one department must act on goes to it alone and to the operators; a cause that fires silences
 * what follows from it. Effects wait longer than causes do: a budget burns at once, and that NATS is away is certain after a minute.
 */
export function alertmanagerFile(options: AlertmanagerOptions = {}): string {
  const { departments = ['example'], addressOf, scale = new TimeScale() } = options;
  const [cause, effect] = [scale.duration('30s'), scale.duration('2m')];
  const receivers = [OPERATORS, PAGER, WATCHDOG, DEPARTMENTS, ...departments.map(receiverOf)];
  const route = {
    receiver: OPERATORS,
    group_by: ['alertname', 'instance', 'objective'],
    group_wait: effect,
    group_interval: scale.duration('5m'),
    repeat_interval: scale.duration('4h'),
    // Alertmanager asks the receiver above only where no route matches, and one for a department has: so the last one matches all.
    routes: [
      { matchers: ['alertname="SluiceWatchdog"'], receiver: WATCHDOG, repeat_interval: scale.duration('5m') },
      {
        matchers: ['party!=""'],
        // Departments without a route of their own: operators read it.
        receiver: DEPARTMENTS,
        group_by: ['party', 'alertname'],
        continue: true,
        routes: departments.map((party) => ({ matchers: [`party="${party}"`], receiver: receiverOf(party) })),
      },
      { matchers: [named(...AT_ONCE)], receiver: PAGER, group_wait: '0s' },
      { matchers: [named('SluiceErrorBudgetBurn'), 'severity="page"'], receiver: PAGER },
      { matchers: ['severity="page"'], receiver: PAGER, group_wait: cause },
      { receiver: OPERATORS },
    ],
  };
  return (
    HEADER +
    stringify({
      route,
      inhibit_rules: EXPLANATIONS.map(({ cause, effects, equal }) => ({
        source_matchers: cause,
        target_matchers: effects,
        ...(equal ? { equal } : {}),
      })),
      receivers: receivers.map((name) => ({
        name,
        ...(addressOf ? { webhook_configs: [{ url: addressOf(name), send_resolved: true }] } : {}),
      })),
    })
  );
}
