// SPDX-License-Identifier: MIT
import type { CommandContext } from '../context.js';
import { setAdmin, type SetAdminOptions } from '../set-admin.js';

export function enableCommand(context: CommandContext, options: SetAdminOptions): Promise<number> {
  return setAdmin(context, 'enabled', options);
}
