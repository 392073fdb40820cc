// SPDX-License-Identifier: MIT
import { Composer, Lexer, type ParsedNode, Parser } from 'yaml';

/** Something wrong with the YAML itself; `start` and `end` are offsets in the text. */
export interface SyntaxFault {
  readonly code: string;
  readonly message: string;
  readonly start: number;
  readonly end: number;
}

export interface YamlDocument {
  /** Undefined where there is nothing to go on with. */
  readonly contents: ParsedNode | null | undefined;
  readonly faults: readonly SyntaxFault[];
}

/** A configuration has a dozen levels. What is nested far deeper exhausts the stack, and with it the process. */
const MOST_LEVELS = 64;

class TooDeep extends Error {
  readonly offset: number;
  constructor(offset: number) {
    super('nested too deeply');
    this.offset = offset;
  }
}

/** Parses one document strictly: YAML 1.2, string keys, no merge keys, no tags but those of the core schema. */
export function readYaml(text: string): YamlDocument {
  const composer = new Composer({
    version: '1.2',
    merge: false,
    strict: true,
    stringKeys: true,
    // Compares every pair of keys of a mapping: whoever walks the document does it in linear time.
    uniqueKeys: false,
    resolveKnownTags: false,
    prettyErrors: false,
    logLevel: 'error',
  });
  try {
    const [document, second] = composer.compose(tokensOf(text), true, text.length);
    const errors = [...(document?.errors ?? [])].map(({ code, message, pos }) => fault(code, message, pos));
    if (second !== undefined) {
      const [start] = second.range;
      errors.push(fault('MULTIPLE_DOCS', 'a second document begins here', [start, start + 3]));
    }
    const version = document?.directives?.yaml.version;
    if (version !== undefined && version !== '1.2') {
      errors.push(fault('BAD_DIRECTIVE', `this is YAML ${version}, and a configuration is YAML 1.2`, [0, 1]));
    }
    // After the first error the parser only guesses, so that is the one to tell; warnings stand for themselves.
    const first = errors.toSorted((a, b) => a.start - b.start)[0];
    const warnings = (document?.warnings ?? []).map(({ code, message, pos }) => fault(code, message, pos));
    return { contents: document?.contents, faults: first === undefined ? warnings : [first] };
  } catch (error) {
    if (!(error instanceof TooDeep)) throw error;
    const { offset, message } = error;
    return {
      contents: undefined,
      faults: [fault('RESOURCE_EXHAUSTION', `this is ${message}`, [offset, offset + 1])],
    };
  }
}

function* tokensOf(text: string): ReturnType<Parser['parse']> {
  const parser = new Parser();
  for (const lexeme of new Lexer().lex(text)) {
    yield* parser.next(lexeme);
    if (parser.stack.length > MOST_LEVELS) throw new TooDeep(parser.offset);
  }
  yield* parser.end();
}

function fault(code: string, message: string, [start, end]: readonly [number, number]): SyntaxFault {
  return { code, message, start, end };
}
