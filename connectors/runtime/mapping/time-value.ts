import { instantOf } from '../../../proto/values/rfc3339.js';

/**
 * A time as PostgreSQL, spreadsheets and RFC 3339 write it. Nothing may follow: `BC`, or a fifth digit of the year. A clock that never
 * shows such a time leaves the text: its day would be a guess.
 */
const TIME =
  /^(\d{4}-\d\d-\d\d)(?:[ Tt]((?:[01]\d|2[0-3]):[0-5]\d)(:(?:[0-5]\d|60)(?:\.\d+)?)?)?\s?([Zz]|[+-]\d\d(?::?\d\d)?)?$/;

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;

interface WrittenTime {
  date: string;
  /** Undefined when the text is a date only. */
  time: string | undefined;
  /** `Z` or `+08:00`; undefined when the text has none. */
  zone: string | undefined;
}

/** `2026-11-22 08:30:00.5+00` → RFC 3339. A time without a zone gets the offset. Other text stays as it is. */
export function dateTimeOf(text: string, offset: string): string {
  const written = writtenTime(text);
  if (!written) return text;
  return `${written.date}T${written.time ?? '00:00:00'}${written.zone ?? offset}`;
}

/**
 * The day of a time: as it is written when it has no zone, else the day at the offset. Cutting the text instead would give the
 * day at whatever zone the source writes. A day that a date cannot express (BC, after 9999, infinity) leaves the text.
 */
export function dateOf(text: string, offset: string): string {
  const written = writtenTime(text);
  if (!written) return text;
  const { date, time, zone } = written;
  if (zone === undefined || time === undefined) return date;
  // Date.parse would take a day that does not exist for a later one, and no leap second.
  const instant = instantOf(`${date}T${time}${zone}`);
  if (!instant) return text;
  // A leap second has the number of the second after it, and ends the day before.
  const second = instant.second - (instant.isLeap ? 1 : 0);
  const day = new Date(second * SECOND_MS + offsetMinutes(offset) * MINUTE_MS);
  const year = day.getUTCFullYear();
  return year >= 1 && year <= 9999 ? day.toISOString().slice(0, 10) : text;
}

function writtenTime(text: string): WrittenTime | undefined {
  const [, date, minutes, seconds = ':00', zone] = TIME.exec(text) ?? [];
  if (date === undefined || date.startsWith('0000')) return undefined;
  return {
    date,
    time: minutes === undefined ? undefined : `${minutes}${seconds}`,
    zone: zone === undefined ? undefined : zoneOf(zone),
  };
}

function zoneOf(zone: string): string {
  if (zone === 'z' || zone === 'Z' || zone === '+00' || zone === '+00:00') return 'Z';
  if (zone.length === 3) return `${zone}:00`;
  return zone.length === 5 ? `${zone.slice(0, 3)}:${zone.slice(3)}` : zone;
}

function offsetMinutes(offset: string): number {
  if (offset === 'Z') return 0;
  const [hours, minutes] = offset.slice(1).split(':').map(Number) as [number, number];
  return (offset.startsWith('-') ? -1 : 1) * (hours * 60 + minutes);
}
