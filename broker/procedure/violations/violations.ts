import { DATE, ID, TEXT } from '../engine/body-check.js';
import { type Machine, NONE } from '../engine/machine.js';

const ORDERS = ['peer.competent_reviewer', 'superior.competent_reviewer'];

/** Violations. Their acts are published as a table and not possible in this version. */
export const VIOLATIONS: Machine = {
  kind: 'violations',
  available: true,
  states: ['open', 'ordered', 'corrected', 'closed', 'dismissed'],
  transitions: [
    {
      number: 'V1',
      from: [NONE],
      act: 'create',
      to: 'open',
      who: ['bus'],
      body: { code: ID, party: ID, about: { type: 'object' }, facts: TEXT },
      guard: ['code', 'party', 'about', 'facts'],
      apply: ({ file, body }) => {
        file.document = { ...body };
      },
      notices: ['own', 'CD'],
      article: 'R39',
    },
    {
      number: 'V1',
      from: [NONE],
      act: 'create',
      example: {
        ...{ code: 'P4', party: 'fujian-civil-affairs', about: { kind: 'applications', id: 'ap-7f3k2m9q1x0c' } },
        facts: 'D4 ended 2026-05-14 without reply',
      },
      to: 'open',
      who: [...ORDERS, 'peer.auditor', 'superior.auditor'],
      guard: ['code', 'party', 'about', 'facts'],
      notices: ['own', 'CD'],
      article: 'R39',
      isLater: true,
    },
    {
      number: 'V2',
      from: ['open'],
      act: 'order',
      to: 'ordered',
      who: ORDERS,
      body: { demands: TEXT, due: DATE },
      guard: ['demands', 'due'],
      notices: ['own'],
      article: 'R39',
      isLater: true,
    },
    {
      number: 'V3',
      from: ['ordered'],
      act: 'correct',
      to: 'corrected',
      who: ['own.body_head'],
      body: { statement: TEXT },
      guard: ['statement'],
      notices: ['who orders'],
      article: 'R39',
      isLater: true,
    },
    {
      number: 'V4',
      from: ['corrected'],
      act: 'close',
      to: 'closed',
      who: ORDERS,
      notices: ['own'],
      article: 'R39',
      isLater: true,
    },
    {
      number: 'V5',
      from: ['corrected'],
      act: 'order',
      to: 'ordered',
      who: ORDERS,
      body: { demands: TEXT, due: DATE },
      guard: ['reason', 'demands', 'due'],
      notices: ['own'],
      article: 'R39',
      isLater: true,
    },
    {
      number: 'V6',
      from: ['open', 'ordered'],
      act: 'dismiss',
      to: 'dismissed',
      who: ORDERS,
      guard: ['reason'],
      notices: ['own'],
      article: 'R39',
      isLater: true,
    },
  ],
};
