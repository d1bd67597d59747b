import { isAbsent, type RawEvent } from './event-shape.js';

/** The trace of a source in which it published an event (W3C Trace Context). */
export interface SourceTrace {
  traceId: string;
  spanId: string;
  tracestate: string | undefined;
}

export interface SourceTraceResult {
  trace: SourceTrace | undefined;
  /** Something of it was no trace context and was dropped. */
  isMalformed: boolean;
}

const TRACEPARENT = /^(?!ff)([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(-[!-~]*)?$/;
const TRACEPARENT_CHARACTERS_MAX = 256;
const VERSION_OF_TODAY = '00';
const ZEROS = /^0+$/;

const TRACESTATE_CHARACTERS_MAX = 512;
const TRACESTATE_MEMBERS_MAX = 32;
/** No other blanks than these: a line break would go on to the trace store. */
const AROUND = /^[ \t]+|[ \t]+$/g;
const TRACESTATE_MEMBER = /^[a-z0-9][a-z0-9_\-*/@]{0,255}=[ -+\--<>-~]{0,255}[!-+\--<>-~]$/;

const NOTHING: SourceTraceResult = { trace: undefined, isMalformed: false };

/** Trace context is for operators: it is linked and never delivered, and what is malformed costs no event. */
export function sourceTraceOf({ traceparent, tracestate }: RawEvent): SourceTraceResult {
  if (isAbsent(traceparent) && isAbsent(tracestate)) return NOTHING;
  const parent = parentOf(traceparent);
  const isStateGiven = !isAbsent(tracestate);
  const state = isStateGiven && isTracestate(tracestate) ? tracestate : undefined;
  const isMalformed = !parent || (isStateGiven && state === undefined);
  return { trace: parent && { ...parent, tracestate: state }, isMalformed };
}

function parentOf(traceparent: unknown): { traceId: string; spanId: string } | undefined {
  if (typeof traceparent !== 'string' || traceparent.length > TRACEPARENT_CHARACTERS_MAX) return undefined;
  const [, version, traceId = '', spanId = '', more] = TRACEPARENT.exec(traceparent) ?? [];
  const isNone = version === undefined || ZEROS.test(traceId) || ZEROS.test(spanId);
  if (isNone || (version === VERSION_OF_TODAY && more !== undefined)) return undefined;
  return { traceId, spanId };
}

function isTracestate(value: unknown): value is string {
  if (typeof value !== 'string' || value.length > TRACESTATE_CHARACTERS_MAX) return false;
  const members = value.split(',').map((member) => member.replace(AROUND, ''));
  const named = members.filter((member) => member !== '');
  const keys = new Set(named.map((member) => member.slice(0, member.indexOf('='))));
  return (
    members.length <= TRACESTATE_MEMBERS_MAX &&
    keys.size === named.length &&
    named.every((member) => TRACESTATE_MEMBER.test(member))
  );
}
