import { type PanelSpec, TARGET } from './panel.js';
import { rate } from './queries.js';

const ROUTES_SHOWN = 10;

/** The broker as a process: what it uses, and what is asked of it over HTTP. */
export const processPanels: PanelSpec[] = [
  {
    title: { en: 'Memory', zh: '内存' },
    description: {
      en: 'Memory of the broker processes: all of it (`resident`), and what the JavaScript heap uses (`heap`). It grows with entries, grants, sessions and subscribers that catch up, and then stays',
      zh: '代理进程占用的内存:resident 为全部,heap 为 JavaScript 堆;随目录、授权、会话和追赶中的订阅方增长,随后趋稳',
    },
    unit: 'bytes',
    runbook: 'SluiceBrokerDown',
    queries: [
      { expr: `sum by (instance) (process_resident_memory_bytes{${TARGET}})`, legend: 'resident {{instance}}' },
      { expr: `sum by (instance) (nodejs_heap_size_used_bytes{${TARGET}})`, legend: 'heap {{instance}}' },
    ],
  },
  {
    title: { en: 'Time collecting garbage', zh: '垃圾回收占时' },
    description: {
      en: 'Share of the time that the broker collects garbage instead of working; above a tenth it is short of memory or of CPU',
      zh: '代理用于垃圾回收的时间比例;超过十分之一说明内存或处理器不足',
    },
    unit: 'percentunit',
    runbook: 'SluiceErrorBudgetBurn',
    queries: [{ expr: rate('nodejs_gc_duration_seconds_sum', 'instance'), legend: '{{instance}}' }],
  },
  {
    title: { en: 'Open files and sockets', zh: '打开的文件与连接' },
    description: {
      en: 'Share of the files and sockets that the system lets the broker open: at 100 % it takes no connection. `LimitNOFILE` of its unit raises it',
      zh: '代理已打开的文件与连接占系统上限的比例;达到 100 % 时不再接受连接,可调大服务单元的 LimitNOFILE',
    },
    unit: 'percentunit',
    runbook: 'SluiceBrokerDown',
    queries: [
      {
        expr: `max by (instance) (process_open_fds{${TARGET}} / process_max_fds{${TARGET}})`,
        legend: '{{instance}}',
      },
    ],
  },
  {
    title: { en: 'HTTP requests', zh: 'HTTP 请求' },
    description: {
      en: 'Requests by kind of status: `4xx` are mistakes of clients, `429` clients that ask for too much, `5xx` what the bus could not do',
      zh: 'HTTP 请求,按状态码:4xx 为客户端错误,429 为请求过多,5xx 为总线未能处理',
    },
    unit: 'reqps',
    runbook: 'SluiceErrorBudgetBurn',
    queries: [{ expr: rate('sluice_http_requests_total', 'status'), legend: '{{status}}' }],
  },
  {
    title: { en: 'Slowest HTTP routes', zh: '最慢的 HTTP 接口' },
    description: {
      en: `Time within which 99 of 100 requests of a route were answered, the ${ROUTES_SHOWN} slowest routes. A stream of server-sent events counts when it ends, with all the time that it was open`,
      zh: `各接口 99 % 的请求在此时间内得到答复,最慢的 ${ROUTES_SHOWN} 个;服务器推送事件流在结束时按其全部时长计入`,
    },
    unit: 's',
    runbook: 'SluiceErrorBudgetBurn',
    queries: [
      {
        expr: `topk(${ROUTES_SHOWN}, histogram_quantile(0.99, sum by (method, route, le) (rate(sluice_http_request_duration_seconds_bucket{${TARGET}}[$__rate_interval]))) > 0)`,
        legend: '{{method}} {{route}}',
      },
    ],
  },
  {
    title: { en: 'Clock of the machine set', zh: '系统时钟被调整' },
    description: {
      en: 'Times in an hour that the clock of the machine was set by a second or more. Ages, lateness and the end of grants are measured by it: run NTP',
      zh: '一小时内系统时钟被调整一秒以上的次数;时长、逾期与授权到期均以该时钟为准,请使用 NTP',
    },
    unit: 'short',
    runbook: 'SluiceClockSet',
    queries: [
      { expr: `sum by (instance) (increase(sluice_clock_steps_total{${TARGET}}[1h]))`, legend: '{{instance}}' },
    ],
  },
  {
    title: { en: 'Starts', zh: '启动次数' },
    description: {
      en: 'Times in an hour that a broker or one of its workers began anew. More than two without an upgrade: its log says why it ended',
      zh: '一小时内代理或其工作进程重新启动的次数;未升级而超过两次时,请查看其日志中的退出原因',
    },
    unit: 'short',
    runbook: 'SluiceBrokerRestarting',
    queries: [
      { expr: `max by (instance) (changes(process_start_time_seconds{${TARGET}}[1h]))`, legend: '{{instance}}' },
    ],
  },
  {
    title: { en: 'Certificate: time left', zh: '证书剩余有效期' },
    description: {
      en: 'Days until the first certificate in the file of a setting ends; no line without TLS at the broker',
      zh: '各配置项证书文件中最早到期证书的剩余天数;代理未启用 TLS 时无曲线',
    },
    unit: 'd',
    runbook: 'SluiceCertificateEnding',
    queries: [
      {
        expr: `(min by (instance, file) (sluice_tls_certificate_end_timestamp_seconds{${TARGET}}) - time()) / 86400 or vector(Inf)`,
        legend: '{{instance}} {{file}}',
      },
    ],
  },
  {
    title: { en: 'Traces', zh: '链路追踪' },
    description: {
      en: 'Spans that the trace store took (`exported`) or did not take in time (`dropped`), and events whose trace context was malformed. All 0 where no traces are configured; events are delivered either way',
      zh: '追踪存储已接收(exported)与未及时接收(dropped)的跨度,以及追踪上下文格式错误的事件;未配置追踪时均为 0,不影响事件推送',
    },
    unit: 'ops',
    runbook: 'SluiceErrorBudgetBurn',
    queries: [
      { expr: rate('sluice_trace_spans_exported_total'), legend: 'exported' },
      { expr: rate('sluice_trace_spans_dropped_total'), legend: 'dropped' },
      { expr: rate('sluice_trace_context_dropped_total'), legend: 'malformed context' },
    ],
  },
];
