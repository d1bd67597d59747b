import { createHmac } from 'node:crypto';
import type { AlarmsConfig } from '../../config.js';
import type { Ledger } from '../../ledger/ledger.js';
import type { LedgerRecord } from '../../ledger/record.js';
import type { Presence } from '../../processes/presence.js';
import type { Questions } from '../../processes/questions.js';
import { dateAt, dayAt, hourOfDay } from '../clock/shanghai-days.js';
import type { Procedure } from '../engine/procedure.js';
import { partiesOf } from '../engine/relations.js';
import { type ActRunner, newId } from '../engine/run-act.js';
import type { ProcedureFile } from '../files/file.js';
import { OPEN_CASE_STATES } from '../grants/disposal.js';

export type Alarm = 'volume' | 'hour' | 'address';

export interface AlarmWatchDeps {
  settings: AlarmsConfig;
  /** An alarm opens a suspension case too. */
  isSuspecting: boolean;
  procedure: Pick<Procedure, 'byBus'>;
  ledger: Pick<Ledger, 'read'>;
  presence: Pick<Presence, 'others'>;
  questions: Pick<Questions, 'ask' | 'answer'>;
  /** Secret of the bus: addresses are on the ledger as keyed digests. */
  secret: string;
  /** Time of the bus, in milliseconds since 1970. */
  clock(): number;
  warn(message: string, error?: unknown): void;
}

/** Events that this process sent under one grant in a day. */
interface Use {
  events: number;
  /** More was sent since all processes were last added up. */
  isChanged: boolean;
  /** Alarms that are on record or being recorded. */
  readonly noted: Set<string>;
}

const QUESTION = 'sent-today';
const SUM_INTERVAL_MS = 5_000;
const ANSWER_MS_MAX = 1_000;
/** Grants that are added up over all processes at a time. */
const GRANTS_PER_SUM = 1_000;
/** Records of alarms that are read of one grant: two a day for ten years. */
const PAGE_RECORDS = 1_000;
const PAGES_MAX = 8;
const HOUR_MS = 3_600_000;

/** Ground of the case that an alarm opens, and what it says. */
const CASES: Readonly<Record<Alarm, { ground: string; evidence: string }>> = {
  volume: { ground: 'beyond_range', evidence: 'alarm: more events in a day than volumePerDay' },
  hour: { ground: 'incident', evidence: 'alarm: a delivery outside the usual hours' },
  address: { ground: 'third_party', evidence: 'alarm: a first delivery to a new address' },
};

/** Watches what is sent for what is out of the usual. The first address of a grant is what the others are new beside. */
export class AlarmWatch {
  #day = '';
  #uses = new Map<string, Use>();
  #timer: NodeJS.Timeout | undefined;

  constructor(private readonly deps: AlarmWatchDeps) {}

  start(): void {
    const { questions } = this.deps;
    questions.answer(QUESTION, async ({ day, grants }: { day: string; grants: string[] }) =>
      day === this.#day ? grants.map((grant) => this.#uses.get(grant)?.events ?? 0) : [],
    );
    this.#timer = setInterval(() => void this.#addUp(), SUM_INTERVAL_MS).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Events that were sent under a grant just now; returns at once. */
  readonly noteSent = (grant: string, events: number, address: string | undefined): void => {
    const { settings, clock } = this.deps;
    const nowMs = clock();
    const use = this.#useOf(grant, dateAt(nowMs));
    use.events += events;
    use.isChanged = true;
    if (use.events > (settings.volumePerDay ?? Number.POSITIVE_INFINITY)) this.#raise(grant, 'volume', this.#day);
    if (settings.hours !== undefined && !isWithin(settings.hours, nowMs)) this.#raise(grant, 'hour', this.#day);
    if (address !== undefined) this.#raise(grant, 'address', address);
  };

  #useOf(grant: string, day: string): Use {
    if (day !== this.#day) {
      this.#day = day;
      this.#uses = new Map();
    }
    let use = this.#uses.get(grant);
    if (!use) {
      use = { events: 0, isChanged: false, noted: new Set() };
      this.#uses.set(grant, use);
    }
    return use;
  }

  /** Several processes may deliver under one grant, each below the bound. */
  async #addUp(): Promise<void> {
    const { settings, presence, questions } = this.deps;
    const { volumePerDay } = settings;
    const others = presence.others();
    if (volumePerDay === undefined || others.length === 0) return;
    const changed = [...this.#uses].filter(([, { isChanged }]) => isChanged).slice(0, GRANTS_PER_SUM);
    if (changed.length === 0) return;
    const day = this.#day;
    const untilMs = performance.now() + ANSWER_MS_MAX;
    const grants = changed.map(([grant]) => grant);
    const answers = await questions.ask<number[]>(QUESTION, { day, grants }, (known) =>
      known.size >= others.length ? 0 : untilMs - performance.now(),
    );
    for (const [index, [grant, use]] of changed.entries()) {
      use.isChanged = false;
      const elsewhere = [...answers.values()].reduce((sum, counts) => sum + (counts[index] ?? 0), 0);
      if (day === this.#day && use.events + elsewhere > volumePerDay) this.#raise(grant, 'volume', day);
    }
  }

  #raise(grant: string, alarm: Alarm, of: string): void {
    const { noted } = this.#useOf(grant, this.#day);
    const key = `${alarm} ${of}`;
    if (noted.has(key)) return;
    noted.add(key);
    const digest = alarm === 'address' ? createHmac('sha256', this.deps.secret).update(of).digest('base64url') : of;
    this.#record(grant, alarm, digest).catch((error: unknown) => {
      // Tried again with the next delivery.
      noted.delete(key);
      this.deps.warn(`an alarm about grant ${grant} is not on record yet`, error);
    });
  }

  async #record(grant: string, alarm: Alarm, of: string): Promise<void> {
    await this.deps.procedure.byBus(async (runner) => {
      const known = (await this.#recorded(grant)).filter(({ document }) => documentOf(document).alarm === alarm);
      if (known.some(({ document }) => documentOf(document).of === of)) return;
      const file = await runner.batch.get({ kind: 'grants', id: grant });
      if (!file) return;
      const isFirstAddress = alarm === 'address' && known.length === 0;
      const to = partiesOf({ provider: file.sides.provider, demand: file.sides.demand } as ProcedureFile['sides']);
      const notice = { kind: 'alarm', to, about: { kind: 'grants' as const, id: grant }, details: { alarm } };
      runner.batch.add({
        kind: 'notice' as const,
        id: recordId(grant),
        act: 'alarm',
        actor: 'bus',
        document: { alarm, of },
        ...(!isFirstAddress && { step: { notices: [notice] } }),
      });
      if (!isFirstAddress && this.deps.isSuspecting) await suspect(runner, file, alarm);
    });
  }

  async #recorded(grant: string): Promise<LedgerRecord[]> {
    const records: LedgerRecord[] = [];
    for (let page = 0; page < PAGES_MAX; page++) {
      const query = {
        kind: 'notice' as const,
        id: recordId(grant),
        after: records.at(-1)?.seq ?? 0,
        limit: PAGE_RECORDS,
      };
      const read = await this.deps.ledger.read(query);
      records.push(...read);
      if (read.length < PAGE_RECORDS) break;
    }
    return records;
  }
}

/** S1, where the grant is in force and no case of it is open. */
async function suspect(runner: ActRunner, { id, state }: ProcedureFile, alarm: Alarm): Promise<void> {
  const query = { kind: 'cases' as const, about: `grants/${id}`, states: OPEN_CASE_STATES, limit: 1 };
  if (state !== 'in_force' || (await runner.batch.list(query)).length > 0) return;
  const ref = { kind: 'cases', id: newId('cases') } as const;
  await runner.followByBus({ ref, act: 'create', body: { grant: id, ...CASES[alarm] } });
}

const recordId = (grant: string): string => `alarm-${grant}`;
const documentOf = (document: unknown): { alarm?: string; of?: string } => (document ?? {}) as object;

/** Whether a moment lies in hours such as `08-20`, or `20-06` over midnight. */
function isWithin(hours: string, ms: number): boolean {
  const [from, to] = hours.split('-').map(Number) as [number, number];
  const hour = Math.floor((ms - hourOfDay(dayAt(ms), 0)) / HOUR_MS);
  return from <= to ? from <= hour && hour < to : hour >= from || hour < to;
}
