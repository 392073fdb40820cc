// SPDX-License-Identifier: MIT
import { fakeBackend } from '../../src/testing/fake-backend.js';
import { testBackend } from '../../src/testing/backend-kit.js';

const { plugin, engine } = fakeBackend();

// The stand-in is held to the same contract as the engines that it stands in for.
testBackend(plugin, {
  outlivesInstance: true,
  frontend: (index, family, protocol) => ({
    kind: 'address',
    family,
    address: family === 4 ? `192.0.2.${index + 1}` : `2001:db8::${index + 1}`,
    protocol,
    port: 80,
    portLast: 80,
  }),
  member: (index, family) => ({
    address: family === 4 ? `10.0.0.${index + 1}` : `2001:db8:1::${index + 1}`,
    port: 8080,
  }),
  inspect: () => Promise.resolve([...engine.services.keys()].toSorted().join('\n')),
  refuse({ key }) {
    engine.arrange('apply', { kind: 'fail', code: 'EBUSY', keys: [key] });
    return Promise.resolve({ [Symbol.asyncDispose]: () => Promise.resolve() });
  },
  interfere() {
    engine.interfere('somebody emptied the table', (services) => services.clear());
    return Promise.resolve();
  },
});
