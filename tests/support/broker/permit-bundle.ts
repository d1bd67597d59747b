/** The smallest bus on which something is published and delivered: one party, two systems, one entry, one grant `g`. */
export const PERMIT_PUBLISHER = 'permit-publisher-token-0123456789';
export const PERMIT_SUBSCRIBER = 'permit-subscriber-token-0123456789';

export const PERMIT_BUNDLE = {
  parties: [{ id: 'north', name: { en: 'North', zh: '北' }, level: 'city', regionCode: '350100' }],
  systems: [
    { id: 'north-sys', party: 'north', may: ['publish'], token: PERMIT_PUBLISHER },
    { id: 'north-read', party: 'north', may: ['subscribe'], token: PERMIT_SUBSCRIBER },
  ],
  entries: [
    {
      id: 'north.permit',
      name: { en: 'Permits', zh: '许可' },
      sharingAttribute: 'conditional',
      items: [{ name: 'id', type: 'string', identifier: true }],
    },
  ],
  grants: [
    {
      id: 'g',
      system: 'north-read',
      entry: 'north.permit',
      items: [{ name: 'id' }],
      rows: {},
      purpose: 'p',
      basis: 'b',
      period: { from: '2020-01-01', to: '2099-12-31' },
      history: 'all',
    },
  ],
};

/** An event of the entry, as `application/cloudevents+json`. */
export const permitEvent = (id: string): string =>
  JSON.stringify({ specversion: '1.0', id, type: 'north.permit', subject: id, op: 'create', data: { id } });
