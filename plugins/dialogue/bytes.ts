// SPDX-License-Identifier: MIT
/**
 * Bytes as text: `%0D%0A` stands for CR LF, `%%` for a percent sign, everything else for itself in UTF-8.
 * The same notation is read from a configuration and shown in reasons and dialogues.
 */

/** A send text, glob or regular expression that can't be read; the message is for the operator. */
export class DialogueSyntaxError extends Error {
  override readonly name = 'DialogueSyntaxError';
}

/** One character of such a text: a literal byte written as `%HH`, or a character that may have a meaning. */
export type Token = { readonly byte: number } | { readonly character: string };

/** Splits a text into characters and `%HH` bytes. Throws {@link DialogueSyntaxError} at a lone percent sign. */
export function* tokens(text: string): Generator<Token> {
  for (let at = 0; at < text.length;) {
    const character = String.fromCodePoint(text.codePointAt(at) ?? 0);
    if (character !== '%') {
      yield { character };
      at += character.length;
    } else if (text[at + 1] === '%') {
      yield { byte: 0x25 };
      at += 2;
    } else {
      const hex = text.slice(at + 1, at + 3);
      if (!/^[\dA-Fa-f]{2}$/.test(hex)) {
        throw new DialogueSyntaxError(
          `"%${hex}" is no byte: write % and two hexadecimal digits, or %% for a percent sign`,
        );
      }
      yield { byte: Number.parseInt(hex, 16) };
      at += 3;
    }
  }
}

/** The bytes that a text stands for. */
export function decodeBytes(text: string): Buffer {
  const parts: Buffer[] = [];
  for (const token of tokens(text)) {
    parts.push('byte' in token ? Buffer.from([token.byte]) : Buffer.from(token.character));
  }
  return Buffer.concat(parts);
}

/** A text of printable ASCII that {@link decodeBytes} reads back to the same bytes. */
export function encodeBytes(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) {
    if (byte === 0x25) text += '%%';
    else if (byte >= 0x20 && byte < 0x7f) text += String.fromCodePoint(byte);
    else text += `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return text;
}

const SHOWN_BYTES = 64;

/** Bytes in quotes for a reason, cut to their first {@link SHOWN_BYTES}. */
export function quoteBytes(bytes: Uint8Array, limit = SHOWN_BYTES): string {
  const more = bytes.length > limit ? '…' : '';
  return `"${encodeBytes(bytes.subarray(0, limit))}${more}"`;
}
