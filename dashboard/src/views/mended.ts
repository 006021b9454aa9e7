// What is claimed mended and is no finding any more. Pure.

import type { Finding, FrictionReport } from '../api/types';
import { isFiltered } from './context';

type Kept = FrictionReport['states'][number];

export interface Gone extends Kept {
  signal: string;
  touchpoint: string; ///< empty: of the whole journey
  part: string; ///< empty: of the whole touchpoint
}

/// As states are kept: whatever the version, and with what a part is a part of.
const nameOf = ({ signal, touchpoint, part }: Finding, by: string | null): string =>
  [signal, touchpoint ?? '', ...(part === null ? [] : [`${by}=${part}`])].join(':');

/// Nothing under a filter of the report, for a part of the customers proves nothing mended; and of the list's own choices, a state
/// and a signal hold here too, while a verdict is what these have none of.
export function goneFindings(
  { by, findings, states }: Pick<FrictionReport, 'by' | 'findings' | 'states'>,
  query: Record<string, string>,
): Gone[] {
  if (isFiltered(query) || query['verdict']) return [];
  const found = new Set(findings.map((finding) => nameOf(finding, by)));
  return states
    .filter(({ finding, since_mended }) => since_mended && !found.has(finding))
    .map((one) => {
      const [signal = '', touchpoint = '', ...part] = one.finding.split(':');
      return { ...one, signal, touchpoint, part: part.join(':') };
    })
    .filter(
      ({ signal, state }) =>
        (!query['signal'] || signal === query['signal']) &&
        (!query['state'] || state.state === query['state']),
    );
}
