// SPDX-License-Identifier: MIT
/** Which regions of which hand-written files follow from the code. */
import { readFile } from 'node:fs/promises';
import type { Plugin } from '../src/plugin/api.js';
import { exampleCheck, exampleMistake, exampleOutput, examplePlugins, smallestConfig } from './examples.js';
import { columnList, literal } from './mdoc.js';
import { fillRegions, MARKDOWN_MARKS, type Marks, MDOC_MARKS, type Regions } from './regions.js';
import { aliasTable, capabilityTable } from './tables/capabilities.js';
import { commandRegions } from './tables/commands.js';
import { configKeyRegions } from './tables/config-keys.js';
import { errorCodeList } from './tables/error-codes.js';
import { foreignWordList } from './tables/foreign-words.js';
import { markdownCode, markdownTable } from './tables/markdown.js';
import { pluginOptionRegions } from './tables/plugin-options.js';

interface Page {
  readonly path: string;
  readonly marks: Marks;
  readonly regions: Regions;
}

export interface FilledPage {
  /** Relative to the repository. */
  readonly path: string;
  readonly text: string;
}

/** Every page with its regions as they ought to be. */
export async function filledPages(plugins: readonly Plugin[], root = '.'): Promise<FilledPage[]> {
  const pages: readonly Page[] = [
    { path: 'man/sluice.8', marks: MDOC_MARKS, regions: await programRegions(root) },
    { path: 'man/sluice.yaml.5', marks: MDOC_MARKS, regions: configurationRegions(plugins) },
    { path: 'man/sluice-plugins.7', marks: MDOC_MARKS, regions: await pluginRegions(root) },
    { path: 'CONTRIBUTING.md', marks: MARKDOWN_MARKS, regions: await contributingRegions(root) },
    { path: 'README.md', marks: MARKDOWN_MARKS, regions: await readmeRegions(plugins, root) },
  ];
  return Promise.all(
    pages.map(async ({ path, marks, regions }) => {
      const text = await readFile(`${root}/${path}`, 'utf8');
      return { path, text: fillRegions(path, text, regions, marks) };
    }),
  );
}

async function programRegions(root: string): Promise<Regions> {
  return new Map([
    ...commandRegions(),
    ['output of status', literal(await exampleOutput(root, 'status-80')).join('\n')],
    ['output of explain', literal(await exampleOutput(root, 'explain-down')).join('\n')],
    ['error codes', errorCodeList()],
  ]);
}

function configurationRegions(plugins: readonly Plugin[]): Regions {
  const aliases = [['backend', 'scheduler', 'also'], ...aliasTable(plugins)];
  return new Map([
    ...configKeyRegions(plugins),
    ...pluginOptionRegions(plugins),
    ['capabilities', columnList(capabilityTable(plugins)).join('\n')],
    ['scheduler aliases', columnList(aliases).join('\n')],
    ['foreign words', foreignWordList()],
  ]);
}

async function pluginRegions(root: string): Promise<Regions> {
  const plugins = await examplePlugins(root);
  return new Map([...plugins].map(([name, text]) => [`example ${name}`, literal(text).join('\n')]));
}

async function contributingRegions(root: string): Promise<Regions> {
  return new Map([['example banner-check.ts', markdownCode(await exampleCheck(root), 'ts')]]);
}

async function readmeRegions(plugins: readonly Plugin[], root: string): Promise<Regions> {
  const backends = plugins
    .filter(({ kind }) => kind === 'backend')
    .map(({ name, description }) => [`\`${name}\``, description ?? '']);
  return new Map([
    ['smallest configuration', markdownCode(await smallestConfig(root), 'yaml')],
    ['mistake', markdownCode(await exampleMistake(root))],
    ['backends', markdownTable([['backend', 'what it is'], ...backends])],
    ['capabilities', markdownTable(capabilityTable(plugins).filter(isOfUse))],
  ]);
}

/** Rows in which some backend says more than no; the head has no words for it either. */
function isOfUse([, ...cells]: readonly string[]): boolean {
  return cells.some((cell) => cell !== 'no');
}
