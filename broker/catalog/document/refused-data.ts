import { isMap } from '../../../proto/values/is-map.js';

/** Data that this bus does not carry, whatever else its entry says: state secrets (R3) and core data (R34). */
export interface RefusedData {
  path: string;
  code: 'SECRET_ITEM' | 'CORE_DATA';
  article: 'R3' | 'R34';
  what: string;
}

const secret = (path: string, what: string): RefusedData => ({ path, code: 'SECRET_ITEM', article: 'R3', what });
const core = (path: string): RefusedData => ({
  path,
  code: 'CORE_DATA',
  article: 'R34',
  what: 'core data is not shared over this bus',
});

/** Everything in a document that is marked as secret or core data. */
export function refusedData(document: unknown): RefusedData[] {
  if (!isMap(document)) return [];
  const refused: RefusedData[] = [];
  if (isMarkedSecret(document)) refused.push(secret('secret', 'secret data is not shared over this bus'));
  if (document.dataGrade === 'core') refused.push(core('dataGrade'));
  if (document.grade === 'core') refused.push(core('grade'));
  const assessment = isMap(document.secrecyAssessment) ? document.secrecyAssessment.result : undefined;
  if (typeof assessment === 'string' && assessment !== 'not_secret') {
    refused.push(secret('secrecyAssessment.result', 'must be not_secret'));
  }
  for (const [index, item] of (Array.isArray(document.items) ? document.items : []).entries()) {
    if (!isMap(item)) continue;
    if (isMarkedSecret(item))
      refused.push(secret(`items[${index}].secret`, 'a secret item is not shared over this bus'));
    if (item.grade === 'core') refused.push(core(`items[${index}].grade`));
  }
  return refused;
}

const isMarkedSecret = ({ secret }: Record<string, unknown>): boolean => secret !== undefined && secret !== false;
