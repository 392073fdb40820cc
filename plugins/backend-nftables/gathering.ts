// SPDX-License-Identifier: MIT
import {
  NFT_GOTO,
  addressText,
  readElements,
  type HeldElement,
  type NetlinkSocket,
  type TableName,
} from 'sluice/kernel';
import type { AddressFrontend, Family } from 'sluice';
import { frontendOf, serverKeyOf, slotOf } from './keys.js';
import { SLOT_LIMIT, setNames } from './sets.js';

/** All elements of one service as they are found. */
export interface Part {
  frontend: AddressFrontend;
  chain: string | null;
  /** Slots by the map that has them. */
  slots: Map<string, string[]>;
  refused: boolean;
  masqueraded: boolean;
  source: string | null;
}

/** Sorts the elements of all sets by service. */
export class Gathering {
  readonly parts = new Map<string, Part>();
  /** Whether there are elements with keys or data that sluice never writes. */
  unreadable = false;
  readonly #servers = new Map<string, string>();

  /** `slotMaps` are the family's maps of slots. */
  async read(
    socket: NetlinkSocket,
    name: TableName,
    family: Family,
    slotMaps: readonly string[],
  ): Promise<void> {
    const sets = setNames(family);
    const each = async (
      set: string,
      take: (part: Part, element: HeldElement) => boolean,
      keyTailBytes = 0,
    ): Promise<void> => {
      await readElements(socket, name, set, (element) => {
        const key = element.key.subarray(0, element.key.length - keyTailBytes);
        const part = this.#part(key, family);
        if (part === null || !take(part, element)) this.unreadable = true;
      });
    };
    await each(sets.services, (part, { verdict }) => {
      if (verdict?.code !== NFT_GOTO || verdict.chain === undefined) return false;
      part.chain = verdict.chain;
      return true;
    });
    for (const map of slotMaps) {
      const take = (part: Part, { key, data }: HeldElement): boolean => {
        const slot = slotOf(key);
        if (data === undefined || slot >= SLOT_LIMIT) return false;
        let slots = part.slots.get(map);
        if (slots === undefined) part.slots.set(map, (slots = []));
        slots[slot] = this.#server(data);
        return true;
      };
      await each(map, take, 4);
    }
    await each(sets.refused, (part) => {
      part.refused = true;
      return true;
    });
    await each(sets.masqueraded, (part) => {
      part.masqueraded = true;
      return true;
    });
    await each(sets.sources, (part, { data }) => {
      if (data === undefined) return false;
      part.source = addressText(data);
      return true;
    });
  }

  #part(key: Buffer, family: Family): Part | null {
    const id = key.toString('latin1');
    const known = this.parts.get(id);
    if (known !== undefined) return known;
    const frontend = frontendOf(key, family);
    if (frontend === null) return null;
    const part: Part = {
      frontend,
      chain: null,
      slots: new Map(),
      refused: false,
      masqueraded: false,
      source: null,
    };
    this.parts.set(id, part);
    return part;
  }

  /** Server keys repeat in every slot: each text is made once. */
  #server(data: Buffer): string {
    const id = data.toString('latin1');
    let key = this.#servers.get(id);
    if (key === undefined) {
      key = serverKeyOf(data);
      this.#servers.set(id, key);
    }
    return key;
  }
}
