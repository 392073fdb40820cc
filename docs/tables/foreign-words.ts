// SPDX-License-Identifier: MIT
import { FOREIGN_WORDS } from '../../src/config/vocabulary.js';
import { argument, prose, tagList } from '../mdoc.js';

/** Words of other programs and what to write instead, program by program. */
export function foreignWordList(): string {
  return FOREIGN_WORDS.flatMap(({ of, words }) => [
    `.Ss ${of}`,
    ...tagList(
      Object.entries(words).map(([word, here]) => ({
        head: `Ql ${argument(word)}`,
        body: prose(`${here}.`),
      })),
    ),
  ]).join('\n');
}
