// SPDX-License-Identifier: MIT
import { MessageWriter, attributeList, attributes, numberOf, textOf, type HeldRule } from 'sluice/kernel';
import type { Rule } from './rule.js';

/**
 * Whether the kernel holds this rule: the same expressions with at least the attributes that we sent. It adds
 * some of its own when it lists them.
 */
export function isSameRule(held: HeldRule, rule: Rule): boolean {
  if (held.expressions.length !== rule.expressions.length) return false;
  return rule.expressions.every((expression, index) => {
    const other = held.expressions[index]!;
    if (other.name !== expression.name) return false;
    const writer = new MessageWriter(256);
    expression.write(writer);
    return holdsAll(other.data, writer.bytes());
  });
}

/** Whether the attributes in `held` include those in `sent`, nested ones likewise. */
function holdsAll(held: Buffer, sent: Buffer): boolean {
  const present = attributes(held);
  return attributeList(sent).every(({ type, data, nested }) => {
    const other = present.get(type);
    if (other === undefined) return false;
    return nested ? holdsAll(other, data) : other.equals(data);
  });
}

/** The map that a rule looks its last register up in; null when it looks up nothing. */
export function mapOf(rule: HeldRule): string | null {
  const NFTA_LOOKUP_SET = 1;
  const lookup = rule.expressions.findLast(({ name }) => name === 'lookup');
  return lookup === undefined ? null : (textOf(attributes(lookup.data).get(NFTA_LOOKUP_SET)) ?? null);
}

/** The modulus of a rule that draws a slot in turn; null when it doesn't. */
export function modulusOf(rule: HeldRule): number | null {
  const NFTA_NG_MODULUS = 2;
  const drawing = rule.expressions.find(({ name }) => name === 'numgen');
  return drawing === undefined ? null : (numberOf(attributes(drawing.data).get(NFTA_NG_MODULUS)) ?? null);
}
