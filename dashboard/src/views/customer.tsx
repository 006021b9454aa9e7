// A customer's page: where they stand, how they came there, and why.

import type { JSX } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { get, type Rights } from '../api/client';
import type { Customer, Instance, Timeline, TimelineItem, Why } from '../api/types';
import { Walk } from '../charts/walk';
import { useData } from '../data';
import { count, duration, moment, plain } from '../format';
import { plural, t, word } from '../i18n';
import { go, href } from '../router';
import { Said, useSentences } from '../say';
import { ContextFacts, DataTable, Loaded, Num, Problem, Quiet, Section, ViewHead } from '../widgets/bits';

function Search({ id }: { id: string | undefined }): JSX.Element {
  const [value, setValue] = useState(id ?? '');
  useEffect(() => setValue(id ?? ''), [id]);
  return (
    <form
      class="search"
      role="search"
      onSubmit={(event) => {
        event.preventDefault();
        if (value.trim()) go(['@customers', value.trim()]);
      }}
    >
      <label for="customer-id">{t('customer.search')}</label>
      <div class="search-row">
        <input
          id="customer-id"
          type="text"
          value={value}
          spellcheck={false}
          autocomplete="off"
          autocapitalize="off"
          placeholder="user_id:4711"
          aria-describedby="customer-help"
          onInput={(event) => setValue(event.currentTarget.value)}
        />
        <button type="submit" class="primary">
          {t('customer.find')}
        </button>
      </div>
      <p id="customer-help" class="quiet">
        {t('customer.search_help')}
      </p>
    </form>
  );
}

const eventsMost = 1000;

/// The moments at which something happened, for the slider; asked once, as known today.
function useMoments(id: string): string[] {
  const [moments, setMoments] = useState<string[]>([]);
  useEffect(() => {
    const abort = new AbortController();
    setMoments([]);
    get<Timeline>(`/customers/${encodeURIComponent(id)}/timeline`, { limit: eventsMost }, abort.signal).then(
      (timeline) => setMoments([...new Set(timeline.items.map(({ at }) => at))].reverse()),
      () => undefined,
    );
    return () => abort.abort();
  }, [id]);
  return moments;
}

function TimeTravel({ id, asOf }: { id: string; asOf: string | undefined }): JSX.Element | null {
  const moments = useMoments(id);
  const [dragged, setDragged] = useState<number | null>(null);
  const wait = useRef(0);
  if (moments.length === 0) return null;
  const last = moments.length;
  const reached = asOf === undefined ? last : Math.max(0, moments.filter((at) => at <= asOf).length - 1);
  const shown = dragged ?? reached;
  const choose = (index: number): void => {
    setDragged(index);
    clearTimeout(wait.current);
    wait.current = window.setTimeout(() => {
      setDragged(null);
      go(['@customers', id], { as_of: index === last ? undefined : moments[index] }, true);
    }, 250);
  };
  const text = shown === last ? t('travel.now') : moment(moments[shown]!);
  return (
    <div class="travel">
      <label for="travel">{t('travel.title')}</label>
      <input
        id="travel"
        type="range"
        min="0"
        max={last}
        step="1"
        value={shown}
        aria-valuetext={text}
        onInput={(event) => choose(Number(event.currentTarget.value))}
      />
      <output for="travel">{text}</output>
      {shown !== last ? (
        <button type="button" onClick={() => choose(last)}>
          {t('travel.back')}
        </button>
      ) : null}
    </div>
  );
}

function InstanceCard({
  instance,
  asOf,
  customer,
}: {
  instance: Instance;
  asOf: string;
  customer: string;
}): JSX.Element {
  const position = instance.position;
  return (
    <article class="card instance">
      <h3>
        {instance.title || instance.journey}{' '}
        <span class={`status ${instance.status}`}>{word('status', instance.status)}</span>
      </h3>
      <Quiet>
        {[
          t('version', { n: instance.version }),
          instance.key === null ? '' : String(instance.key),
          t('customer.opened', { time: moment(instance.opened) }),
        ]
          .filter(Boolean)
          .join(' · ')}
        {instance.outcome ? ` · ${t('customer.outcome', { outcome: instance.outcome })}` : ''}
      </Quiet>
      {position ? (
        <p class="position">
          {t('customer.stands', { title: position.title, time: moment(position.since) })}
          {position.channel ? ` ${t('customer.by', { channel: position.channel })}` : ''}
          {position.promised_by ? ` ${t('customer.promised', { time: moment(position.promised_by) })}` : ''}
        </p>
      ) : null}
      <div class="walk-scroll" tabIndex={0} role="group" aria-label={t('walk.title')}>
        <Walk instance={instance} asOf={asOf} />
      </div>
      <div class="columns">
        <div>
          <h4>{t('customer.context')}</h4>
          <ContextFacts
            context={instance.context}
            more={instance.value !== null ? [[t('customer.value'), plain(instance.value)]] : []}
          />
        </div>
        <div>
          <h4>{t('customer.promises')}</h4>
          {instance.promises.length === 0 ? (
            <Quiet>–</Quiet>
          ) : (
            <ul>
              {instance.promises.map((promise) => (
                <li key={promise.name + promise.made}>
                  <span class={`promise-word ${promise.status}`}>
                    {word('promise.status', promise.status)}
                  </span>{' '}
                  {promise.name}
                  {promise.due ? <span class="quiet"> · {moment(promise.due)}</span> : null}
                </li>
              ))}
            </ul>
          )}
          <h4>{t('customer.next')}</h4>
          {instance.open.length === 0 ? (
            <Quiet>–</Quiet>
          ) : (
            <ul>
              {instance.open.map((open, index) => (
                <li key={index}>
                  {open.title ?? open.to}
                  {open.due ? (
                    <span class="quiet"> · {moment(open.due)}</span>
                  ) : open.on.length ? (
                    <span class="quiet"> · {open.on.join(', ')}</span>
                  ) : null}
                </li>
              ))}
            </ul>
          )}
        </div>
        <div>
          <h4>{t('customer.effects')}</h4>
          {instance.effects.length === 0 ? (
            <Quiet>–</Quiet>
          ) : (
            <ul>
              {instance.effects.map((effect) => (
                <li key={effect.touchpoint + effect.due}>
                  <a
                    href={href(['@customers', customer], {
                      why: effect.touchpoint,
                      journey: instance.journey,
                    })}
                  >
                    {effect.title || effect.touchpoint}
                  </a>{' '}
                  <span class="quiet">
                    {word('effect', effect.status)} · {moment(effect.due)}
                  </span>
                </li>
              ))}
            </ul>
          )}
        </div>
      </div>
      <details>
        <summary>{t('customer.stays')}</summary>
        <DataTable
          caption={t('customer.stays')}
          cols={[
            t('touchpoint'),
            t('channel'),
            t('customer.entered'),
            `#${t('customer.stayed')}`,
            t('split.cause'),
            t('feedback.title'),
          ]}
        >
          {instance.stays.map((stay) => (
            <tr key={stay.entered + stay.touchpoint}>
              <th scope="row">{stay.title || stay.touchpoint}</th>
              <td>{stay.channel ?? '–'}</td>
              <td>{moment(stay.entered)}</td>
              <Num>{duration((Date.parse(stay.left ?? asOf) - Date.parse(stay.entered)) / 1000)}</Num>
              <td>{word('cause', stay.cause)}</td>
              <td>
                {stay.feedback.map((found) => (
                  <span key={found.at} class="block">
                    {word('scale.short', found.scale)} {found.score}{' '}
                    {found.comment ? <q>{found.comment}</q> : null}
                  </span>
                ))}
              </td>
            </tr>
          ))}
        </DataTable>
      </details>
    </article>
  );
}

function WhyPart({
  id,
  query,
  instances,
}: {
  id: string;
  query: Record<string, string>;
  instances: Instance[];
}): JSX.Element {
  const asked = query['why'];
  const places = useMemo(() => {
    const known = new Map<string, string>();
    for (const instance of instances) {
      for (const stay of instance.stays) known.set(stay.touchpoint, stay.title);
      for (const effect of instance.effects) known.set(effect.touchpoint, effect.title);
      for (const open of instance.open) if (open.title) known.set(open.to, open.title);
    }
    return [...known].sort((a, b) => a[1].localeCompare(b[1]));
  }, [instances]);
  const sentences = useSentences();
  const [value, setValue] = useState(asked ?? '');
  useEffect(() => setValue(asked ?? ''), [asked]);
  const why = useData<Why>(asked ? `/customers/${encodeURIComponent(id)}/why` : null, {
    touchpoint: asked,
    journey: query['journey'],
    as_of: query['as_of'],
  });
  return (
    <>
      <form
        class="search-row"
        onSubmit={(event) => {
          event.preventDefault();
          if (value.trim()) go(['@customers', id], { ...query, why: value.trim(), journey: undefined });
        }}
      >
        <label for="why-touchpoint" class="inline">
          {t('why.of')}
        </label>
        <input
          id="why-touchpoint"
          list="why-places"
          type="text"
          value={value}
          spellcheck={false}
          autocomplete="off"
          onInput={(event) => setValue(event.currentTarget.value)}
        />
        <datalist id="why-places">
          {places.map(([place, title]) => (
            <option key={place} value={place}>
              {title}
            </option>
          ))}
        </datalist>
        <button type="submit">{t('why.ask')}</button>
      </form>
      {asked ? (
        <Loaded data={why}>
          {(found) => (
            <div class="card why" role="status">
              <p class="why-outcome">{word('outcome', found.outcome)}</p>
              <p>
                <Said phrase={found.phrase} text={found.sentence} sentences={sentences} />
              </p>
              <ol class="chain">
                {found.items.map((item, index) => (
                  <li key={index}>
                    <time dateTime={item.at}>{moment(item.at)}</time>
                    <span class="quiet">{item.event ?? t('why.time')}</span>
                    <Said phrase={item.phrase} text={item.text} sentences={sentences} />
                  </li>
                ))}
              </ol>
            </div>
          )}
        </Loaded>
      ) : null}
    </>
  );
}

function TimelinePart({ id, asOf }: { id: string; asOf: string | undefined }): JSX.Element {
  const first = useData<Timeline>(`/customers/${encodeURIComponent(id)}/timeline`, {
    as_of: asOf,
    limit: 200,
  });
  const sentences = useSentences();
  const [older, setOlder] = useState<{ items: TimelineItem[]; next: number | null } | null>(null);
  useEffect(() => setOlder(null), [first.value]);
  return (
    <Loaded data={first}>
      {(timeline) => {
        const items = [...timeline.items, ...(older?.items ?? [])];
        const next = older ? older.next : timeline.next;
        const groups: { at: string; items: TimelineItem[] }[] = [];
        for (const item of items) {
          if (groups.at(-1)?.at === item.at) groups.at(-1)!.items.unshift(item);
          else groups.push({ at: item.at, items: [item] });
        }
        return (
          <>
            <ol class="timeline">
              {groups.map((group) => (
                <li key={`${group.at}${group.items[0]!.number}`}>
                  <time dateTime={group.at}>{moment(group.at)}</time>
                  <ul>
                    {group.items.map((item) => (
                      <li key={item.number} class={`tl ${item.kind}`}>
                        <Said phrase={item.phrase} text={item.text} sentences={sentences} />
                      </li>
                    ))}
                  </ul>
                </li>
              ))}
            </ol>
            {next !== null ? (
              <button
                type="button"
                onClick={() => {
                  void get<Timeline>(`/customers/${encodeURIComponent(id)}/timeline`, {
                    as_of: timeline.as_of,
                    known_at: timeline.known_at,
                    limit: 200,
                    before: next,
                  }).then((more) =>
                    setOlder({ items: [...(older?.items ?? []), ...more.items], next: more.next }),
                  );
                }}
              >
                {t('customer.older')}
              </button>
            ) : null}
          </>
        );
      }}
    </Loaded>
  );
}

export function CustomerView({
  id,
  query,
  rights,
}: {
  id: string | undefined;
  query: Record<string, string>;
  rights: Rights;
}): JSX.Element {
  const customer = useData<Customer>(id && rights.customers ? `/customers/${encodeURIComponent(id)}` : null, {
    as_of: query['as_of'],
  });
  if (!rights.customers) return <p class="notice">{t('error.forbidden')}</p>;
  const several = customer.error?.status === 409;
  return (
    <>
      <ViewHead title={id ?? t('nav.customers')} />
      <Search id={id} />
      {id ? <TimeTravel id={id} asOf={query['as_of']} /> : null}
      {id === undefined ? null : several ? (
        <div class="notice" role="alert">
          <p>{t('customer.several')}</p>
          <p lang="en">{customer.error!.detail}</p>
        </div>
      ) : customer.error?.status === 404 ? (
        <p class="notice" role="alert">
          {t('customer.nobody')}
        </p>
      ) : customer.error ? (
        <Problem error={customer.error} retry={customer.reload} />
      ) : (
        <Loaded data={customer}>
          {(value) => (
            <>
              <div class="card who">
                <dl class="facts">
                  <div>
                    <dt>{t('customer.known_as')}</dt>
                    <dd>
                      {value.identifiers.map(({ namespace, value: text }) => (
                        <span key={namespace + text} class="identifier">
                          {namespace}: {text}
                        </span>
                      ))}
                    </dd>
                  </div>
                  {Object.entries(value.traits).map(([name, text]) => (
                    <div key={name}>
                      <dt>{name}</dt>
                      <dd>{plain(text)}</dd>
                    </div>
                  ))}
                  <div>
                    <dt>{t('customer.events')}</dt>
                    <dd>
                      {count(value.events)}
                      {value.last_event ? ` · ${t('customer.last', { time: moment(value.last_event) })}` : ''}
                    </dd>
                  </div>
                  {value.consents.map((consent) => (
                    <div key={consent.purpose + consent.channel}>
                      <dt>{t('customer.consent', { purpose: consent.purpose || t('all') })}</dt>
                      <dd>
                        {t(consent.given ? 'customer.given' : 'customer.withdrawn')}
                        {consent.channel ? ` (${consent.channel})` : ''} · {moment(consent.since)}
                      </dd>
                    </div>
                  ))}
                </dl>
              </div>
              <section class="section" aria-labelledby="instances">
                <h2 id="instances">
                  {plural('customer.journeys', value.instances.length, count(value.instances.length))}
                </h2>
                {value.instances.length === 0 ? (
                  <Quiet>{t('customer.none_then')}</Quiet>
                ) : (
                  [...value.instances]
                    .reverse()
                    .map((instance) => (
                      <InstanceCard
                        key={`${instance.journey}${instance.opened}`}
                        instance={instance}
                        asOf={value.as_of}
                        customer={id}
                      />
                    ))
                )}
              </section>
              <Section title={t('why.title')} what={t('why.what')}>
                <WhyPart id={id} query={query} instances={value.instances} />
              </Section>
              <Section title={t('customer.timeline')} what={t('customer.timeline.what')}>
                <TimelinePart id={id} asOf={query['as_of']} />
              </Section>
            </>
          )}
        </Loaded>
      )}
    </>
  );
}
