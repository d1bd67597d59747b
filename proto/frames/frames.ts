import type { ItemType } from '../entry/entry.js';
import type { Rows } from '../entry/rows.js';
import type { ErrorCode, Problem } from '../errors.js';
import type { DeliveredEvent, SourceEvent } from '../event/event.js';

export const SUBPROTOCOLS = ['sluice.v1.json', 'sluice.v1.msgpack', 'sluice.v1.protobuf'] as const;
export type Subprotocol = (typeof SUBPROTOCOLS)[number];

/** Where a subscription starts. `after` is the last position that the client has processed, `log` the epoch that it belongs to. */
export type From = 'cursor' | 'earliest' | 'latest' | { after: number; log?: string | undefined } | { time: string };

export interface SubscribeFrame {
  kind: 'subscribe';
  ref: string;
  grant: string;
  cursor?: string | undefined;
  from?: From | undefined;
  /** Events that may be sent and not yet acknowledged. */
  credit?: number | undefined;
  narrow?: Rows | undefined;
}
export interface AckFrame {
  kind: 'ack';
  channel: number;
  position: number;
}
export interface RejectFrame {
  kind: 'reject';
  channel: number;
  position: number;
  reason: string;
}
export interface UnsubscribeFrame {
  kind: 'unsubscribe';
  channel: number;
}
export interface PublishFrame {
  kind: 'publish';
  ref: string;
  /** With the protobuf subprotocol `data` and `previous` arrive as bytes of the entry's message. */
  events: SourceEventInput[];
  /** Stores all events, which must be of one entry, or none. After a failed atomic frame the session takes no more events. */
  atomic?: boolean;
}
/** An event as received: `data` is an object (JSON, msgpack) or the bytes of the entry's protobuf message. */
export type SourceEventInput = Omit<SourceEvent, 'data' | 'previous'> & {
  data?: SourceEvent['data'] | Uint8Array;
  previous?: SourceEvent['previous'] | Uint8Array;
};
export type ClientFrame = SubscribeFrame | AckFrame | RejectFrame | UnsubscribeFrame | PublishFrame;

export interface SessionLimits {
  maxFrameBytes: number;
  maxEventBytes: number;
  maxSubscriptions: number;
  maxCredit: number;
  maxPublishEvents: number;
}
export interface WelcomeFrame {
  kind: 'welcome';
  session: string;
  heartbeatMs: number;
  limits: SessionLimits;
}
export interface HeartbeatFrame {
  kind: 'heartbeat';
}
/** An item as the grant delivers it: after a transform its type is the transformed one. */
export interface DeliveredItem {
  name: string;
  number: number;
  type: ItemType;
  list?: boolean | undefined;
}
export interface SubscribedFrame {
  kind: 'subscribed';
  ref: string;
  channel: number;
  grant: string;
  entry: string;
  version: number;
  items: DeliveredItem[];
  log: string;
  /** The subscription starts behind this position. */
  position: number;
}
export interface EventsFrame {
  kind: 'events';
  channel: number;
  through: number;
  events: DeliveredEvent[];
}
export interface AckedFrame {
  kind: 'acked';
  channel: number;
  position: number;
}
export interface CaughtUpFrame {
  kind: 'caught_up';
  channel: number;
  position: number;
}
export interface EndedFrame {
  kind: 'ended';
  channel: number;
  code: ErrorCode;
  lastPosition: number;
  reason: string;
  /** With POSITION_GONE: the earliest position that exists. */
  earliest?: number | undefined;
}
/** One result per published event, in order. */
export interface PublishResult {
  id?: string | undefined;
  line?: number | undefined;
  position?: number | undefined;
  duplicate?: boolean | undefined;
  problem?: Problem | undefined;
}
export interface PublishedFrame {
  kind: 'published';
  ref: string;
  results: PublishResult[];
}
export interface ErrorFrame {
  kind: 'error';
  ref?: string | undefined;
  channel?: number | undefined;
  code: ErrorCode;
  message: string;
  /** With POSITION_GONE and BEFORE_HISTORY: the earliest position that a subscription may start at. */
  earliest?: number | undefined;
}
export type ServerFrame =
  | WelcomeFrame
  | HeartbeatFrame
  | SubscribedFrame
  | EventsFrame
  | AckedFrame
  | CaughtUpFrame
  | EndedFrame
  | PublishedFrame
  | ErrorFrame;
export type Frame = ClientFrame | ServerFrame;

/** WebSocket close codes. After 1001 and 4408 reconnect at once, after 4429 later; the others need a correction first. */
export const CLOSE_CODES = {
  GOING_AWAY: 1001,
  BAD_FRAME: 4400,
  NOT_AUTHENTICATED: 4401,
  NOT_ALLOWED: 4403,
  HEARTBEAT_LOST: 4408,
  SUPERSEDED: 4409,
  TOO_MUCH: 4429,
} as const;

/** An `events` frame is at most this long in any encoding. */
export const EVENTS_FRAME_BYTES_MAX = 1024 * 1024;
