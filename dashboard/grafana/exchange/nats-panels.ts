import { type RowSpec, TARGET } from '../panel.js';
import { increase, orNone } from '../queries.js';
import { NUMBER, SECONDS } from '../units.js';

export const natsRows: RowSpec[] = [
  {
    title: { en: 'Is NATS well?', zh: 'NATS 是否正常' },
    panels: [
      {
        title: { en: 'Round trip to NATS', zh: 'NATS 往返时间' },
        description: {
          en: 'One round trip from each broker to its NATS server',
          zh: '各节点到其 NATS 服务器的一次往返时间',
        },
        unit: SECONDS,
        runbook: 'SluiceNatsSlow',
        limit: { alert: 'SluiceNatsSlow' },
        queries: [
          {
            expr: `max by (instance, server) (sluice_nats_round_trip_seconds{${TARGET}})`,
            legend: '{{instance}} {{server}}',
          },
        ],
      },
      {
        title: { en: 'Reconnections to NATS', zh: 'NATS 重连次数' },
        description: {
          en: 'Times in an hour that a broker lost its connection to NATS and got it back',
          zh: '一小时内节点与 NATS 断开后重新连接的次数',
        },
        unit: NUMBER,
        isCount: true,
        runbook: 'SluiceNatsDown',
        queries: [{ expr: increase('sluice_nats_reconnects_total', '1h', 'instance'), legend: '{{instance}}' }],
      },
      {
        title: { en: 'Replicas not up to date', zh: '未同步的副本' },
        description: {
          en: 'Replicas of streams on each server of a NATS cluster that are offline or not up to date',
          zh: 'NATS 集群各服务器上离线或未同步的流副本数',
        },
        unit: NUMBER,
        isCount: true,
        runbook: 'SluiceReplicasBehind',
        queries: [
          {
            expr: orNone(`max by (server) (sluice_nats_replicas_behind{${TARGET}})`, 'server'),
            legend: '{{server}}',
          },
        ],
      },
      {
        title: { en: 'Lag of replicas', zh: '副本滞后' },
        description: {
          en: 'Messages that the replicas on each server of a NATS cluster are behind their leaders, of the stream that is furthest behind',
          zh: 'NATS 集群各服务器上的副本落后于主副本的消息数，取落后最多的流',
        },
        unit: NUMBER,
        isCount: true,
        runbook: 'SluiceReplicasBehind',
        queries: [
          {
            expr: orNone(`max by (server) (sluice_nats_stream_replica_lag_messages{${TARGET}})`, 'server'),
            legend: '{{server}}',
          },
        ],
      },
      {
        title: { en: 'Leaders of streams by server', zh: '主副本分布' },
        description: {
          en: 'Streams that each server of a NATS cluster leads: every commit goes to the leader of its stream, so one that leads nearly all does the work of all',
          zh: 'NATS 集群各服务器担任主副本的流数；每次提交都由所在流的主副本处理，分布悬殊时负载集中于一台',
        },
        unit: NUMBER,
        isCount: true,
        runbook: 'SluiceCommitSlow',
        queries: [
          { expr: orNone(`max by (server) (sluice_nats_streams_led{${TARGET}})`, 'server'), legend: '{{server}}' },
        ],
      },
    ],
  },
];
