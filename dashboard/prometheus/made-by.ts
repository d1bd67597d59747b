/** First line of every file that is made here. */
export const MADE_BY = '# Made by `npm run dashboards` from dashboard/prometheus; change it there.\n';
