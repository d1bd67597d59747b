import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DashboardBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { PanelBuilder, TextMode } from '@grafana/grafana-foundation-sdk/text';

export const RUNBOOKS_UID = 'sluice-runbooks';

/** This module runs from `dist/dashboard/grafana`. */
const RUNBOOKS = join(import.meta.dirname, '..', '..', '..', 'docs', 'alerts.md');
const WIDTH = 24;
const HEIGHT = 20;

/** Heading → text, in the order of docs/alerts.md. */
const sections = new Map(
  readFileSync(RUNBOOKS, 'utf8')
    .split(/^## /m)
    .slice(1)
    .map((section): [string, string] => {
      const [heading = ''] = section.split('\n', 1);
      return [heading, section.slice(heading.length).trim()];
    }),
);
const headings = [...sections.keys()];

const panelId = (heading: string): number => headings.indexOf(heading) + 1;
const onThisDashboard = (heading: string): string => `?viewPanel=${panelId(heading)}`;

/**
 * Path of a runbook for the link of a panel: on a dashboard of the same Grafana, so that the link opens in a network that has nothing
 * else, below whatever path Grafana is served.
 */
export function runbookPath(heading: string): string {
  if (!sections.has(heading)) throw new RangeError(`docs/alerts.md has no heading ${heading}`);
  return `/d/${RUNBOOKS_UID}/runbooks${onThisDashboard(heading)}`;
}

/** docs/alerts.md, a text panel for each heading. */
export function runbookDashboard(): object {
  const builder = new DashboardBuilder('Sluice: runbooks').uid(RUNBOOKS_UID).tags(['sluice', 'en']).timezone('browser');
  for (const [i, [heading, text]] of [...sections].entries()) {
    builder.withPanel(
      new PanelBuilder()
        .id(panelId(heading))
        .title(heading)
        .mode(TextMode.Markdown)
        .content(linksFollowed(text))
        .gridPos({ x: 0, y: i * HEIGHT, w: WIDTH, h: HEIGHT }),
    );
  }
  return builder.build();
}

/** Links to other headings lead to their panels; of one to another document its name stays, for Grafana has no such page. */
function linksFollowed(markdown: string): string {
  return markdown.replaceAll(
    /\[([^\]]+)\]\(([^)#]*)(?:#([^)]*))?\)/g,
    (_link, text: string, file: string, anchor = '') => {
      if (file !== '') return `${text} (docs/${file})`;
      const heading = headings.find((one) => one.toLowerCase() === anchor);
      return heading === undefined ? text : `[${text}](${onThisDashboard(heading)})`;
    },
  );
}
