import type { Title } from '../proto/entry/entry.js';

/** The title in every language that it has, joined with a slash. */
export function titleText(title: Title | string | undefined): string {
  if (title === undefined) return '';
  if (typeof title === 'string') return title;
  return [title.zh, title.en].filter((text) => text !== undefined).join(' / ');
}
