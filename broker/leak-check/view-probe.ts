import { randomBytes } from 'node:crypto';
import type { EntryDocument, NumberedItem } from '../../proto/entry/entry.js';
import type { GrantDocument } from '../../proto/entry/grant.js';
import { fieldOf } from '../../proto/entry/item-field.js';
import type { Rows } from '../../proto/entry/rows.js';
import type { DeliverableEvent } from '../../proto/event/envelope.js';
import type { RecordData, SourceEvent, SourceOp } from '../../proto/event/event.js';
import { RecordCodec } from '../../proto/event/record.js';
import type { ProjectedEvent } from '../../proto/frames/event-encoder.js';
import type { FindingKind } from '../metrics/leak-check-metrics.js';
import { Channel } from '../stream/live/channel.js';
import type { LiveView } from '../stream/live/live-view.js';
import { expectedEvents } from './allowed/allowed-events.js';
import { FrameChecker } from './frame-checker.js';
import { type SyntheticRecords, syntheticRecords } from './synthetic-records.js';

/** A subscription that is served live: what it follows, and the document that says what it may receive. */
export interface ProbedSubscription {
  live: LiveView;
  channel: Channel;
  grant: GrantDocument;
  narrow: Rows;
  /** All versions of the entry, oldest first, with their items numbered. */
  versions: readonly { document: EntryDocument; items: readonly NumberedItem[] }[];
}

/** Calls `projected` for each live view of the entry that delivers the event, as the running broker does. */
export type ProjectLive = (
  event: { entry: string; position: number; event: DeliverableEvent },
  projected: (live: LiveView, event: ProjectedEvent) => void,
) => void;

/** Records outside the rows that one probe tries; a grant with many predicates gets others in the next round. */
const OUTSIDE_MAX = 24;
const POSITION = 4711;
const TOKEN_BYTES = 12;
const SNAPSHOT = 'probe-snapshot';
/** An item that a later version may have, and nobody is granted: its number is unknown to every view. */
const LATER: Omit<NumberedItem, 'number'> = { name: 'later item', type: 'string' };

interface Probe {
  source: SourceEvent;
  stored: DeliverableEvent;
}

/** Sends synthetic events through one live view as it is in memory, and compares what comes out with what is allowed. */
export class ViewProbe {
  constructor(
    private readonly projectLive: ProjectLive,
    private readonly secret: string,
  ) {}

  /** Findings, one for each event that is delivered wrongly; a leak before everything else of the same event. */
  findings(subscription: ProbedSubscription): FindingKind[] {
    const { grant, versions, narrow, channel, live } = subscription;
    const known = [...newestItems(versions).values()];
    const items = [...known, { ...LATER, number: Math.max(...known.map(({ number }) => number)) + 1 }];
    const token = randomBytes(TOKEN_BYTES).toString('hex');
    const records = syntheticRecords(items, [grant.rows ?? {}, narrow], token);
    const checker = new FrameChecker(channel.encoding, grant, items);
    const documents = versions.map(({ document }) => document);
    const findings: FindingKind[] = [];
    const delivered = this.#deliveries(live, channel);
    const kept = new Set([...grant.items.map(({ name }) => name), ...Object.keys({ ...grant.rows, ...narrow })]);
    for (const { source, stored } of probes(grant.entry, items, records, kept)) {
      const [expected] = expectedEvents([{ event: source, position: POSITION }], {
        grant,
        narrow,
        versions: documents,
        secret: this.secret,
      });
      const acceptedAt = new Date(stored.acceptedAtMs).toISOString();
      const finding = checker.finding(delivered(stored), expected, [source.data, source.previous], acceptedAt);
      if (finding) findings.push(finding);
    }
    return findings;
  }

  /** Returns the frames that the members of the channel would be sent. One channel of the same kind takes the place of theirs for all events. */
  #deliveries(live: LiveView, { number, encoding, encoder }: Channel): (event: DeliverableEvent) => Uint8Array[] {
    let messages: Uint8Array[] = [];
    const shadow = new Channel(number, encoding, encoder, 0);
    shadow.join({ deliver: ({ message }) => void messages.push(message) });
    return (event) => {
      messages = [];
      this.projectLive({ entry: live.view.entry, position: POSITION, event }, (matched, projected) => {
        if (matched === live) shadow.append(projected);
      });
      shadow.flush(POSITION);
      return messages;
    };
  }
}

function newestItems(versions: ProbedSubscription['versions']): Map<string, NumberedItem> {
  return new Map(versions.flatMap(({ items }) => items.map((item) => [item.name, item] as const)));
}

/** Every kind of change, into the rows, out of them, and beside them. */
function probes(
  entry: string,
  items: readonly NumberedItem[],
  records: SyntheticRecords,
  kept: ReadonlySet<string>,
): Probe[] {
  const { inside, edges } = records;
  const outside = someOf(records.outside, OUTSIDE_MAX);
  const probe = (op: SourceOp, data: RecordData | undefined, previous?: RecordData): Probe =>
    probeOf(entry, items, { op, data, previous });
  return [
    probe('snapshot_begin', undefined),
    probe('snapshot', inside),
    probe('snapshot_end', undefined),
    probe('create', inside),
    // Nothing that is not granted stands behind the last granted item.
    probe('create', Object.fromEntries(Object.entries(inside).filter(([name]) => kept.has(name)))),
    ...edges.map((record) => probe('update', record, inside)),
    probe('update', inside, inside),
    probe('correction', inside, inside),
    probe('delete', undefined, inside),
    ...outside.flatMap((record) => [
      probe('create', record),
      probe('update', inside, record),
      probe('update', record, inside),
      probe('update', record, record),
      probe('correction', record, inside),
      probe('delete', undefined, record),
    ]),
  ];
}

function probeOf(
  entry: string,
  items: readonly NumberedItem[],
  { op, data, previous }: { op: SourceOp; data: RecordData | undefined; previous: RecordData | undefined },
): Probe {
  const identifier = items.find((item) => item.identifier)?.name ?? '';
  const key = (data ?? previous)?.[identifier];
  const subject = key === undefined ? undefined : String(key);
  const snapshotid = op.startsWith('snapshot') ? SNAPSHOT : undefined;
  const filterable = items.filter((item) => item.filterable);
  const image =
    previous &&
    (Object.fromEntries(
      filterable.flatMap(({ name }) => (name in previous ? [[name, previous[name]]] : [])),
    ) as RecordData);
  const corrects = op === 'correction' ? POSITION - 1 : undefined;
  const encode = (record: RecordData | undefined, of: readonly NumberedItem[]): Uint8Array | undefined =>
    record && new RecordCodec(of.map(fieldOf)).encode(record);
  return {
    source: { specversion: '1.0', id: 'probe', type: entry, subject, op, data, previous: image, corrects, snapshotid },
    stored: {
      op,
      subject,
      corrects,
      entryVersion: 1,
      acceptedAtMs: Date.now(),
      keyId: 0,
      snapshotId: snapshotid,
      data: encode(data, items),
      previous: encode(image, filterable),
    },
  };
}

/** So many of them, others each time. */
function someOf<T>(all: readonly T[], max: number): T[] {
  if (all.length <= max) return [...all];
  const start = Math.floor(Math.random() * all.length);
  return Array.from({ length: max }, (_none, index) => all[(start + index) % all.length] as T);
}
