import type { Logger } from 'pino';
import { Disclosures } from '../../audit/disclosures.js';
import type { Config } from '../../config.js';
import type { Gateway } from '../../gateway/gateway.js';
import type { Tickets } from '../../gateway/tickets.js';
import type { AnswerBudget } from '../../http/answers/answer-budget.js';
import { type App, createApp } from '../../http/app.js';
import { auditPlugin } from '../../http/audit/plugin.js';
import { catalogPlugin } from '../../http/catalog/plugin.js';
import { eventsPlugin } from '../../http/events/plugin.js';
import { grantsPlugin } from '../../http/grants/plugin.js';
import { operationsPlugin } from '../../http/operations/plugin.js';
import { partiesPlugin } from '../../http/parties/plugin.js';
import { type ProcedureRoutesDeps, procedurePlugin } from '../../http/procedure/plugin.js';
import { type StreamPluginDeps, streamPlugin } from '../../http/stream/plugin.js';
import { trialPlugin } from '../../http/trial/plugin.js';
import type { Intake } from '../../intake/intake.js';
import { QuarantineReader } from '../../intake/quarantine/quarantine-reader.js';
import type { Metrics } from '../../metrics/metrics.js';
import type { Bus } from '../../nats/bus.js';
import type { Caller } from '../../parties/caller.js';
import type { QuotaNotice } from '../../parties/quotas/quota-notice.js';
import { CursorActs } from '../../stream/cursors/cursor-acts.js';
import type { Stream } from '../../stream/open-stream.js';
import { VERSION } from '../../version.js';
import type { Governance } from '../governance.js';
import type { Observation } from '../open-observation.js';
import type { ProcessRole } from '../process-role.js';
import { SharedMetrics } from '../shared-metrics.js';
import type { BrokerHealth } from './broker-health.js';
import type { Admission } from './open-admission.js';

export interface AppParts {
  config: Config;
  role: ProcessRole;
  log: Logger;
  metrics: Metrics;
  bus: Bus;
  governance: Governance;
  clock: () => number;
}

/** Rooms that are open when the broker begins to serve. */
export interface ServedRooms extends Observation {
  stream: Stream;
  intake: Intake;
  gateway: Gateway;
  tickets: Tickets;
  admission: Admission;
  health: BrokerHealth;
  answerBudget: AnswerBudget;
  quotaNotice: QuotaNotice;
  /** Absent on a trial bus. */
  lawful: ProcedureRoutesDeps | undefined;
  /** Aborted when the broker drains: streams over HTTP come to their end. */
  ending: AbortSignal;
}

/** Makes the HTTP application with the routes of every room. Throws ConfigError for an unusable certificate. */
export function openApp(parts: AppParts, rooms: ServedRooms): Promise<App> {
  const { config, role, log, metrics, bus, governance, clock } = parts;
  const { catalog, grants, ledger, permissions, leases } = governance;
  const { grantLag, entryFigures, partyFigures, intake, admission, health, quotaNotice, lawful, ending } = rooms;
  const { slots } = admission;
  const { maxEventBytes, secret } = config;
  const requireInsider = lawful && ((caller: Caller, call: string) => lawful.procedure.requireInsider(caller, call));
  const exposition = role.isWorker ? new SharedMetrics(metrics.registry) : metrics;
  const disclosures = new Disclosures({
    bus,
    entries: catalog,
    ledger,
    secret,
    logOf: rooms.stream.logOf,
    grantsOf: (entry) => grants.byEntry(entry),
  });
  const options = {
    log,
    config,
    quotaNotice,
    permissions,
    leases,
    metrics: metrics.gateway,
    version: VERSION,
    requireInsider,
    answerBudget: rooms.answerBudget,
    ...admission,
  };
  return createApp(options, [
    eventsPlugin({ intake, quarantine: new QuarantineReader(bus), slots, leases, maxEventBytes, ending }),
    streamPlugin(streamDeps(parts, rooms)),
    partiesPlugin({ ...governance, version: VERSION, clock }),
    grantsPlugin({ ...governance, clock }),
    catalogPlugin({ ...governance, isTrial: permissions.isTrial }),
    auditPlugin({ ledger, disclosures, permissions }),
    operationsPlugin({ metrics: exposition, health, grantLag, entryFigures, partyFigures, clock }),
    lawful
      ? procedurePlugin(lawful)
      : trialPlugin({ clock, isTestClock: config.testClock, calendarVersions: () => [] }),
  ]);
}

function streamDeps({ config, metrics, governance, clock }: AppParts, rooms: ServedRooms): StreamPluginDeps {
  const { stream, grantLag, gateway, tickets, admission, answerBudget, ending } = rooms;
  const { grants, ledger, permissions, leases } = governance;
  return {
    ...stream,
    slots: admission.slots,
    leases,
    gateway,
    tickets,
    metrics: metrics.gateway,
    heartbeatMs: config.heartbeatMs,
    ending,
    clock,
    grantLag,
    answerBudget,
    cursorActs: new CursorActs({ ...stream, grants, permissions, ledger }),
  };
}
