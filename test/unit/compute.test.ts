// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { computeService, type EndpointView } from '../../src/desired/compute.js';
import type { Service } from '../../src/model.js';
import { serverKey, type VirtualService } from '../../src/virtual-service.js';
import {
  DOWN,
  DRAINING,
  UNKNOWN,
  UP,
  endpoint,
  listen,
  server,
  service,
  views,
  virtualService,
} from '../support/desired.js';

const SLOTS = { slots: true, draining: false };
const WEIGHTS = { slots: false, draining: true };

function compute(
  config: Service,
  byMember: Readonly<Record<string, EndpointView>> = {},
  held?: VirtualService,
  engine = WEIGHTS,
): VirtualService[] {
  return computeService(config, views(byMember), (key) => (held?.key === key ? held : undefined), engine);
}

function keys(computed: readonly VirtualService[]): string[][] {
  return computed.map((each) => each.members.map(serverKey));
}

const A = '10.0.0.1:8080';
const B = '10.0.0.2:8080';
const held = virtualService([server('10.0.0.1', { port: 8080 }), server('10.0.0.2', { port: 8080 })]);

describe('desired members', () => {
  it('are those that are up', () => {
    assert.deepEqual(keys(compute(service())), [[A, B]]);
    assert.deepEqual(keys(compute(service(), { a: DOWN })), [[B]]);
  });

  it('wait for a first pass unless the kernel already holds them', () => {
    const unknown = { a: UNKNOWN, b: UNKNOWN };
    assert.deepEqual(keys(compute(service(), unknown)), [[]]);
    assert.deepEqual(keys(compute(service(), unknown, held)), [[A, B]]);
    const draining = virtualService([server('10.0.0.1', { port: 8080, state: 'draining', weight: 0 })]);
    assert.deepEqual(keys(compute(service(), unknown, draining)), [[]]);
  });

  it('leave when an operator takes them out; an engine that can keeps draining ones with weight 0', () => {
    const drained = compute(service(), { a: DRAINING }, held);
    assert.deepEqual(
      drained[0]!.members.map(({ state, weight }) => [state, weight]),
      [
        ['draining', 0],
        ['active', 1],
      ],
    );
    assert.deepEqual(keys(compute(service(), { a: DRAINING }, held, SLOTS)), [[B]]);
    assert.deepEqual(keys(compute(service(), { a: { ...UP, weight: 0 } }, held)), [[A, B]]);
    assert.deepEqual(keys(compute(service(), { a: { ...DRAINING, state: 'down' } }, held)), [[B]]);
    assert.deepEqual(keys(compute(service(), { a: { ...UP, admin: 'disabled' } }, held)), [[B]]);
    // Nobody is connected to a member that was never held.
    assert.deepEqual(keys(compute(service(), { a: DRAINING })), [[B]]);
  });

  it('carry the effective weight and the name of the endpoint', () => {
    const [computed] = compute(service(), { a: { ...UP, weight: 3 } });
    assert.deepEqual(computed!.members[0], {
      address: '10.0.0.1',
      port: 8080,
      weight: 3,
      state: 'active',
      endpoint: 'shop/http/a',
    });
  });

  it('are reached by the address of the listen’s family, or by the only one there is', () => {
    const both = endpoint('a', { addresses: { 4: '10.0.0.1', 6: '2001:db8::1' } });
    const only4 = endpoint('b');
    const only6 = endpoint('c', { addresses: { 6: '2001:db8::3' } });
    const unresolved = endpoint('d', { addresses: {} });
    const config = service({
      listens: [listen('192.0.2.10'), listen('2001:db8::10')],
      endpoints: [both, only4, only6, unresolved],
    });
    assert.deepEqual(keys(compute(config)), [
      [A, B, '[2001:db8::3]:8080'],
      [B, '[2001:db8::1]:8080', '[2001:db8::3]:8080'],
    ]);
  });

  it('keep the port listened on when the service has none of its own', () => {
    const config = service({
      port: null,
      listens: [listen('192.0.2.10', 80), listen('192.0.2.10', 443), listen('192.0.2.11', 5000, 5100)],
      endpoints: [endpoint('a', { port: null })],
    });
    assert.deepEqual(keys(compute(config)), [['10.0.0.1:80'], ['10.0.0.1:443'], ['10.0.0.1:0']]);
  });

  it('that are one address and port to the engine are one member with both shares', () => {
    const twins = service({ endpoints: [endpoint('a'), endpoint('b', { addresses: { 4: '10.0.0.1' } })] });
    const [computed] = compute(twins, { a: { ...UP, weight: 2 } });
    assert.deepEqual(
      computed!.members.map(({ endpoint, weight }) => [endpoint, weight]),
      [['shop/http/a', 3]],
    );
    const [draining] = compute(twins, { a: DRAINING }, held);
    assert.deepEqual(
      draining!.members.map(({ endpoint, state, weight }) => [endpoint, state, weight]),
      [['shop/http/b', 'active', 1]],
    );
    assert.equal(compute(twins, { a: DRAINING, b: DRAINING }, held)[0]!.members[0]!.state, 'draining');
  });
});

describe('when nobody is left', () => {
  const none = { a: DOWN, b: DOWN };

  it('new connections are refused', () => {
    const [computed] = compute(service(), none, held, SLOTS);
    assert.deepEqual(computed!.members, []);
    assert.deepEqual(computed!.slots, []);
  });

  it('the fallback is the only member, and gives way to the first that returns', () => {
    const config = service({
      onAllDown: 'fallback',
      fallback: { family: 4, address: '10.9.9.9', port: 8081 },
    });
    const [alone] = compute(config, none, held, SLOTS);
    assert.deepEqual(
      alone!.members.map(({ address, endpoint }) => [address, endpoint]),
      [['10.9.9.9', 'shop/http/(fallback)']],
    );
    assert.deepEqual(new Set(alone!.slots), new Set(['10.9.9.9:8081']));
    const [back] = compute(config, { a: DOWN }, alone, SLOTS);
    assert.deepEqual(keys([back!]), [[B]]);
    assert.equal(back!.slots!.length, alone!.slots!.length);
  });

  it('a fallback serves a service whose members are all disabled', () => {
    const config = service({
      onAllDown: 'fallback',
      fallback: { family: 4, address: '10.9.9.9', port: 8081 },
      endpoints: [endpoint('a', { admin: 'disabled' })],
    });
    const [computed] = compute(config, { a: { ...UP, admin: 'disabled' } }, undefined, SLOTS);
    assert.deepEqual(computed!.slots, ['10.9.9.9:8081']);
  });

  it('hold keeps those that were held, but not those that an operator took out', () => {
    const config = service({ onAllDown: 'hold' });
    assert.deepEqual(keys(compute(config, none, held)), [[A, B]]);
    assert.deepEqual(keys(compute(config, { ...none, a: { ...DOWN, admin: 'disabled' } }, held)), [[B]]);
    assert.deepEqual(keys(compute(config, none)), [[]]);
  });
});

describe('desired slots', () => {
  it('are null for engines that take weights', () => {
    assert.equal(compute(service())[0]!.slots, null);
  });

  it('keep their number when a member fails, and only those of the dead move', () => {
    const four = service({ endpoints: ['a', 'b', 'c', 'd'].map((name) => endpoint(name)) });
    const [all] = compute(four, {}, undefined, SLOTS);
    assert.equal(all!.slots!.length, 12);
    const [three] = compute(four, { b: DOWN }, all, SLOTS);
    all!.slots!.forEach((key, slot) => {
      if (key === B) assert.notEqual(three!.slots![slot], B);
      else assert.equal(three!.slots![slot], key);
    });
    const [again] = compute(four, {}, three, SLOTS);
    assert.deepEqual(again!.slots, all!.slots);
  });

  it('are finer while a weight differs from the configured one', () => {
    const [computed] = compute(service(), { a: { ...UP, weight: 0.5 } }, undefined, SLOTS);
    assert.equal(computed!.slots!.length, 120);
    assert.equal(computed!.slots!.filter((key) => key === A).length, 40);
  });

  it('of a source hash are of a size that holds when members are added', () => {
    const hash = { scheduler: { name: 'source-hash', flags: [] } };
    const [computed] = compute(service(hash), {}, undefined, SLOTS);
    assert.equal(computed!.slots!.length, 120);
  });
});

describe('desired frontends', () => {
  it('leave out listens on interfaces, whose addresses are not known here', () => {
    const config = service({ listens: [{ ...listen('192.0.2.10'), address: '', interface: 'eth0' }] });
    assert.deepEqual(compute(config), []);
  });

  it('of a mark are one per family, with the traffic that sluice marks', () => {
    const marked = service({
      fwmark: { mark: 7, mask: 0xff },
      listens: [listen('192.0.2.20', 80), listen('192.0.2.20', 443)],
      endpoints: [endpoint('a', { port: null })],
    });
    const [computed, ...rest] = compute(marked);
    assert.deepEqual(rest, []);
    assert.equal(computed!.key, 'fwmark 7&0xff/4');
    assert.deepEqual(
      computed!.frontend.kind === 'mark' && computed!.frontend.marks.map((mark) => mark.port),
      [80, 443],
    );
    assert.deepEqual(keys([computed!]), [['10.0.0.1:0']]);
  });

  it('of a mark that others set follow the families of the members', () => {
    const marked = service({
      fwmark: { mark: 7, mask: 0xffffffff },
      listens: [],
      endpoints: [endpoint('a', { addresses: { 4: '10.0.0.1', 6: '2001:db8::1' } })],
    });
    assert.deepEqual(
      compute(marked).map((each) => each.key),
      ['fwmark 7/4', 'fwmark 7/6'],
    );
  });
});
