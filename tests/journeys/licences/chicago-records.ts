import { readFileSync } from 'node:fs';
import { parse } from 'csv-parse/sync';
import type { EntryDocument } from '../../../proto/entry/entry.js';
import type { RecordData, SourceEvent } from '../../../proto/event/event.js';

/** One line of the city's file: column → value. */
export type LicenceRow = Record<string, string>;

export const LICENCE_ENTRY: EntryDocument = {
  id: 'chicago-bacp.business-licence',
  name: { en: 'Business licences', zh: '营业执照' },
  sharingAttribute: 'conditional',
  items: [
    { name: 'accountNumber', type: 'string', identifier: true },
    { name: 'siteNumber', type: 'integer' },
    { name: 'legalName', type: 'string', maskRule: { keepFirst: 2, keepLast: 1 } },
    { name: 'doingBusinessAs', type: 'string' },
    { name: 'address', type: 'string' },
    { name: 'city', type: 'string' },
    { name: 'zipCode', type: 'string', filterable: true },
    { name: 'ward', type: 'integer' },
    { name: 'policeDistrict', type: 'string', filterable: true },
    { name: 'licenceCode', type: 'string' },
    { name: 'licenceDescription', type: 'string' },
    { name: 'activities', type: 'integer', list: true },
    { name: 'applicationType', type: 'code', codeTable: ['ISSUE', 'RENEW', 'C_LOC', 'C_EXPA', 'C_SBA', 'C_CAPA'] },
    { name: 'conditional', type: 'boolean' },
    { name: 'termStart', type: 'date' },
    { name: 'termEnd', type: 'date' },
    { name: 'issued', type: 'date' },
    { name: 'status', type: 'code', filterable: true, codeTable: { AAI: 'issued', AAC: 'cancelled', REV: 'revoked' } },
    { name: 'statusChanged', type: 'date' },
    { name: 'latitude', type: 'decimal' },
    { name: 'longitude', type: 'decimal' },
  ],
};

export function readLicences(path: string): LicenceRow[] {
  return parse(readFileSync(path), { columns: true }) as LicenceRow[];
}

/** Orders licences by the day of issue, then by id. */
export function byIssueDate(a: LicenceRow, b: LicenceRow): number {
  const [keyA, keyB] = [`${a.date_issued} ${a.id}`, `${b.date_issued} ${b.id}`];
  return keyA < keyB ? -1 : keyA > keyB ? 1 : 0;
}

/** One record per business: its first licence creates it, each later one updates it. */
export function licenceEvents(rows: readonly LicenceRow[]): SourceEvent[] {
  const current = new Map<string, RecordData>();
  return [...rows].sort(byIssueDate).map((row) => {
    const subject = row.account_number as string;
    const before = current.get(subject);
    const data = licenceRecord(row);
    current.set(subject, data);
    return {
      specversion: '1.0',
      id: row.id as string,
      type: LICENCE_ENTRY.id,
      subject,
      time: `${row.date_issued}T12:00:00-06:00`,
      op: before ? 'update' : 'create',
      data,
      ...(before ? { previous: previousOf(before) } : {}),
    };
  });
}

/** An empty column is an absent item. */
function licenceRecord(row: LicenceRow): RecordData {
  const texts: Record<string, string | undefined> = {
    accountNumber: row.account_number,
    legalName: row.legal_name,
    doingBusinessAs: row.doing_business_as_name,
    address: row.address,
    city: row.city,
    zipCode: row.zip_code,
    policeDistrict: row.police_district,
    licenceCode: row.license_code,
    licenceDescription: row.license_description,
    applicationType: row.application_type,
    termStart: row.license_term_start_date,
    termEnd: row.license_term_expiration_date,
    issued: row.date_issued,
    status: row.license_status,
    statusChanged: row.license_status_change_date,
    latitude: row.latitude,
    longitude: row.longitude,
  };
  const data: RecordData = {
    siteNumber: Number(row.site_number),
    ward: row.ward === '' ? null : Number(row.ward),
    activities: (row.business_activity_id ?? '').split(' | ').filter(Boolean).map(Number),
    conditional: row.conditional_approval === 'Y',
  };
  for (const [item, text] of Object.entries(texts)) if (text) data[item] = text;
  return data;
}

function previousOf(record: RecordData): RecordData {
  const filterable = LICENCE_ENTRY.items.filter((item) => item.filterable && record[item.name] !== undefined);
  return Object.fromEntries(filterable.map(({ name }) => [name, record[name] as string]));
}
