import { cp, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Ledger } from '../../../broker/ledger/ledger.js';
import { Projection } from '../../../broker/procedure/projection/projection.js';
import { projectionRows } from '../../support/broker/projection-rows.js';

type Rows = Record<string, unknown[]>;

/** Records may come between the two readings. */
const TRIES_MAX = 5;

/**
 * Compares the projection that a killed broker left, resumed, with one that is made of the ledger alone, row by row. Returns
 * the rows that one of them has and the other has not, by table. `folder` is for copies.
 */
export async function projectionDifferences(ledger: Ledger, left: string, folder: string): Promise<object[]> {
  const [resumed, fresh] = [join(folder, 'resumed'), join(folder, 'fresh')];
  await rm(folder, { recursive: true, force: true });
  await mkdir(fresh, { recursive: true });
  await cp(left, resumed, { recursive: true });
  for (let tries = 0; tries < TRIES_MAX; tries++) {
    const faults: object[] = [];
    const [ours, theirs] = await Promise.all([resumed, fresh].map((path) => rowsAtHead(ledger, path, faults)));
    if (JSON.stringify(ours?.progress) !== JSON.stringify(theirs?.progress)) continue;
    return [...faults, ...Object.keys({ ...ours, ...theirs }).flatMap((table) => differing(table, ours, theirs))];
  }
  return [{ what: 'the two projections never stood at one record' }];
}

/** A projection that is made anew would be no resumed one. */
async function rowsAtHead(ledger: Ledger, folder: string, faults: object[]): Promise<Rows> {
  const projection = new Projection({ ledger, folder, warn: (message) => faults.push({ folder, message }) });
  await projection.untilCaughtUp();
  await projection.close();
  return projectionRows(folder) as Rows;
}

function differing(table: string, ours: Rows = {}, theirs: Rows = {}): object[] {
  const [one, other] = [new Set(ours[table]), new Set(theirs[table])];
  const resumed = [...one].filter((row) => !other.has(row));
  const fresh = [...other].filter((row) => !one.has(row));
  return resumed.length + fresh.length > 0 ? [{ table, resumed, fresh }] : [];
}
