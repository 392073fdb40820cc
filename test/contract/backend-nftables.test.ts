// SPDX-License-Identifier: MIT
import plugin from '../../plugins/backend-nftables/index.js';
import { testBackend } from '../../src/testing/backend-kit.js';
import { missing } from '../needs.js';
import { succeed } from '../support/execute.js';
import { enterNamespace } from '../kernel/namespace.js';

await enterNamespace(import.meta.url);

const nft = (...args: readonly string[]): Promise<string> => succeed('nft', args);
const reason = missing('namespaces') ?? missing('nft') ?? missing('koffi');

testBackend(plugin, {
  ...(reason === null ? {} : { skip: `left out: ${reason}` }),
  outlivesInstance: true,
  frontend: (index, family, protocol) => {
    const address = family === 4 ? `192.0.2.${index + 1}` : `2001:db8::${(index + 1).toString(16)}`;
    const port = protocol === 'tcp' ? 80 : 53;
    return { kind: 'address', family, address, protocol, port, portLast: port };
  },
  member: (index, family) => ({
    address: family === 4 ? `10.0.0.${index + 1}` : `2001:db8:1::${(index + 1).toString(16)}`,
    port: 8000 + index,
  }),
  inspect: () => nft('list', 'ruleset'),
  foreign: async () => {
    await succeed('nft', ['-f', '-'], {
      input: `
        table inet theirs {
          set numbers { type inet_service; elements = { 80, 443 }; }
          chain c { type nat hook prerouting priority -100; }
        }
        table ip sluice { }`,
    });
    const look = async (): Promise<string> =>
      (await nft('list', 'table', 'inet', 'theirs')) + (await nft('list', 'table', 'ip', 'sluice'));
    return {
      look,
      [Symbol.asyncDispose]: async () => {
        await nft('delete', 'table', 'inet', 'theirs');
        await nft('delete', 'table', 'ip', 'sluice');
      },
    };
  },
  interfere: async () => {
    await nft('flush', 'map', 'inet', 'sluice', 'slots4');
  },
});
