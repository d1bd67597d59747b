import type { Command } from 'commander';
import { addCatalogLint } from './catalog-lint.js';
import { addCatalogPublish } from './catalog-publish.js';
import { addCatalogPut } from './catalog-put.js';
import { addCatalogSearch } from './catalog-search.js';
import { addCatalogProto, addCatalogShow } from './catalog-show.js';
import type { Terminal } from './terminal.js';

export function addCatalog(program: Command, terminal: Terminal): void {
  const catalog = program.command('catalog').summary('check, publish, search and read catalog entries');
  addCatalogLint(catalog, terminal);
  addCatalogPut(catalog, terminal);
  addCatalogPublish(catalog, terminal);
  addCatalogSearch(catalog, terminal);
  addCatalogShow(catalog, terminal);
  addCatalogProto(catalog, terminal);
}
