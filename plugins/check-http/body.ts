// SPDX-License-Identifier: MIT
import { compileGlob } from '../dialogue/glob.js';
import type { Pattern } from '../dialogue/pattern.js';
import { compileRegex } from '../dialogue/regex.js';

/** Compiles `/RE/`, `/RE/flags` or a glob. Throws DialogueSyntaxError. */
export function compileBody(text: string): Pattern {
  const regex = /^\/(.+)\/([ims]*)$/s.exec(text);
  return regex === null ? compileGlob(text) : compileRegex(regex[1] ?? '', regex[2]);
}
