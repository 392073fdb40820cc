// SPDX-License-Identifier: MIT
/** sluice-plugins(7) and the public API know the same names. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as sluice from '../../src/index.js';
import { Faults } from '../../src/plugin/faults.js';
import { Guard } from '../../src/plugin/guard.js';
import { HOOK_BUDGET_MS, Hooks } from '../../src/plugin/hooks.js';
import { systemClock } from '../../src/runtime/clock.js';
import * as testing from '../../src/testing.js';
import { itemWords, marked, section } from './mdoc-reader.js';
import { read } from './repository.js';
import { membersOf, wordsOf } from './type-reader.js';

const page = read('man/sluice-plugins.7');
const api = read('src/plugin/api.ts');

function sorted(words: Iterable<string>): string[] {
  return [...new Set(words)].toSorted();
}

/** Items whose name is a value (`Va`) or a function (`Fn`). */
function named(title: string): string[] {
  const lines = section(page, title);
  return [...itemWords(lines, 'Va'), ...itemWords(lines, 'Fn')];
}

describe('sluice-plugins(7)', () => {
  it('has each define function, and no other', () => {
    const functions = Object.keys(sluice).filter((name) => name.startsWith('define'));
    assert.deepEqual(sorted(itemWords(section(page, 'DESCRIPTION'), 'Fn')), sorted(functions));
  });

  it('has each thing that a plugin declares, by kind', () => {
    assert.deepEqual(
      sorted(named('WHAT EVERY PLUGIN DECLARES')),
      sorted([...membersOf(api, 'PluginBase'), 'create'].filter((name) => name !== 'kind')),
    );
    const checks = [...membersOf(api, 'CheckPlugin'), ...membersOf(api, 'Prober'), '[Symbol.asyncDispose]'];
    assert.deepEqual(sorted(named('CHECKS')), sorted(checks));
    const backends = [...membersOf(api, 'BackendPlugin'), ...membersOf(api, 'Backend')];
    const capabilities = named('Capabilities');
    const told = named('BACKENDS').filter((name) => !capabilities.includes(name));
    assert.deepEqual(sorted(told), sorted(backends));
  });

  it('has each part of the context', () => {
    assert.deepEqual(sorted(named('THE CONTEXT')), sorted(Object.keys(testing.testContext())));
  });

  it('has each part of a target, a virtual service and a change', () => {
    const told = new Set(marked(page, 'Va'));
    for (const name of membersOf(api, 'CheckTarget')) assert.ok(told.has(name), name);
    for (const name of membersOf(read('src/virtual-service.ts'), 'VirtualService'))
      assert.ok(told.has(name), name);
    for (const name of membersOf(read('src/virtual-service.ts'), 'RealServer'))
      assert.ok(told.has(name), name);
    const changes = read('src/change-set.ts');
    for (const name of membersOf(changes, 'ServiceChange')) assert.ok(told.has(name), name);
    const words = new Set(marked(page, 'Ql'));
    for (const reason of wordsOf(changes, 'RemovalReason')) assert.ok(words.has(reason), reason);
    for (const [, op = ''] of changes.matchAll(/\bop: '([\w-]+)'/g)) assert.ok(words.has(op), op);
  });

  it('has each capability, and no other', () => {
    const { plugin } = testing.fakeBackend();
    assert.deepEqual(sorted(named('Capabilities')), sorted(Object.keys(plugin.capabilities)));
    assert.deepEqual(sorted(named('Capabilities')), sorted(membersOf(api, 'Capabilities')));
  });

  it('has each hook with its budget, and no other', () => {
    const lines = section(page, 'HOOKS');
    const hooks = new Hooks({
      guard: new Guard(new Faults(systemClock), systemClock),
      onMuted: () => undefined,
    });
    assert.deepEqual(sorted(itemWords(lines, 'Ic')), sorted(Object.keys(hooks.forPlugin('check/any'))));
    for (const [hook, budgetMs] of Object.entries(HOOK_BUDGET_MS)) {
      const [, text = ''] = new RegExp(`^\\.It Ic ${hook}\\n((?:(?!\\.It ).*\\n)*)`, 'm').exec(page) ?? [];
      assert.match(text, new RegExp(`[Bb]udget ${budgetMs / 1000} seconds?\\.`), hook);
    }
  });

  it('has each kind of failure and of fault', () => {
    const quoted = marked(page, 'Ql').join(' ');
    for (const kind of wordsOf(api, 'FailKind')) assert.ok(quoted.includes(kind), kind);
    const kinds = itemWords(section(page, 'FAULTS'), 'Cm');
    assert.deepEqual(sorted(kinds), sorted(wordsOf(read('src/plugin/faults.ts'), 'FaultKind')));
  });

  it('has each format of the options', () => {
    const formats = wordsOf(read('src/plugin/schema.ts'), 'SchemaFormat');
    const text = section(page, 'WHAT EVERY PLUGIN DECLARES').join('\n');
    for (const format of formats) assert.match(text, new RegExp(`^\\.Ql ${format}\\b`, 'm'));
  });

  it('names no function that is not there', () => {
    const known = `${Object.keys(sluice).join(' ')} ${Object.keys(testing).join(' ')} ${api} structuredClone [Symbol.asyncDispose] context.hooks.NAME`;
    for (const name of marked(page, 'Fn')) assert.ok(known.includes(name), name);
  });

  it('has every function of the kit', () => {
    const lines = section(page, 'THE CONTRACT KIT').join('\n');
    for (const name of Object.keys(testing)) assert.ok(lines.includes(name), name);
  });
});
