import type { JSX } from 'preact';
import type { JourneyShort } from '../api/types';
import type { Data } from '../data';
import { count } from '../format';
import { plural, t } from '../i18n';
import { href } from '../router';
import { Loaded, Quiet, ViewHead } from '../widgets/bits';

export function JourneysView({ journeys }: { journeys: Data<{ journeys: JourneyShort[] }> }): JSX.Element {
  return (
    <>
      <ViewHead title={t('journeys.title')}>{t('journeys.lead')}</ViewHead>
      <Loaded data={journeys}>
        {({ journeys: all }) =>
          all.length === 0 ? (
            <p class="notice">{t('journeys.none')}</p>
          ) : (
            <ul class="journeys">
              {all.map((journey) => (
                <li key={journey.id}>
                  <a class="journey" href={href([journey.id, 'map'])}>
                    <span class="journey-title">{journey.title || journey.id}</span>
                    <span class="journey-stages" aria-hidden="true">
                      {journey.stages.map((stage) => (
                        <span key={stage}>{stage}</span>
                      ))}
                    </span>
                  </a>
                  {journey.description ? <p>{journey.description}</p> : null}
                  <Quiet>
                    {journey.id} · {t('version', { n: journey.version })} ·{' '}
                    {plural('journeys.touchpoints', journey.touchpoints, count(journey.touchpoints))}
                    {journey.owner ? ` · ${journey.owner}` : ''}
                  </Quiet>
                </li>
              ))}
            </ul>
          )
        }
      </Loaded>
    </>
  );
}
