import { GRANT_LAG_EVENTS, GRANT_LAG_SECONDS, GRANTS_SHOWN } from '../../prometheus/grant-rules.js';
import { type RowSpec, TARGET } from '../panel.js';
import { highest } from '../queries.js';
import { AGE, NUMBER } from '../units.js';
import { ENDING_WITHIN, GRANT_STATUSES, LAG_AGES, SUBSCRIPTION_STATES } from '../value-names.js';

const LEGEND = '{{party}} {{grant}} {{cursor}}';

/** How far grants are behind, and how long they last. */
export const grantRows: RowSpec[] = [
  {
    title: { en: 'Who is behind?', zh: '谁在积压' },
    panels: [
      {
        title: { en: 'Oldest unacknowledged event by grant', zh: '各授权最早未确认事件的时长' },
        description: {
          en: `Age of the oldest event that is not acknowledged, the ${GRANTS_SHOWN} oldest of all brokers: party, grant and cursor; also while nobody is connected`,
          zh: `最早未确认事件的时长，取全部节点中最久的 ${GRANTS_SHOWN} 个，依次为部门、授权、游标；订阅方离线时同样计入`,
        },
        unit: AGE,
        runbook: 'SluiceGrantLagging',
        limit: { alert: 'SluiceGrantLagging' },
        hasManyLines: true,
        queries: [{ expr: highest(GRANT_LAG_SECONDS, 'grant, cursor'), legend: LEGEND }],
      },
      {
        title: { en: 'Unacknowledged events by grant', zh: '各授权的积压量' },
        description: {
          en: `Events that the rows of the grant let through and that are not acknowledged, the ${GRANTS_SHOWN} largest of all brokers; also while nobody is connected`,
          zh: `授权范围内尚未确认的事件数，取全部节点中最多的 ${GRANTS_SHOWN} 个；订阅方离线时同样计入`,
        },
        unit: NUMBER,
        isCount: true,
        runbook: 'SluiceGrantLagging',
        hasManyLines: true,
        queries: [{ expr: highest(GRANT_LAG_EVENTS, 'grant, cursor'), legend: LEGEND }],
      },
      {
        title: { en: 'Cursors by age of their lag', zh: '按积压时长统计的游标' },
        description: {
          en: 'Cursors of all grants in force by the age of their oldest unacknowledged event, and those that are still being counted after a start',
          zh: '全部生效授权的游标数，按最早未确认事件的时长统计；另列启动后仍在计数的游标',
        },
        unit: NUMBER,
        isCount: true,
        runbook: 'SluiceGrantLagging',
        names: LAG_AGES,
        queries: [
          { expr: `max by (lag_age) (sluice_grant_cursors{${TARGET}})`, legend: '{{lag_age}}' },
          {
            expr: `max(sluice_grant_cursors_uncounted{${TARGET}})`,
            legend: { en: 'being counted', zh: '计数中' },
          },
        ],
      },
      {
        title: { en: 'Subscriptions', zh: '订阅' },
        description: {
          en: 'Open subscriptions: live, behind and reading the log, or sent nothing because they have not acknowledged what they were sent (they are counted as live or behind as well)',
          zh: '打开的订阅：实时、落后（正在读日志），以及因未确认已推送事件而暂停推送的订阅（同时计入实时或落后）',
        },
        unit: NUMBER,
        isCount: true,
        runbook: 'SluiceSubscribersBehind',
        names: SUBSCRIPTION_STATES,
        queries: [
          { expr: `sum by (state) (sluice_subscriptions{${TARGET}})`, legend: '{{state}}' },
          {
            expr: `sum(sluice_subscriptions_out_of_credit{${TARGET}})`,
            legend: { en: 'out of credit', zh: '额度用尽' },
          },
        ],
      },
    ],
  },
  {
    title: { en: 'Which grants are there, and which end soon?', zh: '授权现状与到期' },
    panels: [
      {
        title: { en: 'Grants about to end', zh: '即将到期的授权' },
        description: {
          en: 'Grants in force whose period ends within a day, a week, 30 days',
          zh: '1 天、7 天、30 天内到期的生效授权数',
        },
        unit: NUMBER,
        isCount: true,
        runbook: 'SluiceGrantEnding',
        names: ENDING_WITHIN,
        queries: [{ expr: `max by (within) (sluice_grants_ending{${TARGET}})`, legend: '{{within}}' }],
      },
      {
        title: { en: 'Grants by status', zh: '授权状态' },
        description: {
          en: 'Grants that have not ended: in force, being set up or not begun, or suspended',
          zh: '未终止的授权数：生效中、开通中（含尚未生效）、已暂停',
        },
        unit: NUMBER,
        isCount: true,
        runbook: 'SluiceGrantEnding',
        names: GRANT_STATUSES,
        queries: [{ expr: `max by (status) (sluice_grants{${TARGET}})`, legend: '{{status}}' }],
      },
    ],
  },
];
