// SPDX-License-Identifier: MIT
/** What YAML makes of things that operators write every day, and what to write instead. */

export const QUOTE_IPV6 = 'write IPv6 addresses in quotes: "2001:db8::1", and "[2001:db8::1]:80" with a port';

const BARE_IPV6 = /(^|[\s,[:{-])(\[[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*\]|::|[0-9A-Fa-f]{1,4}:[0-9A-Fa-f:]*::?)/;

/** For a syntax error: what the line most likely meant. */
export function syntaxHint(code: string, line: string): string | undefined {
  const bare = line.replaceAll(/"[^"]*"|'[^']*'/g, '');
  if (BARE_IPV6.test(bare)) return QUOTE_IPV6;
  switch (code) {
    case 'TAG_RESOLVE_FAILED':
      return 'tags have no meaning here: write plain values';
    case 'MULTIPLE_DOCS':
      return 'one file is one document: take the "---" away, or use `include`';
    case 'RESOURCE_EXHAUSTION':
      return 'a configuration has a dozen levels at most';
    case 'TAB_AS_INDENT':
      return 'indent with spaces';
    case 'BAD_SCALAR_START':
      return 'put the value in quotes';
    case 'BLOCK_AS_IMPLICIT_KEY':
      return 'a text that holds ": " stands in quotes';
    case 'MULTILINE_IMPLICIT_KEY':
    case 'BLOCK_IN_FLOW':
    case 'MISSING_CHAR':
      return 'a "{", a "[" or a quote is not closed, or a ":" is missing';
    default:
      return undefined;
  }
}
