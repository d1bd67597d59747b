import type { Logger } from 'pino';
import type { Catalog } from '../catalog/catalog.js';
import { documentOf } from '../grants/grant.js';
import type { Grants } from '../grants/grants.js';
import { FINDING_KINDS, type FindingKind, type LeakCheckMetrics } from '../metrics/leak-check-metrics.js';
import type { GrantSubscription } from '../stream/subscriptions/grant-subscription.js';
import { versionsOf } from '../stream/views/entry-fields.js';
import { type ProbedSubscription, type ProjectLive, ViewProbe } from './view-probe.js';

export interface LeakCheckDeps {
  /** Open subscriptions; those that are live are probed. */
  subscriptions: Iterable<GrantSubscription>;
  projectLive: ProjectLive;
  grants: Pick<Grants, 'get'>;
  catalog: Pick<Catalog, 'published' | 'version' | 'onChange'>;
  /** Secret of the bus: hashes are computed a second time. */
  secret: string;
  metrics: LeakCheckMetrics;
  log: Logger;
  /** From the beginning of a round to that of the next, when it does not take longer. */
  intervalMs: number;
  /** Share of one core that probing may take. */
  cpuPercent: number;
}

/** Findings in the log; the metric counts all. */
const LOGGED_MAX = 100;
const PAUSE_MS_MIN = 1;

/**
 * Compares every live view, once a round, with what its grant document allows.
 *
 * A test shows that the code is right when it is built; it cannot show that the index, the filters and the projections in the
 * memory of this process still belong to the grants of today. So the views themselves are asked, with synthetic records,
 * while they serve. Probing holds the event loop for one subscription at a time and then rests in proportion to the
 * time that took, so it costs a fixed share of a core however many views there are. See docs/decisions/0122.
 */
export class LeakCheck {
  readonly #probe: ViewProbe;
  #timer: NodeJS.Timeout | undefined;
  #logged = 0;
  #isStopped = false;

  constructor(private readonly deps: LeakCheckDeps) {
    this.#probe = new ViewProbe(deps.projectLive, deps.secret);
  }

  start(): void {
    this.#schedule(this.deps.intervalMs, () => this.#round());
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  #schedule(ms: number, next: () => void): void {
    if (this.#isStopped) return;
    this.#timer = setTimeout(next, Math.max(PAUSE_MS_MIN, ms)).unref();
  }

  #round(): void {
    const startedMs = performance.now();
    // One subscription stands for all that get the same frames under the same grant.
    const open = new Map<string, GrantSubscription>();
    for (const one of this.deps.subscriptions) {
      open.set(JSON.stringify([one.view.key, one.parts.grant, one.parts.encoding]), one);
    }
    this.#next([...open.values()], startedMs);
  }

  #next(waiting: GrantSubscription[], roundStartedMs: number): void {
    const subscription = waiting.pop();
    if (!subscription) {
      this.deps.metrics.roundEnded();
      this.#schedule(this.deps.intervalMs - (performance.now() - roundStartedMs), () => this.#round());
      return;
    }
    const startedMs = performance.now();
    this.#check(subscription);
    const tookMs = performance.now() - startedMs;
    this.#schedule((tookMs * 100) / this.deps.cpuPercent, () => this.#next(waiting, roundStartedMs));
  }

  #check(subscription: GrantSubscription): void {
    const probed = this.#probed(subscription);
    if (!probed) return;
    let findings: FindingKind[];
    let fault: object = {};
    try {
      findings = this.#probe.findings(probed);
    } catch (error) {
      findings = ['failed'];
      fault = faultOf(error as Error);
    }
    this.deps.metrics.viewChecked();
    for (const kind of findings) this.deps.metrics.found(kind);
    if (findings.length === 0 || this.#logged++ >= LOGGED_MAX) return;
    const counts = Object.fromEntries(
      FINDING_KINDS.map((kind) => [kind, findings.filter((one) => one === kind).length]),
    );
    const { encoding } = subscription.parts;
    this.deps.log.fatal(
      { grant: probed.grant.id, entry: probed.grant.entry, encoding, ...counts, ...fault },
      'LEAK CHECK: a live view differs from its grant',
    );
  }

  /** Undefined for one that is reading the log, or whose grant or entry has changed, which is about to end it. */
  #probed({ isBehind, isEnded, view, parts }: GrantSubscription): ProbedSubscription | undefined {
    const { grants, catalog } = this.deps;
    const grant = grants.get(parts.grant);
    const published = catalog.published(view.entry);
    const isCurrent = grant?.ledgerSeq === parts.grantSeq && published !== undefined && view.isCurrent(published);
    if (!grant || !isCurrent || isBehind || isEnded) return undefined;
    const versions = versionsOf(catalog, view.entry);
    return { live: parts.liveView, channel: parts.channel, grant: documentOf(grant), narrow: parts.narrow, versions };
  }
}

/** The message of a view's error may hold a value; its name, and where it was thrown, do not. */
const faultOf = ({ name, stack = '' }: Error): object => ({
  fault: name,
  at: stack
    .split('\n')
    .find((line) => /^\s+at /.test(line))
    ?.trim(),
});
