// The living journey map: planned beside actual, as it happens.

import type { JSX } from 'preact';
import { useCallback, useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { follow } from '../api/changes';
import type { FrictionReport, Incident, IncidentReport, JourneyMap, Move } from '../api/types';
import { useData } from '../data';
import { count, estimate, percent } from '../format';
import { plural, t, type Key } from '../i18n';
import { findingHref, touchpointHref, viewHref } from '../links';
import { MapCanvas } from '../map/canvas';
import { Tally } from '../map/live';
import { modelOf } from '../map/model';
import { Outline } from '../map/outline';
import { go } from '../router';
import { findingHeadline, incidentSentence } from '../sentences';
import { Problem } from '../widgets/bits';
import { VerdictMark } from '../widgets/glyphs';
import { Filters } from './filters';
import { isFiltered, reportParams, type ViewProps } from './context';

/// Numbers change so often; dots fly in between.
const beatEvery = 250;
/// Counts go on by themselves; shares and verdicts are computed by the server, and read anew when it is quiet.
const rereadAfter = 20000;

type Live = 'off' | 'on' | 'waiting';

/// Follows the journey's changes into `tally`; `beat` grows when there is something new to show.
function useLive(
  journey: string,
  wanted: boolean,
  reread: () => void,
): {
  tally: Tally;
  beat: number;
  state: Live;
  onReady: (draw: ((move: Move) => void) | null) => void;
} {
  const tally = useRef(new Tally()).current;
  const draw = useRef<((move: Move) => void) | null>(null);
  const [beat, setBeat] = useState(0);
  const [state, setState] = useState<Live>('off');
  const again = useRef(reread);
  again.current = reread;
  useEffect(() => {
    tally.clear();
    if (!wanted) {
      setState('off');
      return undefined;
    }
    setState('waiting');
    let dirty = 0;
    let stale = 0;
    const stop = follow(journey, {
      connected: (now) => setState(now ? 'on' : 'waiting'),
      moved: (move) => {
        tally.add(move);
        ++dirty;
        draw.current?.(move);
      },
      incident: () => {
        stale = 1;
      },
      restarted: () => again.current(),
    });
    const pulse = setInterval(() => {
      if (dirty === 0 || document.hidden) return;
      stale = stale || Date.now();
      dirty = 0;
      setBeat((before) => before + 1);
    }, beatEvery);
    const refresh = setInterval(() => {
      if (stale === 0 || document.hidden) return;
      stale = 0;
      again.current();
    }, rereadAfter);
    return () => {
      stop();
      clearInterval(pulse);
      clearInterval(refresh);
    };
  }, [journey, wanted]);
  const onReady = useCallback((next: ((move: Move) => void) | null) => {
    draw.current = next;
  }, []);
  return { tally, beat, state, onReady };
}

export function MapView({ journey, query, latest }: ViewProps): JSX.Element {
  const params = reportParams(journey.id, query, latest);
  const filtered = isFiltered(query);
  const counted = useData<JourneyMap>(`/journeys/${encodeURIComponent(journey.id)}/map`, {
    format: 'json',
    deviations: true,
    version: journey.version,
    as_of: query['as_of'],
  });
  const report = useData<FrictionReport>('/reports/friction', { ...params, by: 'channel', brief: true });
  const incidents = useData<IncidentReport>('/reports/incidents', {
    journey: journey.id,
    as_of: query['as_of'],
  });
  const worse = incidents.value?.incidents.filter((incident) => incident.closed === null) ?? [];
  const live = useLive(journey.id, !query['as_of'] && !filtered, () => {
    counted.reload();
    incidents.reload();
    report.reload();
  });
  // A new answer holds what was tallied since the last one.
  const lastAnswer = useRef<JourneyMap | null>(null);
  if (counted.value && counted.value !== lastAnswer.current) {
    lastAnswer.current = counted.value;
    live.tally.clear();
  }
  const model = useMemo(
    () => modelOf(journey, counted.value, report.value, filtered),
    [journey, counted.value, report.value, filtered],
  );
  const narrow = innerWidth < 700;
  const asTable = query['view'] ? query['view'] === 'table' : narrow;
  const show = { deviations: query['deviations'] !== '0', unused: query['unused'] !== '0' };
  const known = counted.value !== null || report.value !== null;
  const toggle = (name: string, on: boolean): void =>
    go([journey.id, 'map'], { ...query, [name]: on ? '' : '0' }, true);
  const failed = counted.error ?? report.error;
  return (
    <>
      <div class="view-head">
        <h1>{journey.title || journey.id}</h1>
        <Headline report={report.value} journey={journey.id} query={query} />
      </div>
      <div class="bar">
        <Filters
          journey={journey}
          parts={[journey.id, 'map']}
          query={query}
          latest={report.value?.as_of ?? latest}
          use={{ period: true, channel: true, where: true, asOf: true }}
        />
      </div>
      {failed ? (
        <Problem
          error={failed}
          retry={() => {
            counted.reload();
            report.reload();
          }}
        />
      ) : null}
      <div class="map-switches">
        <div class="segmented" role="group" aria-label={t('map.shown_as')}>
          <button
            type="button"
            aria-pressed={!asTable}
            onClick={() => go([journey.id, 'map'], { ...query, view: narrow ? 'map' : '' }, true)}
          >
            {t('map.as_map')}
          </button>
          <button
            type="button"
            aria-pressed={asTable}
            onClick={() => go([journey.id, 'map'], { ...query, view: 'table' }, true)}
          >
            {t('map.as_table')}
          </button>
        </div>
        {asTable ? null : (
          <>
            <label class="check">
              <input
                type="checkbox"
                checked={show.deviations}
                onChange={(event) => toggle('deviations', event.currentTarget.checked)}
              />
              <svg class="key-line" viewBox="0 0 28 8" aria-hidden="true">
                <path class="flow deviation" d="M0 4H28" stroke-width="3" />
              </svg>
              {t('map.deviations')}
            </label>
            <label class="check">
              <input
                type="checkbox"
                checked={show.unused}
                onChange={(event) => toggle('unused', event.currentTarget.checked)}
              />
              <svg class="key-line" viewBox="0 0 28 8" aria-hidden="true">
                <path class="flow unused" d="M0 4H28" stroke-width="1.4" />
              </svg>
              {t('map.unused')}
            </label>
          </>
        )}
        <p class={`live ${live.state}`}>
          <span class="live-dot" aria-hidden="true" />
          <span role="status">{t(`live.${live.state}`)}</span>
          {live.tally.moves > 0 ? (
            <span class="quiet"> {plural('live.moves', live.tally.moves, count(live.tally.moves))}</span>
          ) : null}
        </p>
      </div>
      {asTable ? (
        <Outline journey={journey} model={model} query={query} tally={live.tally} />
      ) : (
        <MapCanvas
          journey={journey}
          model={model}
          worse={worse}
          query={query}
          tally={live.tally}
          beat={live.beat}
          show={known ? show : { deviations: false, unused: false }}
          onReady={live.onReady}
        />
      )}
      {asTable ? null : <HowToRead />}
      <TopFindings report={report.value} worse={worse} journey={journey.id} query={query} />
    </>
  );
}

/// What the whole comes to, in one sentence.
function Headline({
  report,
  journey,
  query,
}: {
  report: FrictionReport | null;
  journey: string;
  query: Record<string, string>;
}): JSX.Element {
  if (!report) return <p class="headline quiet">{t('loading')}</p>;
  const { currencies } = report;
  return (
    <p class="headline">
      {t('headline.customers', {
        customers: count(report.customers),
        achieved: count(report.achieved),
        share: percent(report.instances ? report.achieved / report.instances : 0),
      })}{' '}
      {currencies.customers_lost > 0 ? (
        <a class="bad" href={viewHref(journey, 'findings', query)}>
          {t('headline.lost', {
            lost: estimate(currencies.customers_lost),
            low: estimate(currencies.customers_lost_low),
          })}
        </a>
      ) : (
        t('headline.nothing')
      )}
      {currencies.unhappy > 0
        ? ` ${t('headline.unhappy', { n: estimate(currencies.unhappy), low: estimate(currencies.unhappy_low) })}`
        : ''}
    </p>
  );
}

/// The signs of the map, each beside what it says. Few, for most stands on the map itself.
function HowToRead(): JSX.Element {
  const signs: [Key, JSX.Element][] = [
    [
      'map.how.flow',
      <>
        <path class="flow" d="M2 12C22 12 26 8 50 8" stroke-width="11" />
        <path class="flow backward" d="M2 27H50" stroke-width="4" />
      </>,
    ],
    [
      'map.how.leak',
      <>
        <path class="leak-key" d="M5 3h8c0 14-2 22-4 25-2-3-4-11-4-25z" />
        <path class="leak-key suspected" d="M22 3h8c0 14-2 22-4 25-2-3-4-11-4-25z" />
        <path class="leak-key inconclusive" d="M39 3h8c0 14-2 22-4 25-2-3-4-11-4-25z" />
      </>,
    ],
    [
      'map.how.port',
      <>
        <path class="jagged" d="M26 5l4 4-8 4 8 4-8 4 8 4-4 3" />
        <circle class="port" cx="26" cy="5" r="4" />
        <circle class="port" cx="26" cy="28" r="6" />
      </>,
    ],
    [
      'map.how.bar',
      <>
        <rect class="stay" x="2" y="13" width="30" height="8" />
        <rect class="open-key" x="33" y="13" width="7" height="8" />
        <rect class="stay dropped" x="41" y="13" width="9" height="8" />
      </>,
    ],
    [
      'map.how.truth',
      <>
        <rect class="truth-key" x="3" y="4" width="46" height="26" rx="5" />
        <rect class="truth-key" x="7" y="8" width="38" height="18" rx="3" />
      </>,
    ],
    [
      'map.how.emotion',
      <>
        <rect class="emotion-band" x="2" y="9" width="48" height="13" />
        <path class="emotion-line" d="M2 16H50" />
        <circle class="emotion-dot" cx="26" cy="16" r="4" />
      </>,
    ],
  ];
  return (
    <details class="section">
      <summary>{t('map.how')}</summary>
      <ul class="how">
        {signs.map(([key, sign]) => (
          <li key={key}>
            <svg viewBox="0 0 52 34" aria-hidden="true">
              {sign}
            </svg>
            {t(key)}
          </li>
        ))}
      </ul>
    </details>
  );
}

const topMost = 3;
const worseMost = 5;

function TopFindings({
  report,
  worse,
  journey,
  query,
}: {
  report: FrictionReport | null;
  worse: Incident[];
  journey: string;
  query: Record<string, string>;
}): JSX.Element | null {
  const found =
    report?.findings
      .filter(({ scope, verdict }) => scope === 'touchpoint' && verdict !== 'inconclusive')
      .slice(0, topMost) ?? [];
  if (!report || found.length + worse.length === 0) return null;
  return (
    <section class="section top-findings" aria-labelledby="worst-first">
      <h2 id="worst-first">{t('map.first')}</h2>
      <ol>
        {worse.slice(0, worseMost).map((incident) => (
          <li key={incident.id}>
            <span class="alarm" aria-hidden="true">
              !
            </span>
            <span>
              <a href={touchpointHref(journey, incident.touchpoint, query)}>{incident.title}</a>:{' '}
              {incidentSentence(incident)}
            </span>
          </li>
        ))}
        {found.map((finding) => (
          <li key={finding.id}>
            <VerdictMark verdict={finding.verdict} />
            <a href={findingHref(journey, finding.id, query)}>{findingHeadline(finding, report)}</a>
          </li>
        ))}
      </ol>
      <p>
        <a href={viewHref(journey, 'findings', query)}>
          {t('map.all_findings', { n: count(report.findings.length) })}
        </a>
      </p>
    </section>
  );
}
