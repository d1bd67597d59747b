import { createHash } from 'node:crypto';
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import type { Logger } from 'pino';
import { BundleService } from '../bundles/bundle-service.js';
import { foundCanary } from '../bundles/canary.js';
import { CatalogService } from '../catalog/catalog-service.js';
import { EntryActs } from '../catalog/entry-acts.js';
import type { Config } from '../config.js';
import { GrantService } from '../grants/grant-service.js';
import type { BusClock } from '../ledger/bus-clock.js';
import { Checkpoints } from '../ledger/checkpoint/checkpoints.js';
import { KeptTexts } from '../ledger/checkpoint/kept-text.js';
import { Ledger } from '../ledger/ledger.js';
import type { Metrics } from '../metrics/metrics.js';
import type { Bus } from '../nats/bus.js';
import { type BootstrapOptions, type Bootstrapped, bootstrap } from '../parties/bootstrap.js';
import { secretCheckOf } from '../parties/bus-facts.js';
import type { OfficerCaller } from '../parties/caller.js';
import { isCompetentAbove } from '../parties/competent-department.js';
import type { Credentials } from '../parties/credentials.js';
import { Leases } from '../parties/leases/leases.js';
import { RevocationReport } from '../parties/leases/revocation-report.js';
import { Permissions } from '../parties/permissions.js';
import { TokenService } from '../parties/token-service.js';
import { type OpenedProjection, openProcedure, openProjection, type Procedure } from '../procedure/open-procedure.js';
import { endTrial } from '../procedure/registration/end-trial.js';
import type { EndedEverywhere } from '../processes/ended-everywhere.js';
import { SheetService } from '../sheets/sheet-service.js';
import { VERSION } from '../version.js';
import { foldedRooms } from './ledger/folded-rooms.js';
import type { ProcessRole } from './process-role.js';
import type { ReleaseStack } from './release-stack.js';
import { keepRights } from './restore/keep-rights.js';

export interface GovernanceDeps {
  config: Config;
  bus: Bus;
  /** Number of the store's partitions, which may differ from the configured one. */
  partitions: number;
  metrics: Pick<Metrics, 'ledger' | 'stream'>;
  endedEverywhere: EndedEverywhere;
  /** Takes the times of the ledger's records. */
  busClock: BusClock;
  log: Logger;
  releases: ReleaseStack;
  role: ProcessRole;
}

/** Everything that is read from the ledger: parties and credentials, the catalog, grants, and the services that act on them. */
export type Governance = Awaited<ReturnType<typeof openGovernance>>;

/** Reads the ledger and founds the bus on an empty one. Throws ConfigurationConflictError. */
export async function openGovernance(deps: GovernanceDeps) {
  const { config, bus, partitions, busClock, log, releases, endedEverywhere, role } = deps;
  const clock = busClock.now;
  const checkpoint = resolve(config.dataDir, 'ledger.checkpoint');
  const texts = new KeptTexts(checkpoint);
  const folded = foldedRooms(config.secret, busClock, texts);
  const { credentials, facts, parties, systems, catalog, grants, testClock, profiles, ordered, ...others } = folded;
  const permissions = permissionsOf(config, folded);
  const projection = projectionOf(deps);
  const checkpoints = new Checkpoints({
    path: checkpoint,
    texts,
    secret: config.secret,
    rooms: ordered,
    isWriter: role.isFirst,
    warn: (message, error) => log.warn({ err: error }, message),
  });
  const ledger = await openLedger(deps, ordered, checkpoints, projection);
  await keepRights({ config, bus, ledger, metrics: deps.metrics.ledger, isFirst: role.isFirst, log, releases });
  const { leases, revocations } = openLeases(deps, credentials, ledger);
  endedEverywhere.require(() => leases.stopped());
  const findParty = (id: string) => parties.get(id);
  const grantsOn = (entry: string) => grants.liveOn(entry, clock());
  const draftsPerPartyMax = config.quotas.drafts;
  const acts = new EntryActs({ catalog, findParty, grantsOn, permissions, partitions, draftsPerPartyMax, clock });
  const founding = await bootstrap({ ledger, credentials, facts }, bootstrapOptions(config));
  await foundCanary({ ledger, parties, systems, catalog, grants, partitions, clock });
  const opened = await openFiles(deps, { ledger, projection, folded, founding });
  const shared = { ledger, credentials, parties, systems, officers: others.officers, catalog, grants, permissions };
  const catalogService = new CatalogService({ ...shared, acts });
  return {
    ...shared,
    ...others,
    ...opened,
    leases,
    revocations,
    testClock,
    catalogService,
    tokenService: new TokenService(shared),
    sheetService: new SheetService({ ...shared, profiles }),
    grantService: new GrantService(shared),
    bundleService: new BundleService({ ...shared, partitions, clock }),
  };
}

function permissionsOf({ platformRegistration }: Config, { parties, credentials }: ReturnType<typeof foldedRooms>) {
  const again = (officer: OfficerCaller): OfficerCaller | undefined => credentials.again(officer);
  if (platformRegistration === undefined) return new Permissions('trial', { again });
  const isAbove = (competent: string, party: string): boolean => {
    const [above, below] = [parties.get(competent), parties.get(party)];
    return above !== undefined && below !== undefined && isCompetentAbove(above, below);
  };
  return new Permissions('registered', { again, departments: { owner: platformRegistration.owner, isAbove } });
}

/** Reads the ledger into the folds of all rooms. */
async function openLedger(
  { config, bus, metrics, busClock, log, releases, endedEverywhere }: GovernanceDeps,
  rooms: ReturnType<typeof foldedRooms>['ordered'],
  checkpoints: Checkpoints,
  projection: OpenedProjection | undefined,
): Promise<Ledger> {
  const ledger = await Ledger.open({
    bus,
    metrics: metrics.ledger,
    clock: busClock.now,
    staleAfterMs: config.ledgerSightMs,
    folds: [...rooms.map(({ fold }) => fold), ...(projection ? [projection.ledger.fold] : [])],
    backpressure: () => projection?.projection.backpressure(),
    checkpoints,
    onBroken: (error) => log.fatal({ err: error }, 'the ledger is broken: delivery has stopped'),
    untilEnded: (seq) => endedEverywhere.since(seq),
  });
  releases.add('ledger', () => ledger.close());
  releases.add(
    'confirmation of ended rights',
    endedEverywhere.require((seq) => ledger.reached(seq, config.ledgerSightMs)),
  );
  return ledger;
}

const bootstrapOptions = (config: Config): BootstrapOptions => ({
  brokerId: brokerIdOf(config.dataDir),
  version: VERSION,
  bootstrapToken: config.bootstrapToken,
  platformRegistration: config.platformRegistration,
  secretCheck: secretCheckOf(config.secret),
  testClock: config.testClock,
});

function openLeases({ metrics, busClock, log, releases }: GovernanceDeps, credentials: Credentials, ledger: Ledger) {
  const clock = busClock.now;
  const revocations = new RevocationReport({ metrics: metrics.stream, clock, warn: (message) => log.warn(message) });
  const leases = new Leases({ credentials, revocations, clock });
  releases.add('leases', ledger.onRecord(leases.onRecord));
  return { leases, revocations };
}

interface OpenedFiles {
  /** Undefined on a trial bus, which has no files. */
  procedure: Procedure | undefined;
  newOperatorToken: string | undefined;
}

interface FilesParts {
  ledger: Ledger;
  projection: OpenedProjection | undefined;
  folded: ReturnType<typeof foldedRooms>;
  founding: Bootstrapped;
}

/** Opened before the ledger, which is then read once for both; undefined on a trial bus. */
function projectionOf({ config, bus, log, releases }: GovernanceDeps): OpenedProjection | undefined {
  if (config.platformRegistration === undefined) return undefined;
  const warn = (message: string, error?: unknown): void => log.warn({ err: error }, message);
  const opened = openProjection({ dataDir: config.dataDir, bus, warn });
  releases.add('projection', () => opened.projection.close());
  return opened;
}

/** The files of a registered bus, of whose trial nothing is in force any more. */
async function openFiles(
  deps: GovernanceDeps,
  { ledger, projection, folded, founding }: FilesParts,
): Promise<OpenedFiles> {
  const { bus, busClock, config, log, releases } = deps;
  const { testClock } = folded;
  const { printToken, generatedToken, operator } = founding;
  if (!projection) return { procedure: undefined, newOperatorToken: printToken };
  const warn = (message: string, error?: unknown): void => log.warn({ err: error }, message);
  const procedure = await openProcedure({
    projection,
    bus,
    ledger,
    testClock,
    clock: busClock.now,
    warn,
    attachmentBytesPerPartyMax: config.quotas.attachmentBytes,
  });
  releases.add('procedure', () => procedure.close());
  const hasEnded = await endTrial({ ...folded, ledger, files: procedure.files, operator });
  return { procedure, newOperatorToken: hasEnded ? generatedToken : printToken };
}

/** The same at every start on one machine and folder, so that the ledger does not gain a subject per start. */
function brokerIdOf(dataDir: string): string {
  const location = `${hostname()} ${resolve(dataDir)}`;
  return `broker-${createHash('sha256').update(location).digest('hex').slice(0, 12)}`;
}
