// SPDX-License-Identifier: MIT
/** Which regions of which hand-written files follow from the code. */
import { readdir, readFile } from 'node:fs/promises';
import type { Plugin } from '../src/plugin/api.js';
import { columnList, literal } from './mdoc.js';
import { fillRegions, MARKDOWN_MARKS, type Marks, MDOC_MARKS, type Regions } from './regions.js';
import { aliasTable, capabilityTable } from './tables/capabilities.js';
import { commandRegions } from './tables/commands.js';
import { configKeyRegions } from './tables/config-keys.js';
import { errorCodeList } from './tables/error-codes.js';
import { foreignWordList } from './tables/foreign-words.js';
import { markdownTable } from './tables/markdown.js';
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
  const all: readonly Page[] = [...pages(plugins), await pluginPage(root), await contributingPage(root)];
  return Promise.all(
    all.map(async ({ path, marks, regions }) => {
      const text = await readFile(`${root}/${path}`, 'utf8');
      return { path, text: fillRegions(path, text, regions, marks) };
    }),
  );
}

function pages(plugins: readonly Plugin[]): readonly Page[] {
  const capabilities = capabilityTable(plugins);
  return [
    {
      path: 'man/sluice.8',
      marks: MDOC_MARKS,
      regions: new Map([...commandRegions(), ['error codes', errorCodeList()]]),
    },
    {
      path: 'man/sluice.yaml.5',
      marks: MDOC_MARKS,
      regions: new Map([
        ...configKeyRegions(plugins),
        ...pluginOptionRegions(plugins),
        ['capabilities', columnList(capabilities).join('\n')],
        [
          'scheduler aliases',
          columnList([['backend', 'scheduler', 'also'], ...aliasTable(plugins)]).join('\n'),
        ],
        ['foreign words', foreignWordList()],
      ]),
    },
    {
      path: 'README.md',
      marks: MARKDOWN_MARKS,
      regions: new Map([
        ['backends', markdownTable([['backend', 'what it is'], ...backendRows(plugins)])],
        ['capabilities', markdownTable(capabilities.filter(isOfUse))],
      ]),
    },
  ];
}

/** The examples are files of their own, so that they can be run as they stand. */
async function pluginPage(root: string): Promise<Page> {
  const folder = `${root}/docs/examples`;
  const names = (await readdir(folder)).filter((name) => name.endsWith('.mjs'));
  const regions = names.map(async (name): Promise<[string, string]> => {
    const text = await readFile(`${folder}/${name}`, 'utf8');
    return [`example ${name}`, literal(text).join('\n')];
  });
  return { path: 'man/sluice-plugins.7', marks: MDOC_MARKS, regions: new Map(await Promise.all(regions)) };
}

async function contributingPage(root: string): Promise<Page> {
  const text = await readFile(`${root}/docs/examples/banner-check.ts`, 'utf8');
  const code = text.slice(text.indexOf('\n') + 1).trim();
  const regions = new Map([['example banner-check.ts', `\n\`\`\`ts\n${code}\n\`\`\`\n`]]);
  return { path: 'CONTRIBUTING.md', marks: MARKDOWN_MARKS, regions };
}

function backendRows(plugins: readonly Plugin[]): string[][] {
  return plugins
    .filter(({ kind }) => kind === 'backend')
    .map(({ name, description }) => [`\`${name}\``, description ?? '']);
}

/** Rows in which some backend says more than no; the head has no words for it either. */
function isOfUse([, ...cells]: readonly string[]): boolean {
  return cells.some((cell) => cell !== 'no');
}
