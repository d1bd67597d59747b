import { randomBytes } from 'node:crypto';
import type { EntryDocument, NumberedItem } from '../../proto/entry/entry.js';
import type { GrantDocument } from '../../proto/entry/grant.js';
import { fieldOf } from '../../proto/entry/item-field.js';
import type { Rows } from '../../proto/entry/rows.js';
import type { DeliverableEvent } from '../../proto/event/envelope.js';
import type { DeliveredOp, RecordData, SourceEvent, SourceOp } from '../../proto/event/event.js';
import { RecordCodec } from '../../proto/event/record.js';
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

/** Calls `matched` with each live view of the entry that delivers the event, as the running broker decides it. */
export type MatchLive = (
  entry: string,
  event: DeliverableEvent,
  matched: (live: LiveView, op: DeliveredOp) => void,
) => void;

/** Records outside the rows that one probe tries; a grant with many predicates gets others in the next round. */
const OUTSIDE_MAX = 24;
const POSITION = 4711;
const TOKEN_BYTES = 12;

interface Probe {
  source: SourceEvent;
  stored: DeliverableEvent;
}

/** Sends synthetic events through one live view as it is in memory, and compares what comes out with what is allowed. */
export class ViewProbe {
  constructor(
    private readonly matchLive: MatchLive,
    private readonly secret: string,
  ) {}

  /** Findings, one for each event that is delivered wrongly; a leak before everything else of the same event. */
  findings(subscription: ProbedSubscription): FindingKind[] {
    const { grant, versions, narrow, channel, live } = subscription;
    const items = [...newestItems(versions).values()];
    const token = randomBytes(TOKEN_BYTES).toString('hex');
    const records = syntheticRecords(items, [grant.rows ?? {}, narrow], token);
    const checker = new FrameChecker(channel.encoding, grant, items);
    const documents = versions.map(({ document }) => document);
    const findings: FindingKind[] = [];
    for (const { source, stored } of probes(grant.entry, items, records)) {
      const [expected] = expectedEvents([{ event: source, position: POSITION }], {
        grant,
        narrow,
        versions: documents,
        secret: this.secret,
      });
      const messages = this.#delivered(live, channel, stored);
      const finding = checker.finding(messages, expected, [source.data, source.previous]);
      if (finding) findings.push(finding);
    }
    return findings;
  }

  /** The frames that the members of the channel would be sent. A channel of the same kind takes the place of theirs. */
  #delivered(live: LiveView, { number, encoding, encoder }: Channel, event: DeliverableEvent): Uint8Array[] {
    const messages: Uint8Array[] = [];
    const shadow = new Channel(number, encoding, encoder, 0);
    shadow.join({ deliver: ({ message }) => void messages.push(message) });
    this.matchLive(live.view.entry, event, (matched, op) => {
      if (matched === live) shadow.append(live.view.project(POSITION, event, op));
    });
    shadow.flush(POSITION);
    return messages;
  }
}

function newestItems(versions: ProbedSubscription['versions']): Map<string, NumberedItem> {
  return new Map(versions.flatMap(({ items }) => items.map((item) => [item.name, item] as const)));
}

/** Every kind of change, into the rows, out of them, and beside them. */
function probes(entry: string, items: readonly NumberedItem[], records: SyntheticRecords): Probe[] {
  const { inside } = records;
  const outside = someOf(records.outside, OUTSIDE_MAX);
  const probe = (op: SourceOp, data: RecordData | undefined, previous?: RecordData): Probe =>
    probeOf(entry, items, { op, data, previous });
  return [
    probe('create', inside),
    probe('snapshot', inside),
    probe('update', inside, inside),
    probe('correction', inside, inside),
    probe('delete', undefined, inside),
    ...outside.flatMap((record) => [
      probe('create', record),
      probe('update', inside, record),
      probe('update', record, inside),
      probe('update', record, record),
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
  const subject = String((data ?? previous)?.[identifier]);
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
    source: { specversion: '1.0', id: 'probe', type: entry, subject, op, data, previous: image, corrects },
    stored: {
      op,
      subject,
      corrects,
      entryVersion: 1,
      acceptedAtMs: Date.now(),
      keyId: 0,
      snapshotId: undefined,
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
