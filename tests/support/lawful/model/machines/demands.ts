import type { DemandFile } from '../files.js';
import { problem, rulesOf } from '../rules.js';

const peer = ['peer.competent_reviewer'];

export const demandRules = rulesOf<DemandFile>([
  {
    number: 'W1',
    from: ['–'],
    act: 'create',
    to: 'raised',
    who: ['own.applicant'],
    article: 'R20',
    fields: { title: 'title', items: 'texts', dutyBasis: 'text', scenario: 'text', frequency: 'text' },
    needs: ['title', 'items', 'dutyBasis', 'scenario'],
  },
  {
    number: 'W2',
    from: ['raised'],
    act: 'ask-provider',
    to: 'asked',
    who: peer,
    article: 'R20',
    fields: { party: 'text', text: 'text' },
    needs: ['party', 'text'],
    effect: ({ file, act }) => {
      file.asked.push(act.body.party);
    },
  },
  {
    number: 'W3',
    from: ['asked'],
    act: 'answer',
    to: 'raised',
    who: ['asked.body_head'],
    article: 'R20',
    fields: { possible: 'flag', text: 'text' },
    needs: ['possible', 'text'],
    guard: ({ act }) =>
      act.body.possible === false && !act.body.reason ? [problem('/reason', 'NO_REASON', 'R20')] : [],
  },
  {
    number: 'W4',
    from: ['raised', 'asked'],
    act: 'point',
    to: 'pointed',
    who: peer,
    article: 'R20',
    fields: { entry: 'text' },
    needs: ['entry'],
    guard: ({ world, act }) => {
      if (act.body.entry === undefined) return [];
      const entry = world.find('catalog', act.body.entry);
      return entry?.published && entry.state !== 'withdrawn' ? [] : [problem('/entry', 'WRONG_STATE')];
    },
  },
  {
    number: 'W5',
    from: ['raised', 'asked', 'pointed'],
    act: 'close',
    to: 'closed',
    article: 'R20',
    who: ['own.applicant', 'peer.competent_reviewer'],
    reason: true,
  },
]);
