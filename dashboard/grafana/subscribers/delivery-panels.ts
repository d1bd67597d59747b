import { GRANTS_SHOWN, PARTY_DELIVERED } from '../../prometheus/grant-rules.js';
import { type RowSpec, TARGET } from '../panel.js';
import { highest, increase, orNone, quantiles, rate } from '../queries.js';
import { EVENTS_PER_SECOND, NUMBER, PER_SECOND, SECONDS } from '../units.js';

/** Events that reach subscribers and how fast, and what they or the bus ended. */
export const deliveryRows: RowSpec[] = [
  {
    title: { en: 'Are events delivered, and how fast?', zh: '推送是否及时' },
    panels: [
      {
        title: { en: 'Delivered', zh: '已推送' },
        description: {
          en: 'Events handed to subscribers: over WebSocket by encoding, and over plain HTTP',
          zh: '推送给订阅方的事件：WebSocket 按编码统计，另列普通 HTTP 拉取',
        },
        unit: EVENTS_PER_SECOND,
        runbook: 'SluiceSubscribersBehind',
        queries: [
          { expr: rate('sluice_deliveries_total', 'encoding'), legend: '{{encoding}}' },
          { expr: rate('sluice_pulled_events_total'), legend: { en: 'plain HTTP', zh: '普通 HTTP' } },
        ],
      },
      {
        title: { en: 'Delivered by party', zh: '各部门推送量' },
        description: {
          en: `Events delivered under all grants of a party, by all brokers, the ${GRANTS_SHOWN} busiest parties`,
          zh: `全部节点推送的事件，按部门汇总其全部授权，取最多的 ${GRANTS_SHOWN} 个部门`,
        },
        unit: EVENTS_PER_SECOND,
        runbook: 'SluiceGrantLagging',
        hasManyLines: true,
        queries: [{ expr: highest(PARTY_DELIVERED, 'party'), legend: '{{party}}' }],
      },
      {
        title: { en: 'Acceptance to delivery', zh: '接收到推送的时间' },
        description: {
          en: 'From acceptance of an event to its hand-over to live subscribers; no line while nothing is delivered',
          zh: '从接收事件到交给实时订阅方的时间；无推送时无曲线',
        },
        unit: SECONDS,
        runbook: 'SluiceErrorBudgetBurn',
        queries: quantiles('sluice_publish_to_deliver_seconds'),
      },
      {
        title: { en: 'Acceptance to acknowledgement', zh: '接收到确认的时间' },
        description: {
          en: 'From acceptance of an event to its acknowledgement by a live subscriber',
          zh: '从接收事件到实时订阅方确认的时间',
        },
        unit: SECONDS,
        runbook: 'SluiceGrantLagging',
        queries: quantiles('sluice_accept_to_acknowledge_seconds'),
      },
    ],
  },
  {
    title: { en: 'What was rejected, ended or revoked?', zh: '拒收、终止与撤销' },
    panels: [
      {
        title: { en: 'Dead letters', zh: '死信' },
        description: { en: 'Events that subscribers rejected', zh: '被订阅方拒收的事件' },
        unit: EVENTS_PER_SECOND,
        runbook: 'SluiceDeadLetters',
        queries: [{ expr: rate('sluice_dead_letters_total'), legend: { en: 'rejected', zh: '被拒收' } }],
      },
      {
        title: { en: 'Subscriptions ended by the bus', zh: '被总线终止的订阅' },
        description: {
          en: 'Subscriptions that the bus ended, by error code',
          zh: '总线终止的订阅，按错误代码统计',
        },
        unit: PER_SECOND,
        runbook: 'SluicePositionGone',
        queries: [{ expr: orNone(rate('sluice_subscriptions_ended_total', 'code'), 'code'), legend: '{{code}}' }],
      },
      {
        title: { en: 'Revocation to the last byte', zh: '撤销到最后一字节' },
        description: {
          en: 'Subscriptions, sessions and requests in an hour that were open when an act ended their grant or token, and how many of them were still sent bytes more than a second after it',
          zh: '一小时内授权或令牌被终止时仍打开的订阅、会话和请求数，以及其中超过 1 秒才停止发送的数量',
        },
        unit: NUMBER,
        isCount: true,
        runbook: 'SluiceRevocationSlow',
        queries: [
          {
            expr: increase('sluice_revocation_to_last_byte_seconds_count', '1h'),
            legend: { en: 'all', zh: '全部' },
          },
          {
            expr: `${increase('sluice_revocation_to_last_byte_seconds_count', '1h')} - ${increase('sluice_revocation_to_last_byte_seconds_bucket', '1h', '', ',le="1.0"')}`,
            legend: { en: 'over 1 s', zh: '超过 1 秒' },
          },
        ],
      },
    ],
  },
  {
    title: { en: 'What does delivery cost?', zh: '推送开销' },
    panels: [
      {
        title: { en: 'Events per frame', zh: '每帧事件数' },
        description: {
          en: 'Events that one frame to a session holds on average: it grows with the load, because a busy broker waits a moment for more; no line while nothing is delivered',
          zh: '发往会话的每一帧平均包含的事件数；负载高时节点会稍等以合并发送，因而增大；无推送时无曲线',
        },
        unit: NUMBER,
        runbook: 'SluiceErrorBudgetBurn',
        queries: [
          {
            expr: `${rate('sluice_deliveries_total', 'encoding')} / ${rate('sluice_frames_sent_total', 'encoding')}`,
            legend: '{{encoding}}',
          },
        ],
      },
      {
        title: { en: 'Read from the log', zh: '读取日志' },
        description: {
          en: 'Events read from the log: once for all live subscribers, and for those that are behind and catch up',
          zh: '从日志读取的事件：实时订阅方共用一次读取，落后的订阅方追赶时另行读取',
        },
        unit: EVENTS_PER_SECOND,
        runbook: 'SluiceSubscribersBehind',
        queries: [
          { expr: rate('sluice_events_read_total'), legend: { en: 'for live subscribers', zh: '实时' } },
          { expr: rate('sluice_catch_up_events_total'), legend: { en: 'for those behind', zh: '追赶' } },
        ],
      },
      {
        title: { en: 'Views and channels', zh: '视图与通道' },
        description: {
          en: 'Different grants with live subscribers (views; equal grants share one), and these times their encodings (channels): the work for each event grows with them',
          zh: '有实时订阅方的不同授权（视图，相同授权共用一个）及其与编码的组合（通道）；处理每个事件的开销随之增长',
        },
        unit: NUMBER,
        isCount: true,
        runbook: 'SluiceErrorBudgetBurn',
        queries: [
          { expr: `sum(sluice_views{${TARGET}})`, legend: { en: 'views', zh: '视图' } },
          { expr: `sum(sluice_channels{${TARGET}})`, legend: { en: 'channels', zh: '通道' } },
        ],
      },
      {
        title: { en: 'Cursors and receipts stored', zh: '已存储的游标与回执' },
        description: {
          en: 'Acknowledged positions and records of what was delivered that were stored',
          zh: '存储的确认位置（游标）与推送记录（回执）',
        },
        unit: PER_SECOND,
        runbook: 'SluiceReceiptsUnsealed',
        queries: [
          { expr: rate('sluice_cursors_stored_total'), legend: { en: 'cursors', zh: '游标' } },
          { expr: rate('sluice_receipts_stored_total'), legend: { en: 'receipts', zh: '回执' } },
        ],
      },
      {
        title: { en: 'Time to store cursors', zh: '游标存储耗时' },
        description: {
          en: 'Time to store one batch of acknowledged positions: subscribers get the answer to their acknowledgement after it',
          zh: '存储一批确认位置的耗时，存储后才答复订阅方的确认',
        },
        unit: SECONDS,
        runbook: 'SluiceCommitSlow',
        queries: quantiles('sluice_cursor_store_duration_seconds'),
      },
    ],
  },
];
