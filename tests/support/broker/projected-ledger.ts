import type { Test } from 'tap';
import type { Ledger } from '../../../broker/ledger/ledger.js';
import type { Act } from '../../../broker/ledger/record.js';
import type { Clock } from '../../../broker/procedure/clock/clock.js';
import type { FileState, RecordedStep } from '../../../broker/procedure/files/file.js';
import type { FileReader } from '../../../broker/procedure/files/file-reader.js';
import { projectedFiles } from '../../../broker/procedure/projection/projected-files.js';
import { Projection } from '../../../broker/procedure/projection/projection.js';
import { sampleClock } from '../lawful/sample-clock.js';
import { temporaryFolder } from '../nats/nats.js';
import { emptyStore, openLedger } from './ledger.js';

/** A clock of ten working days that is due then. */
export const clock = (id: string, due: string, state: Clock['state'] = 'running'): Clock =>
  sampleClock({ id, due, lateFrom: `${due}T16:00:00.000Z`, state });

/** State of a filed application, but for what is given. */
export const state = (given: Partial<FileState> = {}): FileState => ({
  state: 'filed',
  sides: { own: 'd', demand: 'd', provider: 'p' },
  clocks: [],
  memo: {},
  about: ['catalog/p.birth'],
  ...given,
});

/** An act on an application that changes its state. */
export const act = (id: string, step: RecordedStep, more: Partial<Act> = {}): Act => ({
  kind: 'application',
  id,
  act: 'file',
  actor: 'officer:wu',
  role: 'applicant',
  document: {},
  step,
  ...more,
});

export const party = (id: string): Act => ({ kind: 'party', id, act: 'put', actor: 'officer:pan', document: { id } });

export interface Office {
  ledger: Ledger;
  folder: string;
  open(t: Test): { projection: Projection; files: FileReader };
}

/** An empty ledger, and projections of it in one folder. */
export async function office(t: Test, nowMs = () => Date.now()): Promise<Office> {
  const ledger = await openLedger(t, await emptyStore(t), []);
  const folder = await temporaryFolder(t);
  const open = (t: Test) => {
    const projection = new Projection({ ledger, folder, warn: (message) => t.comment(message) });
    t.teardown(() => projection.close());
    return { projection, files: projectedFiles(projection, nowMs) };
  };
  return { ledger, folder, open };
}
