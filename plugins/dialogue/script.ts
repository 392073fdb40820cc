// SPDX-License-Identifier: MIT
/**
 * Send/expect scripts as a pure state machine: told what arrived, it says what to send and whether it is
 * done. Each `expect` looks at what arrived after the end of the previous match, and takes the shortest match;
 * so the way TCP cuts the bytes into packets makes no difference (but for globs anchored with `$`, which mean
 * the end of what has arrived so far).
 */
import type { OptionProblem } from 'sluice';
import { DialogueSyntaxError, decodeBytes, quoteBytes } from './bytes.js';
import { compileGlob } from './glob.js';
import { HOPELESS, type Pattern, type Search } from './pattern.js';
import { compileRegex } from './regex.js';

export interface ScriptStep {
  readonly send?: string;
  readonly expect?: string;
  readonly expect_regex?: string;
}

export type Script = readonly Step[];
type Step = { readonly send: Buffer } | { readonly expect: Pattern };

/** `running`: wants more; the other states are final. */
export type Progress =
  | { readonly state: 'running' | 'matched'; readonly send: readonly Buffer[] }
  | { readonly state: 'mismatch' | 'flood'; readonly send: readonly Buffer[]; readonly reason: string };

export interface Dialogue {
  start(): Progress;
  received(chunk: Uint8Array): Progress;
  /** What is being waited for and what came instead, for a reason. */
  waitingFor(): string;
  /** Whether anything came since the last match. */
  heard(): boolean;
}

/** What may arrive without a match before the script gives up. */
const MOST_BYTES = 65_536;
/** How much of an answer is kept for the reason. */
const KEPT_BYTES = 256;

export const scriptSchema = {
  type: 'array',
  minItems: 1,
  maxItems: 100,
  description:
    'What to say and to hear, in order: a list of {send: TEXT}, {expect: GLOB} or {expect_regex: RE}. TEXT and GLOB may hold %0D%0A-style bytes. Each expectation looks at what arrived after the previous one was met.',
  items: {
    type: 'object',
    minProperties: 1,
    maxProperties: 1,
    additionalProperties: false,
    description: 'One step.',
    properties: {
      send: {
        type: 'string',
        minLength: 1,
        description: 'Bytes to send; %0D%0A stands for CR LF, %% for %.',
      },
      expect: {
        type: 'string',
        minLength: 1,
        description: 'Glob to find in what arrives; ^ and $ anchor it.',
      },
      expect_regex: {
        type: 'string',
        minLength: 1,
        format: 'regex',
        description: 'Regular expression to find in what arrives, read as latin1.',
      },
    },
  },
} as const;

/** Compiles the steps. Throws {@link DialogueSyntaxError}; see {@link scriptProblems}. */
export function compileScript(steps: readonly ScriptStep[]): Script {
  return steps.map(compileStep);
}

function compileStep(step: ScriptStep): Step {
  if (step.send !== undefined) return { send: decodeBytes(step.send) };
  if (step.expect !== undefined) return { expect: compileGlob(step.expect) };
  return { expect: compileRegex(step.expect_regex ?? '') };
}

/** What is wrong with the steps, each with its path below `path`. */
export function scriptProblems(
  steps: readonly ScriptStep[] | undefined,
  path: readonly (string | number)[] = ['script'],
): OptionProblem[] {
  return (steps ?? []).flatMap((step, index) =>
    syntaxProblems([...path, index, Object.keys(step)[0] ?? ''], () => compileStep(step)),
  );
}

/** The problem that `compile` throws, if any. */
export function syntaxProblems(path: readonly (string | number)[], compile: () => unknown): OptionProblem[] {
  try {
    compile();
    return [];
  } catch (error) {
    if (error instanceof DialogueSyntaxError) return [{ path, message: error.message }];
    throw error;
  }
}

/** Begins the script anew. */
export function startDialogue(script: Script): Dialogue {
  let at = 0;
  let search: Search | null = null;
  /** Bytes fed to the present search, and the beginning of them. */
  let fed = 0;
  let kept = Buffer.alloc(0);

  /** Goes through the steps until one wants more than `rest`. */
  const advance = (rest: Uint8Array): Progress => {
    const send: Buffer[] = [];
    for (;;) {
      const step = script[at];
      if (step === undefined) return { state: 'matched', send };
      if ('send' in step) {
        send.push(step.send);
        at++;
        continue;
      }
      if (rest.length === 0) return { state: 'running', send };
      search ??= step.expect.search();
      const before = fed;
      kept = Buffer.concat([kept, rest.subarray(0, KEPT_BYTES - kept.length)]);
      fed += rest.length;
      const end = search.feed(rest);
      if (end < 0) {
        if (end === HOPELESS) return { state: 'mismatch', send, reason: describe(step.expect) };
        if (fed > MOST_BYTES) {
          return { state: 'flood', send, reason: `${describe(step.expect)} and 64 KiB more` };
        }
        return { state: 'running', send };
      }
      rest = rest.subarray(Math.max(0, end - before));
      at++;
      search = null;
      fed = 0;
      kept = Buffer.alloc(0);
    }
  };
  const describe = (pattern: Pattern): string => {
    const got = fed === 0 ? 'nothing' : quoteBytes(kept);
    return `expected "${pattern.text}", got ${got}`;
  };

  return {
    start: () => advance(new Uint8Array(0)),
    received: advance,
    waitingFor: () => {
      const step = script[at];
      return step !== undefined && 'expect' in step ? describe(step.expect) : 'the script is done';
    },
    heard: () => fed > 0,
  };
}
