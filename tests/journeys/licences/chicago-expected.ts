import { hashed } from '../../../broker/leak-check/allowed/allowed-values.js';
import type { DeliveredOp } from '../../../proto/event/event.js';
import { byIssueDate, type LicenceRow } from './chicago-records.js';

/** The event that a department must have received for one line of the file. */
export interface ExpectedLicence {
  op: DeliveredOp;
  subject: string;
  data?: Record<string, unknown>;
}

export interface ExpectedByDepartment {
  tax: ExpectedLicence[];
  police: ExpectedLicence[];
  statistics: ExpectedLicence[];
}

/** Computed from the file alone, line by line; `secret` is that of the bus, from which the keys of hashes derive. */
export function expectedLicences(
  rows: readonly LicenceRow[],
  settings: { district: string; secret: string; statisticsGrant: string },
): ExpectedByDepartment {
  const expected: ExpectedByDepartment = { tax: [], police: [], statistics: [] };
  const districts = new Map<string, string>();
  for (const row of [...rows].sort(byIssueDate)) {
    const account = row.account_number as string;
    const before = districts.get(account);
    districts.set(account, row.police_district as string);
    const op = before === undefined ? 'create' : 'update';
    expected.tax.push({ op, subject: account, data: forTax(row) });
    const forThePolice = policeLine(row, { account, op, before, district: settings.district });
    if (forThePolice) expected.police.push(forThePolice);
    const hash = hashed(account, { secret: settings.secret, grant: settings.statisticsGrant });
    expected.statistics.push({ op, subject: hash, data: forStatistics(row, hash) });
  }
  return expected;
}

function policeLine(
  row: LicenceRow,
  known: { account: string; op: 'create' | 'update'; before: string | undefined; district: string },
): ExpectedLicence | undefined {
  const { account, op, before, district } = known;
  const isHere = row.police_district === district;
  const wasHere = before === district;
  if (!isHere && !wasHere) return undefined;
  if (!isHere) return { op: 'leave', subject: account };
  return { op: wasHere || before === undefined ? op : 'enter', subject: account, data: forPolice(row) };
}

const forTax = (row: LicenceRow) =>
  present({
    accountNumber: row.account_number,
    legalName: row.legal_name,
    doingBusinessAs: row.doing_business_as_name,
    activities: row.business_activity_id ? row.business_activity_id.split(' | ').map(Number) : '',
    termStart: row.license_term_start_date,
    termEnd: row.license_term_expiration_date,
    status: row.license_status,
    conditional: row.conditional_approval === 'Y',
  });

const forPolice = (row: LicenceRow) =>
  present({
    accountNumber: row.account_number,
    doingBusinessAs: row.doing_business_as_name,
    address: row.address,
    licenceDescription: row.license_description,
    latitude: row.latitude,
    longitude: row.longitude,
  });

const forStatistics = (row: LicenceRow, hash: string) =>
  present({
    accountNumber: hash,
    legalName: starred(row.legal_name as string),
    ward: row.ward === '' ? '' : Number(row.ward),
    licenceCode: row.license_code,
    termEnd: row.license_term_expiration_date?.slice(0, 4),
    issued: row.date_issued?.slice(0, 4),
  });

/** Shows the first two letters and the last one, unless that is more than half of the name (the file is ASCII). */
function starred(name: string): string {
  if (name.length < 6) {
    const first = Math.min(2, Math.floor(name.length / 2));
    return name.slice(0, first) + '*'.repeat(name.length - first);
  }
  return name.slice(0, 2) + '*'.repeat(name.length - 3) + name.slice(-1);
}

const present = (items: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(items).filter(([, value]) => value !== '' && value !== undefined));
