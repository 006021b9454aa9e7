// The draft as a map: what is declared, without figures. A touchpoint that is pressed leads to its lines.

import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import type { Journey } from '../api/types';
import { t } from '../i18n';
import { MapCanvas } from '../map/canvas';
import { Tally } from '../map/live';
import { modelOf } from '../map/model';

const nothing = new Tally();
const show = { deviations: false, unused: true };
const quiet = (): void => undefined;
const none: [] = [];
const anywhere = {};

export function DraftMap({
  journey,
  stale,
  marked,
  onPick,
}: {
  journey: Journey | null;
  stale: boolean; ///< the draft has errors: it is the map of the last text that had none
  marked: string | undefined;
  onPick: (id: string) => void;
}): JSX.Element {
  const model = useMemo(() => journey && modelOf(journey, null, null, false), [journey]);
  const picked = (event: MouseEvent): void => {
    const card = (event.target as Element).closest<HTMLElement>('.tp');
    if (!card || event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    onPick(card.dataset['id']!);
  };
  return (
    <section class={`draft-map ${stale ? 'dimmed' : ''}`} aria-label={t('desk.map')}>
      <p class="draft-map-note">
        {!journey ? t('desk.map_none') : stale ? t('desk.map_stale') : t('desk.map_note')}
      </p>
      {journey && model ? (
        <div onClick={picked}>
          <MapCanvas
            journey={journey}
            model={model}
            worse={none}
            query={anywhere}
            tally={nothing}
            beat={0}
            show={show}
            onReady={quiet}
            bare
            marked={marked}
          />
        </div>
      ) : null}
    </section>
  );
}
