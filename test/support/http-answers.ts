// SPDX-License-Identifier: MIT
/** HTTP answers as text, a character a byte, for tests by properties. */
import fc from 'fast-check';

interface Body {
  /** The head's lines that tell of it. */
  readonly head: readonly string[];
  readonly bytes: string;
}

const text = fc.string({ unit: fc.constantFrom('a', 'B', '7', ' ', '\xff', '"', ':'), maxLength: 30 });
const name = fc.constantFrom(
  'Date',
  'x-a',
  'ETag',
  'Content-Type',
  'Content-Lengt',
  'Connections',
  'Upgrade',
);
const options = ['close', 'keep-alive', 'Close', 'x, close', 'upgrade'].map(
  (option) => `Connection: ${option}`,
);
const header = fc.oneof(
  fc.tuple(name, text).map(([left, right]) => `${left}: ${right}`),
  fc.constantFrom(...options),
);
const payload = fc.array(fc.string({ unit: fc.constantFrom('x', '\r', '\n', '0', '\0'), maxLength: 40 }), {
  maxLength: 4,
});
const body: fc.Arbitrary<Body> = fc.oneof(
  payload.map((parts) => ({ head: [`content-length:${parts.join('').length}`], bytes: parts.join('') })),
  payload.map((parts) => ({
    head: ['Transfer-Encoding: chunked'],
    bytes: [...parts.filter((part) => part !== ''), ''].map(chunk).join(''),
  })),
  payload.map((parts) => ({ head: [], bytes: parts.join('') })),
);
const status = fc.constantFrom(200, 204, 302, 304, 404, 503);
const interim = fc.constantFrom('', '', 'HTTP/1.1 103 Early Hints\r\nx-a: b\r\n\r\n');

/** An answer by the book; the connection ends after it. */
export const answer = fc
  .tuple(interim, fc.constantFrom('0', '1'), status, text, fc.array(header, { maxLength: 5 }), body)
  .map(([before, minor, code, reason, headers, { head, bytes }]) => {
    const bare = code === 204 || code === 304;
    const chunked = minor === '0' && head[0]?.startsWith('T') === true;
    const lines = [`HTTP/1.${minor} ${code} ${reason}`, ...headers, ...(bare || chunked ? [] : head), '', ''];
    return before + lines.join('\r\n') + (bare ? '' : bytes);
  });

/** Changes of a few bytes: most make an answer wrong, some only another one. */
export const spoiled = fc
  .tuple(
    answer,
    fc.array(fc.tuple(fc.nat(), fc.constantFrom('', '\r', '\n', ' ', '0', ':', 'x', '\0', ',', '\r\n')), {
      minLength: 1,
      maxLength: 3,
    }),
  )
  .map(([whole, changes]) => {
    let changed = whole;
    for (const [place, insert] of changes) {
      const at = place % (changed.length + 1);
      changed = changed.slice(0, at) + insert + changed.slice(insert === '' ? at + 1 : at);
    }
    return changed;
  });

function chunk(part: string): string {
  return `${part.length.toString(16)}\r\n${part}\r\n`;
}
