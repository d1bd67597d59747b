import {
  GraphThresholdsStyleConfigBuilder,
  GraphThresholdsStyleMode,
  LegendDisplayMode,
  LegendPlacement,
  SortOrder,
  TooltipDisplayMode,
  VizLegendOptionsBuilder,
  VizTooltipOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common';
import {
  DashboardBuilder,
  DashboardCursorSync,
  DashboardLinkBuilder,
  DashboardLinkType,
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  RowBuilder,
  ThresholdsConfigBuilder,
  ThresholdsMode,
  VariableRefresh,
  VariableSort,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { DataqueryBuilder } from '@grafana/grafana-foundation-sdk/prometheus';
import { PanelBuilder } from '@grafana/grafana-foundation-sdk/timeseries';
import { limitOf } from './alert-limits.js';
import { type Bilingual, type DashboardSpec, type Language, type PanelSpec, textIn } from './panel.js';
import { runbookPath } from './runbook-dashboard.js';
import { NO_SERIES } from './value-names.js';

const GRID_COLUMNS = 24;
const PANEL_HEIGHT = 8;
const DATA_SOURCE = { type: 'prometheus', uid: '$datasource' };

const WORDS = {
  dataSource: { en: 'Data source', zh: '数据源' },
  job: { en: 'Job', zh: '采集任务' },
  instance: { en: 'Instance', zh: '实例' },
  runbook: { en: 'Runbook', zh: '处置手册（英文）' },
  others: { en: 'Sluice dashboards', zh: 'Sluice 仪表盘' },
} satisfies Record<string, Bilingual>;

/** A dashboard in Grafana's classic schema. */
export function dashboardOf(spec: DashboardSpec, language: Language): object {
  const builder = new DashboardBuilder(spec.title[language])
    .uid(`${spec.uid}-${language}`)
    .tags(['sluice', language])
    .refresh('30s')
    .time({ from: 'now-3h', to: 'now' })
    .timezone('browser')
    .tooltip(DashboardCursorSync.Crosshair)
    .link(linkToOthers(language))
    .withVariable(new DatasourceVariableBuilder('datasource').type('prometheus').label(WORDS.dataSource[language]))
    .withVariable(labelVariable('job', `label_values(${spec.targets}, job)`, language))
    .withVariable(labelVariable('instance', `label_values(${ofJob(spec.targets)}, instance)`, language));
  let id = 0;
  let y = 0;
  for (const { title, panels, columns = 2 } of spec.rows) {
    builder.withRow(new RowBuilder(title[language]).id(++id).gridPos({ x: 0, y: y++, w: GRID_COLUMNS, h: 1 }));
    const w = GRID_COLUMNS / columns;
    for (const [i, panel] of panels.entries()) {
      const at = { x: (i % columns) * w, y: y + Math.floor(i / columns) * PANEL_HEIGHT, w, h: PANEL_HEIGHT };
      builder.withPanel(panelOf(panel, language).id(++id).gridPos(at));
    }
    y += Math.ceil(panels.length / columns) * PANEL_HEIGHT;
  }
  return builder.build();
}

const ofJob = (targets: string): string =>
  targets.endsWith('}') ? `${targets.slice(0, -1)},job=~"$job"}` : `${targets}{job=~"$job"}`;

/** From each dashboard to the others of its language, with the same time and variables. */
const linkToOthers = (language: Language): DashboardLinkBuilder =>
  new DashboardLinkBuilder(WORDS.others[language])
    .type(DashboardLinkType.Dashboards)
    .tags(['sluice', language])
    .asDropdown(true)
    .keepTime(true)
    .includeVars(true);

function labelVariable(name: 'job' | 'instance', query: string, language: Language): QueryVariableBuilder {
  return new QueryVariableBuilder(name)
    .label(WORDS[name][language])
    .query(query)
    .datasource(DATA_SOURCE)
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.AlphabeticalAsc)
    .includeAll(true)
    .multi(true)
    .allValue('.*');
}

function panelOf(panel: PanelSpec, language: Language): PanelBuilder {
  const link = new DashboardLinkBuilder(WORDS.runbook[language])
    .type(DashboardLinkType.Link)
    .url(runbookPath(panel.runbook))
    .targetBlank(true);
  const builder = new PanelBuilder()
    .title(panel.title[language])
    .description(panel.description[language])
    .unit(textIn(panel.unit, language))
    .datasource(DATA_SOURCE)
    .links([link])
    .legend(legendOf(panel))
    .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi).sort(SortOrder.Descending));
  if (!panel.isSigned) builder.min(0);
  if (panel.isCount) builder.decimals(0);
  if (panel.limit) drawLine(builder, limitOf(panel.limit));
  for (const [i, { expr, legend }] of panel.queries.entries()) {
    builder.withTarget(
      new DataqueryBuilder()
        .expr(expr)
        .legendFormat(textIn(legend, language))
        .refId(String.fromCharCode(65 + i))
        .range(),
    );
  }
  for (const names of [panel.names ?? {}, hasLineAtNone(panel) ? NO_SERIES : {}]) {
    for (const [value, name] of Object.entries(names))
      builder.overrideByName(value, [{ id: 'displayName', value: name[language] }]);
  }
  return builder;
}

const hasLineAtNone = ({ queries }: PanelSpec): boolean =>
  queries.some(({ expr }) => expr.includes('label_replace(vector('));

function legendOf({ hasManyLines }: PanelSpec): VizLegendOptionsBuilder {
  const legend = new VizLegendOptionsBuilder().showLegend(true);
  return hasManyLines
    ? legend.displayMode(LegendDisplayMode.Table).placement(LegendPlacement.Right).calcs(['lastNotNull'])
    : legend.displayMode(LegendDisplayMode.List).placement(LegendPlacement.Bottom).calcs([]);
}

/** A red line where the alert fires, whichever side of it that is. */
function drawLine(builder: PanelBuilder, at: number): void {
  const steps = [
    { value: null, color: 'transparent' },
    { value: at, color: 'red' },
  ];
  builder
    .thresholds(new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps(steps))
    .thresholdsStyle(new GraphThresholdsStyleConfigBuilder().mode(GraphThresholdsStyleMode.Dashed));
}
