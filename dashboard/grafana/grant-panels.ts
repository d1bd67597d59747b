import { withParty } from '../prometheus/grant-alerts.js';
import { GRANT_TARGET, type PanelSpec, TARGET } from './panel.js';
import { quantiles } from './queries.js';

const GRANTS_SHOWN = 20;
const worst = (series: string): string => `topk(${GRANTS_SHOWN}, ${withParty(`${series}{${GRANT_TARGET}}`)})`;
const LEGEND = '{{party}} {{grant}} {{cursor}}';

/** How far grants are behind, from acceptance to the end of a right. */
export const grantPanels: PanelSpec[] = [
  {
    title: { en: 'Lag by grant', zh: '各授权的积压' },
    description: {
      en: `Events that the rows of the grant let through and that are not acknowledged, the ${GRANTS_SHOWN} largest; also while nobody is connected`,
      zh: `授权范围内尚未确认的事件,最多的 ${GRANTS_SHOWN} 个;订阅方离线时同样计入`,
    },
    unit: 'short',
    runbook: 'SluiceGrantLagging',
    queries: [{ expr: worst('sluice_grant_unacknowledged_events'), legend: LEGEND }],
  },
  {
    title: { en: 'Oldest unacknowledged event by grant', zh: '各授权最早未确认事件的时长' },
    description: {
      en: `Age of the oldest event that is not acknowledged, the ${GRANTS_SHOWN} oldest`,
      zh: `最早未确认事件的时长,最久的 ${GRANTS_SHOWN} 个`,
    },
    unit: 's',
    runbook: 'SluiceGrantLagging',
    queries: [{ expr: worst('sluice_grant_oldest_unacknowledged_age_seconds'), legend: LEGEND }],
  },
  {
    title: { en: 'Delivered by party', zh: '各部门的推送量' },
    description: { en: 'Events delivered under all grants of a party', zh: '按部门汇总其全部授权的推送事件' },
    unit: 'eps',
    runbook: 'SluiceGrantLagging',
    queries: [
      {
        expr: `sum by (party) (sum by (grant, cursor) (rate(sluice_grant_delivered_events_total{${GRANT_TARGET}}[$__rate_interval])) * on (grant, cursor) group_left (party) max by (grant, cursor, party) (sluice_grant_info))`,
        legend: '{{party}}',
      },
    ],
  },
  {
    title: { en: 'Accepted by entry', zh: '各目录的接收量' },
    description: {
      en: `Events accepted of an entry, the ${GRANTS_SHOWN} busiest entries`,
      zh: `各目录接收的事件,最多的 ${GRANTS_SHOWN} 个目录`,
    },
    unit: 'eps',
    runbook: 'SluiceIntakeBacklog',
    queries: [
      {
        expr: `topk(${GRANTS_SHOWN}, sum by (entry) (rate(sluice_entry_accepted_events_total{${GRANT_TARGET}}[$__rate_interval])))`,
        legend: '{{entry}}',
      },
    ],
  },
  {
    title: { en: 'Cursors by age of their lag', zh: '按积压时长统计的游标' },
    description: {
      en: 'Cursors of all grants in force by the age of their oldest unacknowledged event: at most the label and above the next lower one, `none` without any; `being counted` after a start',
      zh: '按最早未确认事件的时长统计所有有效授权的游标:不超过标签且超过前一档,none 为没有未确认事件;being counted 为启动后仍在计数',
    },
    unit: 'short',
    runbook: 'SluiceGrantLagging',
    queries: [
      { expr: `max by (lag_age) (sluice_grant_cursors{${TARGET}})`, legend: '{{lag_age}}' },
      { expr: `max(sluice_grant_cursors_uncounted{${TARGET}})`, legend: 'being counted' },
    ],
  },
  {
    title: { en: 'Grants about to end', zh: '即将到期的授权' },
    description: {
      en: 'Grants in force whose period ends within a day, a week, 30 days',
      zh: '一天、一周、三十天内到期的有效授权',
    },
    unit: 'short',
    runbook: 'SluiceGrantEnding',
    queries: [{ expr: `max by (within) (sluice_grants_ending{${TARGET}})`, legend: '{{within}}' }],
  },
  {
    title: { en: 'Grants by status', zh: '授权状态' },
    description: {
      en: 'Grants that have not ended: in force, being set up or not begun (`provisioning`), or suspended',
      zh: '未终止的授权:有效(in_force)、开通中或尚未生效(provisioning)、已暂停(suspended)',
    },
    unit: 'short',
    runbook: 'SluiceGrantEnding',
    queries: [{ expr: `max by (status) (sluice_grants{${TARGET}})`, legend: '{{status}}' }],
  },
  {
    title: { en: 'Acceptance to acknowledgement', zh: '接收到确认' },
    description: {
      en: 'From acceptance of an event to its acknowledgement by a live subscriber',
      zh: '从接收事件到实时订阅方确认',
    },
    unit: 's',
    runbook: 'SluiceGrantLagging',
    queries: quantiles('sluice_accept_to_acknowledge_seconds'),
  },
  {
    title: { en: 'Out of credit', zh: '额度用尽' },
    description: {
      en: 'Subscriptions that are sent nothing because they have not acknowledged what they were sent',
      zh: '因未确认已推送事件而暂停推送的订阅',
    },
    unit: 'short',
    runbook: 'SluiceSubscribersBehind',
    queries: [{ expr: `sum(sluice_subscriptions_out_of_credit{${TARGET}})`, legend: 'out of credit' }],
  },
  {
    title: { en: 'Revocation to the last byte', zh: '撤销到最后一字节' },
    description: {
      en: 'Subscriptions, sessions and requests in an hour that were open when an act ended their grant or token, and how many of them were still sent bytes more than a second after it',
      zh: '一小时内因授权或令牌被终止而结束的订阅、会话和请求,以及其中超过一秒才停止发送的数量',
    },
    unit: 'short',
    runbook: 'SluiceRevocationSlow',
    queries: [
      { expr: `sum(increase(sluice_revocation_to_last_byte_seconds_count{${TARGET}}[1h]))`, legend: 'all' },
      {
        expr: `sum(increase(sluice_revocation_to_last_byte_seconds_count{${TARGET}}[1h])) - sum(increase(sluice_revocation_to_last_byte_seconds_bucket{${TARGET},le="1.0"}[1h]))`,
        legend: 'over 1 s',
      },
    ],
  },
];
