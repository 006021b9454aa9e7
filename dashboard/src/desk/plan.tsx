// The head count: what publishing would do to the customers who are on their way, before it is done.

import type { JSX } from 'preact';
import { count, moment } from '../format';
import { plural, t, word } from '../i18n';
import { DataTable, Num } from '../widgets/bits';
import type { Fate, PlanAnswer, PlanChange, PlanGroup, Sending } from './api';

const fates: Fate[] = ['stays', 'moves', 'unplaced', 'exits', 'opens'];

/// Titles of touchpoints, as far as the draft has them.
export type Titles = ReadonlyMap<string, string>;

const becomes = (group: PlanGroup, titles: Titles): string =>
  t(`plan.becomes.${group.fate}`, {
    version: count(group.to_version ?? 0),
    to: titles.get(group.to ?? '') ?? group.to ?? '',
  });

function Sendings({
  sendings,
  titles,
  loud,
}: {
  sendings: readonly Sending[];
  titles: Titles;
  loud: boolean;
}): JSX.Element {
  const name = loud ? 'plan.sent' : 'plan.withdrawn';
  if (sendings.length === 0) return <p class="quiet">{t(`${name}.none`)}</p>;
  return (
    <div class={`sendings ${loud ? 'loud' : ''}`}>
      <h3>{t(name)}</h3>
      <ul>
        {sendings.map(({ touchpoint, kind, count: n }) => (
          <li key={`${kind} ${touchpoint}`}>
            <strong>{plural(`plan.${kind}`, n, count(n))}</strong> {titles.get(touchpoint) ?? touchpoint}
          </li>
        ))}
      </ul>
    </div>
  );
}

function Change({ change, titles }: { change: PlanChange; titles: Titles }): JSX.Element {
  const shown = fates.filter((fate) => fate === 'stays' || fate === 'moves' || change.counts[fate] > 0);
  return (
    <article class="plan-change">
      {change.published.map(({ version, in_force: since }) => (
        <h3 key={version}>
          {t('plan.version', { journey: change.journey, n: version })}
          <span class="quiet">
            {' '}
            {since ? t('plan.since', { time: moment(since) }) : t('plan.since_ever')}
          </span>
        </h3>
      ))}
      <dl class="plan-counts">
        {shown.map((fate) => (
          <div key={fate} class={fate}>
            <dt>{word('plan.fate', fate)}</dt>
            <dd>{count(change.counts[fate])}</dd>
          </div>
        ))}
      </dl>
      <Sendings sendings={change.sent} titles={titles} loud />
      <Sendings sendings={change.withdrawn} titles={titles} loud={false} />
      {change.instances.length > 0 ? (
        <details>
          <summary>{t('plan.groups')}</summary>
          <DataTable
            caption={t('plan.groups')}
            cols={[t('plan.version_col'), t('plan.position'), `#${t('plan.instances')}`, t('plan.becomes')]}
          >
            {change.instances.map((group, index) => (
              <tr key={index}>
                <td>{group.version ?? '–'}</td>
                <td>{titles.get(group.position ?? '') ?? group.position ?? '–'}</td>
                <Num>{count(group.count)}</Num>
                <td>{becomes(group, titles)}</td>
              </tr>
            ))}
          </DataTable>
        </details>
      ) : null}
    </article>
  );
}

export function Plan({ plan, titles }: { plan: PlanAnswer; titles: Titles }): JSX.Element {
  return (
    <>
      {plan.changes.length === 0 ? <p>{t('plan.nothing')}</p> : null}
      {plan.changes.map((change) => (
        <Change key={change.journey} change={change} titles={titles} />
      ))}
      <p class="quiet">{t('plan.as_of', { time: moment(plan.as_of) })}</p>
    </>
  );
}
