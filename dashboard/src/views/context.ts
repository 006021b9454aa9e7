// What every view of a journey is given.

import type { Journey } from '../api/types';
import type { Params, Rights } from '../api/client';
import { resolveTime } from '../format';

export interface ViewProps {
  journey: Journey;
  query: Record<string, string>;
  id: string | undefined; ///< what follows the view's name in the address
  rights: Rights;
  latest: string | undefined; ///< the latest event's time; there may be none
  reload: () => void; ///< reads the journey anew, after it was published
}

export const quoted = (text: string): string => `"${text.replace(/[\\"]/g, '\\$&')}"`;

/// The filter `where`, with the channel that was chosen beside it.
export function whereOf(query: Record<string, string>): string | undefined {
  const parts = [query['where'], query['channel'] ? `channel == ${quoted(query['channel'])}` : ''].filter(
    Boolean,
  ) as string[];
  return parts.length > 1 ? parts.map((part) => `(${part})`).join(' && ') : parts[0];
}

export const isFiltered = (query: Record<string, string>): boolean =>
  ['from', 'to', 'where', 'channel'].some((name) => Boolean(query[name]));

/// The parameters of the friction report and its explanations.
export function reportParams(
  journey: string,
  query: Record<string, string>,
  latest: string | undefined,
): Params {
  const base = query['as_of'] ?? latest;
  return {
    journey,
    from: resolveTime(query['from'], base),
    to: resolveTime(query['to'], base),
    as_of: query['as_of'],
    where: whereOf(query),
    baseline: query['baseline'],
  };
}
