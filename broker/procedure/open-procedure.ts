import { resolve } from 'node:path';
import { clockSettingOf } from '../ledger/bus-clock.js';
import type { Ledger } from '../ledger/ledger.js';
import type { LawfulMetrics } from '../metrics/lawful-metrics.js';
import type { Bus } from '../nats/bus.js';
import { Attachments } from './attachments/attachments.js';
import { type DecideDue, DueRunner, type WorkBefore } from './due/due-runner.js';
import type { TestClock } from './due/test-clock.js';
import type { FileReader } from './files/file-reader.js';
import { LawfulWatch } from './lawfulness/lawful-watch.js';
import { OpeningLedger } from './projection/feed/opening-ledger.js';
import { projectedFiles } from './projection/projected-files.js';
import { Projection } from './projection/projection.js';

export interface OpenProcedureDeps {
  bus: Bus;
  ledger: Ledger;
  projection: OpenedProjection;
  /** Folded with the ledger. */
  testClock: TestClock;
  /** Undefined is without bound. */
  attachmentBytesPerPartyMax?: number | undefined;
  /** Time of the bus, in milliseconds since 1970. */
  clock(): number;
  warn(message: string, error?: unknown): void;
}

/** Rooms of the lawful procedure, which only a registered bus has. */
export interface Procedure {
  files: FileReader;
  attachments: Attachments;
  /**
   * From now on the bus acts on what falls due; to be called once. `look` acts on what no file says the moment of, and resolves
   * with false while there is more.
   */
  startDueRunner(decideDue: DecideDue, look: () => Promise<boolean>, before: WorkBefore): void;
  /** From now on deadlines, violations and unread notices are counted; to be called once. */
  startWatch(metrics: LawfulMetrics): void;
  close(): Promise<void>;
}

/** The projection of a ledger that is not open yet. */
export interface OpenedProjection {
  projection: Projection;
  ledger: OpeningLedger;
}

/** Starts the projection of the files in the data folder; the ledger has to give each record that it folds to `ledger.fold`. */
export function openProjection({
  dataDir,
  bus,
  warn,
}: Pick<OpenProcedureDeps, 'bus' | 'warn'> & { dataDir: string }): OpenedProjection {
  const ledger = new OpeningLedger(bus);
  return { projection: new Projection({ ledger, folder: resolve(dataDir, 'projection'), warn }), ledger };
}

/** Opens the files of a registered bus, read up to the record that the ledger has now. */
export async function openProcedure(deps: OpenProcedureDeps): Promise<Procedure> {
  const { bus, ledger, testClock, clock, warn } = deps;
  const { projection } = deps.projection;
  deps.projection.ledger.opened(ledger);
  await projection.untilCaughtUp();
  const files = projectedFiles(projection, clock);
  let runner: DueRunner | undefined;
  let watch: LawfulWatch | undefined;
  const stopWatching = ledger.onRecord((record) => {
    if (clockSettingOf(record)) runner?.lookNow();
  });
  return {
    files,
    attachments: new Attachments({ bus, ledger, files, bytesPerPartyMax: deps.attachmentBytesPerPartyMax }),
    startDueRunner: (decideDue, look, before) => {
      const onNothingDue = async (isNothingDue: () => Promise<boolean>): Promise<void> => {
        if (await look()) await testClock.noteReached(ledger, isNothingDue);
      };
      runner = new DueRunner({ ledger, files, clock, decideDue, before, onNothingDue, warn });
      runner.start();
    },
    startWatch: (metrics) => {
      metrics.projectionOpened(() => projection.lagSeconds);
      watch = new LawfulWatch({ projection, metrics, clock });
      watch.start();
    },
    close: async () => {
      watch?.stop();
      stopWatching();
      testClock.close();
      await runner?.stop();
      await projection.close();
    },
  };
}
