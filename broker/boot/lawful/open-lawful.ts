import type { Logger } from 'pino';
import type { Config } from '../../config.js';
import type { StreamSlots } from '../../gateway/admission/stream-slots.js';
import type { ProcedureRoutesDeps } from '../../http/procedure/plugin.js';
import type { BusClock } from '../../ledger/bus-clock.js';
import type { Metrics } from '../../metrics/metrics.js';
import type { Bus } from '../../nats/bus.js';
import type { Machines } from '../../procedure/all-machines.js';
import { ClockRecomputing } from '../../procedure/calendars/recompute-clocks.js';
import { LawfulDrafts } from '../../procedure/catalog/lawful-drafts.js';
import { Batch } from '../../procedure/engine/batch.js';
import { KeptAnswers } from '../../procedure/engine/kept-answers.js';
import type { World } from '../../procedure/engine/machine.js';
import { Procedure } from '../../procedure/engine/procedure.js';
import { recordReads } from '../../procedure/engine/reads/recorded-reads.js';
import { Relations } from '../../procedure/engine/relations.js';
import { ActRunner } from '../../procedure/engine/run-act.js';
import type { FileReader } from '../../procedure/files/file-reader.js';
import { BackflowWatch } from '../../procedure/grants/backflow-watch.js';
import { NoticeBoard } from '../../procedure/notices/notice-board.js';
import { AccessReads } from '../../procedure/people/access-reads.js';
import { Enrolment } from '../../procedure/people/redeem.js';
import { GrantPreview } from '../../procedure/preview/grant-preview.js';
import { NewestFirst } from '../../procedure/preview/newest-first.js';
import { WebhookSender } from '../../procedure/webhooks/webhook-sender.js';
import { Webhooks } from '../../procedure/webhooks/webhooks.js';
import { DescribedFiles } from '../../procedure/worklist/described-files.js';
import { prepareWorklists } from '../../procedure/worklist/prepare-worklists.js';
import { Worklist } from '../../procedure/worklist/worklist.js';
import type { Stream } from '../../stream/open-stream.js';
import type { Governance } from '../governance.js';
import type { ReleaseStack } from '../release-stack.js';

export interface LawfulDeps {
  config: Config;
  governance: Governance;
  /** Kinds of files that the bus has, and how they are acted on. */
  machines: Machines;
  partitions: number;
  clock: () => number;
  busClock: BusClock;
  bus: Bus;
  hasOpenStream(grant: string): boolean | Promise<boolean>;
  stream: Pick<Stream, 'usedItems' | 'inspections' | 'access' | 'segments' | 'readers'>;
  answerBudget: ProcedureRoutesDeps['answerBudget'];
  releases: ReleaseStack;
  log: Logger;
  metrics: Pick<Metrics, 'webhooks' | 'lawful'>;
  slots: StreamSlots;
  /** Aborted when the broker drains. */
  ending: AbortSignal;
}

/** Puts the engine together on a registered bus; undefined on a trial bus, which has no procedure. */
export function openLawful(deps: LawfulDeps): ProcedureRoutesDeps | undefined {
  const { config, governance, machines, clock, busClock, bus, releases, stream } = deps;
  const { ledger, procedure: rooms, parties, officers, credentials } = governance;
  const registration = config.platformRegistration;
  if (!rooms || !registration) return undefined;
  const relations = new Relations(parties, registration.owner);
  releases.add('relations', ledger.onRecord(relations.fold));
  const webhooks = new Webhooks(config.secret, config.webhookAllow);
  const world = worldOf(deps, { relations, webhooks, owner: registration.owner });
  const kept = new KeptAnswers(rooms.files, config.secret);
  const { lawful: metrics } = deps.metrics;
  const onOutsiderRefused = (): void => metrics.outsiderRefused();
  const reading = { ledger, reader: rooms.files, kept };
  const procedure = new Procedure({ ...reading, world, machines, clock, onOutsiderRefused });
  rooms.startWatch(metrics);
  const { files } = rooms;
  const notices = new NoticeBoard({ ledger, files: rooms.files });
  releases.add('notices', ledger.onRecord(notices.onRecord));
  startWebhooks(deps, webhooks, rooms.files);
  const { owner, foundingCodeSha256 } = world.settings;
  const enrolment = new Enrolment({ procedure, parties, officers, credentials, owner, foundingCodeSha256 });
  governance.sheetService.openBy(new LawfulDrafts(procedure, relations));
  const { catalog, grants } = governance;
  const newest = new NewestFirst({ ...stream, entries: catalog });
  startDueActs(deps, rooms, { world, procedure, newest });
  const isTestClock = config.testClock;
  return {
    preview: new GrantPreview({ access: stream.access, newest, entries: catalog, grants, clock }),
    recordReading: (officer, refs) => recordReads({ ledger, reader: files }, officer, refs),
    procedure,
    enrolment,
    parties,
    clock,
    isTestClock,
    grants,
    notices,
    world,
    bus,
    kept,
    attachments: rooms.attachments,
    ...openLists(deps, world, files),
    visibility: { reader: files, machines, relations },
    accessReads: new AccessReads(procedure),
    contractTerms: governance.contractTerms,
    ...streaming(deps),
    calendarVersions: () => governance.calendars.versions,
    setClock: (nowMs, by, once) => governance.testClock.set(nowMs, by, { isTestClock, ledger, busClock }, once),
  };
}

interface DueActsDeps {
  world: World;
  procedure: Procedure;
  newest: NewestFirst;
}

/** Starts what acts by the clock: late clocks, ends of periods, recomputed deadlines, and backflows. */
function startDueActs(
  { governance: { catalog, grants }, machines, clock, releases, stream: { access } }: LawfulDeps,
  rooms: NonNullable<Governance['procedure']>,
  { world, procedure, newest }: DueActsDeps,
): void {
  const { files } = rooms;
  const runnerAt = (head: number, nowMs: number) => new ActRunner(world, new Batch(files, head, nowMs), machines);
  const recomputing = new ClockRecomputing({ world, reader: files, runnerAt });
  const backflows = new BackflowWatch({ procedure, access, newest, entries: catalog, grants, clock });
  releases.add('backflow watch', () => backflows.stop());
  rooms.startDueRunner(
    (file, atMs, head) => procedure.decideDue(file, atMs, head),
    () => backflows.look(),
    recomputing,
  );
}

/** Parts of the routes that stream notices and read what grants deliver. */
const streaming = ({
  stream,
  governance: { leases },
  answerBudget,
  slots,
  ending,
  config: { heartbeatMs },
}: LawfulDeps) => ({
  usedItems: stream.usedItems,
  inspections: stream.inspections,
  leases,
  answerBudget,
  slots,
  ending,
  heartbeatMs,
});

/** Lists whose answers about files are kept until a party changes. */
function openLists(
  { governance: { ledger, officers }, machines, releases, clock }: LawfulDeps,
  { relations, rules }: World,
  files: FileReader,
): Pick<ProcedureRoutesDeps, 'worklist' | 'described'> {
  const worklist = new Worklist({ files, machines, relations, rules, clock });
  releases.add('worklist', ledger.onRecord(worklist.onRecord));
  releases.add('prepared worklists', prepareWorklists({ worklist, officers, owner: relations.owner }));
  const described = new DescribedFiles({ files, machines, relations });
  releases.add('described files', ledger.onRecord(described.onRecord));
  return { worklist, described };
}

function startWebhooks(
  { governance, bus, log, metrics, releases }: LawfulDeps,
  webhooks: Webhooks,
  files: FileReader,
): void {
  const warn = (message: string, error?: unknown): void => log.warn({ err: error }, message);
  const sender = new WebhookSender({ bus, webhooks, files, metrics: metrics.webhooks, warn });
  releases.add('webhook records', governance.ledger.onRecord(sender.onRecord));
  releases.add('webhooks', () => sender.stop());
  sender.start();
}

function worldOf(
  { config, governance, partitions, hasOpenStream }: LawfulDeps,
  { relations, webhooks, owner }: Pick<World, 'relations' | 'webhooks'> & { owner: string },
): World {
  const { parties, officers, systems, credentials, catalog, grants, calendars, recomputes, bodies } = governance;
  const { founding, closingHour, supplementPause, localTargetDays, changeLeadDays, quotas } = config;
  return {
    relations,
    webhooks,
    parties,
    officers,
    systems,
    credentials,
    catalog,
    grants,
    calendars,
    recomputes,
    bodies,
    settings: {
      owner,
      foundingCodeSha256: founding?.codeSha256,
      closingHour,
      supplementPause,
      localTargetDays,
      changeLeadDays,
      partitions,
      draftsPerPartyMax: quotas.drafts,
    },
    rules: { calendars, closingHour, regionOf: (party) => relations.regionOf(party) },
    delivery: { hasOpenStream },
  };
}
