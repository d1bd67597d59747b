import type { Logger } from 'pino';
import type { BrokerHandle } from './boot/broker-handle.js';
import { type Governance, openGovernance } from './boot/governance.js';
import { openAlarms } from './boot/lawful/open-alarms.js';
import { type LawfulDeps, openLawful } from './boot/lawful/open-lawful.js';
import { untilRegistered } from './boot/lawful/until-registered.js';
import { createLogger } from './boot/logger.js';
import { openObservation } from './boot/open-observation.js';
import { openStore } from './boot/open-store.js';
import { type ProcessRole, SINGLE_PROCESS } from './boot/process-role.js';
import { ReleaseStack } from './boot/release-stack.js';
import { BrokerHealth } from './boot/serving/broker-health.js';
import { type Admission, openAdmission } from './boot/serving/open-admission.js';
import { openApp } from './boot/serving/open-app.js';
import { listen, type Serving, stopServing } from './boot/serving/serve-http.js';
import type { Config } from './config.js';
import { EpochMarkers } from './event-log/epoch-markers.js';
import { Gateway } from './gateway/gateway.js';
import { Tickets } from './gateway/tickets.js';
import { UsedTickets } from './gateway/used-tickets.js';
import { AnswerBudget } from './http/answers/answer-budget.js';
import type { App } from './http/app.js';
import { Intake } from './intake/intake.js';
import { INTAKE_LIMITS } from './intake/intake-limits.js';
import { LeakCheck } from './leak-check/leak-check.js';
import { BusClock } from './ledger/bus-clock.js';
import { Metrics } from './metrics/metrics.js';
import type { Bus } from './nats/bus.js';
import type { StoreSpace } from './nats/space/store-space.js';
import type { Store } from './nats/streams.js';
import { OpenStreams } from './observe/open-streams.js';
import type { Caller } from './parties/caller.js';
import { QuotaNotice } from './parties/quotas/quota-notice.js';
import type { AlarmWatch } from './procedure/alarms/alarm-watch.js';
import { MACHINES, type Machines } from './procedure/all-machines.js';
import { FirstDeliveries } from './procedure/grants/first-deliveries.js';
import { openProcesses, type Processes } from './processes/open-processes.js';
import { openStream, type Stream } from './stream/open-stream.js';
import type { EventTraces } from './traces/event-traces.js';
import { openTraces } from './traces/open-traces.js';
import { VERSION } from './version.js';

/**
 * Makes the whole exchange in one process, its rooms opened in the order in which they build on each other. Opens the store
 * and reads the ledger; closes what was opened again when that fails.
 */
export async function createBroker(
  config: Config,
  role: ProcessRole = SINGLE_PROCESS,
  machines: Machines = MACHINES,
): Promise<BrokerHandle> {
  const log = createLogger(config.logLevel);
  const metrics = new Metrics();
  const releases = new ReleaseStack((what, error) => log.error({ err: error, what }, 'could not be closed'));
  const busClock = openBusClock(metrics, log);
  const clock = busClock.now;
  if (role.isFirst) for (const warning of config.warnings) log.warn(warning);
  try {
    const { bus, store, notices, space } = await openStore({ config, role, metrics: metrics.store, log, releases });
    const { partitions } = store;
    const processes = await openProcesses({ bus, staleAfterMs: config.ledgerSightMs, log });
    releases.add('processes', () => processes.close());
    const governance = await openGovernance({
      config,
      role,
      bus,
      partitions,
      endedEverywhere: processes.endedEverywhere,
      metrics,
      busClock,
      log,
      releases,
    });
    if (governance.permissions.isTrial) log.warn('trial mode: no platformRegistration is configured');
    if (config.testClock) log.warn('test clock: the platform operator may set the time of the bus');
    const traces = openTraces({
      config: config.traces,
      logOf: (partition) => store.logs[partition],
      metrics: metrics.traces,
      warn: (message, error) => log.warn({ err: error }, message),
    });
    releases.add('traces', async () => traces?.drain());
    const opened = { bus, store, notices, space, processes, governance, traces };
    return new RunningBroker({ config, role, machines, log, metrics, releases, clock, busClock, ...opened });
  } catch (error) {
    await releases.releaseAll();
    throw error;
  }
}

function openBusClock(metrics: Metrics, log: Logger): BusClock {
  return new BusClock({
    wall: () => Date.now(),
    monotonic: () => performance.now(),
    onStep: (stepMs) => {
      metrics.ledger.clockStepped();
      log.warn(
        { stepMs: Math.round(stepMs) },
        'the wall clock of this machine was set; the time of the bus does not run back',
      );
    },
  });
}

interface BrokerParts {
  config: Config;
  role: ProcessRole;
  machines: Machines;
  log: Logger;
  metrics: Metrics;
  releases: ReleaseStack;
  clock: () => number;
  busClock: BusClock;
  bus: Bus;
  store: Store;
  notices: readonly string[];
  space: StoreSpace;
  processes: Processes;
  governance: Governance;
  traces: EventTraces | undefined;
}

class RunningBroker implements BrokerHandle {
  readonly mustEnd: Promise<Error>;
  readonly #quotaNotice: QuotaNotice;
  #isServing = false;
  #app: App | undefined;
  #firstDeliveries: FirstDeliveries | undefined;
  #alarms: AlarmWatch | undefined;
  #lawful: ReturnType<typeof openLawful>;

  constructor(private readonly parts: BrokerParts) {
    this.mustEnd = untilRegistered(parts.governance, parts.releases);
    const clockMs = (): number => performance.now();
    this.#quotaNotice = new QuotaNotice({ clockMs, metrics: parts.metrics.quotas, report: this.#warn });
  }

  get trial(): boolean {
    return this.parts.governance.permissions.isTrial;
  }

  get newOperatorToken(): string | undefined {
    return this.parts.governance.newOperatorToken;
  }

  async start(): Promise<Serving> {
    const { config, log, releases } = this.parts;
    const stream = await this.#startStream();
    const intake = this.#openIntake(stream);
    const observation = openObservation({ ...this.parts, stream, accepted: intake.accepted });
    this.#startLeakCheck(stream);
    const ending = new AbortController();
    const tickets = this.#openTickets();
    const admission = this.#openAdmission(tickets);
    const gateway = this.#openGateway(stream, intake, admission);
    const answerBudget = new AnswerBudget();
    this.#lawful = this.#openLawful(stream, { slots: admission.slots, ending: ending.signal, answerBudget });
    const health = new BrokerHealth({ ...this.parts, ...observation, isServing: () => this.#isServing });
    this.#app = await openApp(this.parts, {
      stream,
      ...observation,
      intake,
      gateway,
      tickets,
      admission,
      health,
      answerBudget,
      quotaNotice: this.#quotaNotice,
      lawful: this.#lawful,
      ending: ending.signal,
    });
    const { app } = this.#app;
    releases.add('http', () => stopServing(app, gateway, ending));
    const serving = await listen(app, config);
    this.#isServing = true;
    log.info({ ...serving, version: VERSION }, 'serving');
    return serving;
  }

  reloadTls(): void {
    try {
      this.#app?.reloadTls();
      this.parts.log.info('TLS certificate read again');
    } catch (error) {
      this.parts.log.error({ err: error }, 'the TLS files cannot be used: the former certificate stays');
    }
  }

  drain(): Promise<void> {
    this.#isServing = false;
    return this.parts.releases.releaseAll();
  }

  async #startStream(): Promise<Stream> {
    const { bus, store, config, metrics, clock, releases, governance } = this.parts;
    const { ledger, grants, catalog, revocations } = governance;
    const { heartbeatMs, coalesceAbovePercent, secret, replicas } = config;
    const stream = openStream({
      bus,
      store,
      replicas,
      entries: catalog,
      grants,
      ledger,
      secret,
      clock,
      heartbeatMs,
      coalesceAbovePercent,
      cursorsPerSystemMax: config.quotas.cursors,
      narrowingBytesPerDay: config.quotas.narrowingBytesPerDay,
      testClock: config.testClock,
      onDelivered: async (grant) => this.#firstDeliveries?.note(grant),
      onSent: config.alarms && ((...sent) => this.#alarms?.noteSent(...sent)),
      metrics: metrics.stream,
      revocations,
      traces: this.parts.traces,
      warn: this.#warn,
    });
    const headOf = (partition: number): number => stream.readers.at(partition).head;
    const onEpochChanged = (partition: number): void => stream.readers.at(partition).recheck();
    const markers = new EpochMarkers({ bus, store, headOf, onEpochChanged, warn: this.#warn });
    releases.add('epoch markers', () => markers.drain());
    releases.add('stream', () => stream.drain());
    this.parts.processes.endedEverywhere.require(() => stream.untilStopped());
    await stream.start();
    markers.start();
    return stream;
  }

  #startLeakCheck({ table, projectLive }: Stream): void {
    const { config, governance, metrics, log, releases } = this.parts;
    const { grants, catalog } = governance;
    const { secret } = config;
    const shared = { grants, catalog, secret, metrics: metrics.leakCheck, log, ...config.leakCheck };
    const leakCheck = new LeakCheck({ subscriptions: table, projectLive, ...shared });
    releases.add('leak check', async () => leakCheck.stop());
    leakCheck.start();
  }

  #openIntake(stream: Stream): Intake {
    const { bus, store, config, metrics, clock, releases, governance, log } = this.parts;
    const limits = { ...INTAKE_LIMITS, maxEventBytes: config.maxEventBytes };
    const onUnexpected = (error: unknown): void => log.error({ err: error }, 'intake failed');
    const { catalog, ledger } = governance;
    const onQuarantineMissed = this.#warn;
    const intake = new Intake({
      bus,
      store,
      replicas: config.replicas,
      catalog,
      metrics,
      traces: this.parts.traces,
      clock,
      limits,
      quotas: config.quotas,
      isLawful: config.platformRegistration !== undefined,
      isLedgerFollowed: () => ledger.isFollowed,
      onUnexpected,
      onStored: (partition, subject, position, data, sentAtMs) =>
        stream.readers.at(partition).stored(subject, position, data, sentAtMs),
      onQuarantineMissed,
      onQuarantined: this.#warn,
      quotaNotice: this.#quotaNotice,
    });
    releases.add('intake', () => intake.drain());
    return intake;
  }

  #openTickets(): Tickets {
    const { bus, config, clock } = this.parts;
    const used = new UsedTickets(bus);
    return new Tickets({ secret: config.secret, clock, useOnce: (id) => used.useOnce(id) });
  }

  #openAdmission(tickets: Tickets): Admission {
    const { config, log, metrics, governance } = this.parts;
    const { credentials, contractTerms, permissions } = governance;
    const refusalOf = (caller: Caller) => contractTerms.refusalOf(caller, this.parts.clock());
    const registered = permissions.isTrial ? {} : { refusalOf };
    return openAdmission({ config, log, metrics: metrics.gateway, credentials, tickets, ...registered });
  }

  #openGateway(stream: Stream, intake: Intake, admission: Admission): Gateway {
    const { config, metrics, governance, log } = this.parts;
    const { heartbeatMs, maxEventBytes, session } = config;
    return new Gateway({
      subscriptions: stream.subscriptions,
      intake,
      ...admission,
      leases: governance.leases,
      log,
      heartbeatMs,
      maxEventBytes,
      limits: session,
      requireInsider: async (caller, call) => this.#lawful?.procedure.requireInsider(caller, call),
      metrics: metrics.gateway,
      quotaNotice: this.#quotaNotice,
    });
  }

  /** The lawful procedure; a trial bus has none. */
  #openLawful(
    stream: Stream,
    served: Pick<LawfulDeps, 'slots' | 'ending' | 'answerBudget'>,
  ): ReturnType<typeof openLawful> {
    const { config, governance, machines, store, clock, busClock, bus, releases, log, processes } = this.parts;
    const openStreams = new OpenStreams({ ...stream, ...processes });
    openStreams.start();
    const hasOpenStream = (grant: string): Promise<boolean> => openStreams.isOpen(grant);
    const { partitions } = store;
    const { metrics } = this.parts;
    const rooms = { config, governance, machines, partitions, releases, clock, busClock, bus, log, metrics };
    const lawful = openLawful({ ...served, ...rooms, hasOpenStream, stream });
    if (!lawful) return undefined;
    this.#firstDeliveries = new FirstDeliveries({ procedure: lawful.procedure, grants: governance.grants });
    this.#alarms = openAlarms({ ...this.parts, procedure: lawful.procedure });
    return lawful;
  }

  readonly #warn = (message: string, error?: unknown): void => this.parts.log.warn({ err: error }, message);
}
