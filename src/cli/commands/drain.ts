// SPDX-License-Identifier: MIT
import type { CommandContext } from '../context.js';
import { setAdmin, type SetAdminOptions } from '../set-admin.js';

export function drainCommand(context: CommandContext, options: SetAdminOptions): Promise<number> {
  return setAdmin(context, 'drain', options);
}
