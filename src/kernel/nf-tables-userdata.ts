// SPDX-License-Identifier: MIT
/**
 * User data: what the kernel stores for nft(8) and never looks at, so that listings read well. The layout is
 * libnftnl's (include/libnftnl/udata.h): type, length, value, a byte each for the first two.
 */

/** NFTNL_UDATA_RULE_COMMENT and NFTNL_UDATA_TABLE_COMMENT. */
const COMMENT = 0;
/** The kernel stores 256 bytes at most (NFT_USERDATA_MAXLEN), and nft a comment of 128. */
const COMMENT_LIMIT_BYTES = 127;

/** A comment of a table or a rule as nft lists it. */
export function commentUserdata(comment: string): Uint8Array {
  const text = Buffer.from(comment);
  if (text.length > COMMENT_LIMIT_BYTES) {
    throw new RangeError(`a comment has at most ${COMMENT_LIMIT_BYTES} bytes, not ${text.length}`);
  }
  return udata(COMMENT, Buffer.concat([text, Buffer.alloc(1)]));
}

/** The comment in a table's or rule's user data. */
export function commentOf(userdata: Buffer | undefined): string | undefined {
  if (userdata === undefined) return undefined;
  let at = 0;
  while (at + 2 <= userdata.length) {
    const length = userdata[at + 1]!;
    if (userdata[at] === COMMENT) {
      const text = userdata.subarray(at + 2, at + 2 + length);
      const end = text.indexOf(0);
      return text.toString('utf8', 0, end < 0 ? text.length : end);
    }
    at += 2 + length;
  }
  return undefined;
}

/** One piece of user data. */
export function udata(type: number, ...values: readonly Uint8Array[]): Uint8Array {
  const value = Buffer.concat(values);
  return Buffer.concat([Uint8Array.of(type, value.length), value]);
}
