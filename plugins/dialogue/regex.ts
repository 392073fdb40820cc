// SPDX-License-Identifier: MIT
/**
 * Regular expressions over bytes: the bytes are read as latin1, so `\xff` is byte 255 and `.` any byte but a
 * line's end. JavaScript's engine backtracks, and an unlucky expression may take forever on an answer that a
 * stranger chose; so each search has a time limit, by which V8 breaks it off.
 */
import { Script, createContext } from 'node:vm';
import { DialogueSyntaxError } from './bytes.js';
import { MISSING, type Pattern } from './pattern.js';

/** Enough for any sane expression on 64 KiB, and too short to disturb the other checks. */
const LIMIT_MS = 15;
/** V8 counts time on the wall: a busy host may take the processor away just then, but hardly so often in a row. */
const ATTEMPTS = 3;

/** The expression took too long: the operator's fault, or the peer's spite; not an answer. */
export class RegexTimeout extends Error {
  override readonly name = 'RegexTimeout';
}

const sandbox: { regex: RegExp; text: string; found: boolean } = { regex: /(?:)/, text: '', found: false };
let run: (() => void) | undefined;

/** Compiles a regular expression. Throws {@link DialogueSyntaxError}. */
export function compileRegex(source: string, flags = ''): Pattern {
  let regex: RegExp;
  try {
    regex = new RegExp(source, `${flags}u`);
  } catch (error) {
    throw new DialogueSyntaxError(error instanceof Error ? error.message : String(error));
  }
  // The context takes its time to make: now, not within a probe.
  run ??= compileRun();
  return {
    text: flags === '' ? source : `/${source}/${flags}`,
    search: () => {
      let text = '';
      return {
        feed(chunk) {
          text += Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length).toString('latin1');
          return found(regex, text) ? shortestEnd(regex, text) : MISSING;
        },
      };
    },
  };
}

/** The length of the shortest beginning that matches, so that how the bytes were split makes no difference. */
function shortestEnd(regex: RegExp, text: string): number {
  let enough = text.length;
  let tooShort = -1;
  while (enough - tooShort > 1) {
    const middle = (enough + tooShort) >>> 1;
    if (found(regex, text.slice(0, middle))) enough = middle;
    else tooShort = middle;
  }
  return enough;
}

function found(regex: RegExp, text: string): boolean {
  run ??= compileRun();
  sandbox.regex = regex;
  sandbox.text = text;
  run();
  return sandbox.found;
}

function compileRun(): () => void {
  const context = createContext(sandbox);
  const script = new Script('found = regex.test(text)');
  script.runInContext(context);
  return () => {
    for (let attempt = 1; ; attempt += 1) {
      try {
        script.runInContext(context, { timeout: LIMIT_MS });
        return;
      } catch (cause) {
        if (attempt < ATTEMPTS) continue;
        const limit = `${ATTEMPTS} times ${LIMIT_MS} ms`;
        throw new RegexTimeout(`the regular expression took longer than ${limit}: write a simpler one`, {
          cause,
        });
      }
    }
  };
}
