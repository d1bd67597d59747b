import type { SourceEvent } from '../../../proto/event/event.js';

export type RegisterEvent = Omit<SourceEvent, 'specversion' | 'id'>;

export interface Someone {
  idNumber: string;
  birthDate: string;
  regionCode: string;
}

const MOTHER = '350102199501010024';

export const birthOf = ({ idNumber, birthDate, regionCode }: Someone): RegisterEvent => ({
  type: 'fujian-civil-affairs.birth',
  op: 'create',
  data: { idNumber, name: '陈小明', birthDate, regionCode, motherIdNumber: MOTHER },
});

export const residenceOf = ({ idNumber, birthDate, regionCode }: Someone): RegisterEvent => ({
  type: 'fuzhou-public-security.residence',
  op: 'create',
  data: { idNumber, name: '陈小明', birthDate, regionCode },
});

export const moveOf = (from: Someone, to: { regionCode: string }): RegisterEvent => ({
  ...residenceOf({ ...from, ...to }),
  op: 'update',
  previous: { regionCode: from.regionCode },
});

export const leaveOf = ({ idNumber, regionCode }: Someone): RegisterEvent => ({
  type: 'fuzhou-public-security.residence',
  op: 'delete',
  subject: idNumber,
  previous: { regionCode },
});

export const deathOf = ({ idNumber, regionCode }: Someone, deathDate: string): RegisterEvent => ({
  type: 'fujian-civil-affairs.death',
  op: 'create',
  data: { idNumber, name: '陈小明', deathDate, regionCode },
});

export const pensionOf = (
  { idNumber }: Someone,
  pension: { monthlyAmount: string; paidThrough: string },
): RegisterEvent => ({ type: 'fuzhou-hrss.pension', op: 'create', data: { idNumber, ...pension } });

export const licenceOf = (creditCode: string, status: string): RegisterEvent => {
  const filterable = { industryCode: 'F52', regionCode: '350102' };
  const data = {
    creditCode,
    name: '福州榕城茶业有限公司',
    representativeName: '林伟',
    capital: '500000.00',
    establishedOn: '2026-11-24',
    status,
    ...filterable,
  };
  const isNew = status === 'active';
  return {
    type: 'fuzhou-market-regulation.business-licence',
    op: isNew ? 'create' : 'update',
    data,
    ...(isNew ? {} : { previous: { ...filterable, status: 'active' } }),
  };
};
