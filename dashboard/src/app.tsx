// The frame around the views: who is signed in, which journey, which view.

import type { ComponentType, JSX } from 'preact';
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { hasToken, rightsOf, setToken, whenRefused, type Rights } from './api/client';
import type { Journey, JourneyShort } from './api/types';
import { useData } from './data';
import { forgetAll, keptCount } from './desk/kept';
import { count, timeZone } from './format';
import { currentLanguage, plural, setLanguage, t, type Key, type Language } from './i18n';
import { viewHref } from './links';
import { go, href, useLocation, type Location } from './router';
import { applyTheme, storedTheme, type Theme } from './theme';
import type { ViewProps } from './views/context';
import { ExplanationView } from './views/explanation';
import { FindingsView } from './views/findings';
import { JourneysView } from './views/journeys';
import { MapView } from './views/map';
import { SignIn } from './views/sign_in';
import { TouchpointView } from './views/touchpoint';
import { Choice, Loaded, Loading } from './widgets/bits';
import { Boundary, lazy } from './widgets/lazy';

const people = () => import('./views/people');
const reports = () => import('./views/reports');
const desk = () => import('./views/desk');
const CompareView = lazy(reports, (part) => part.CompareView);
const ScorecardView = lazy(reports, (part) => part.ScorecardView);
const DeskView = lazy(desk, (part) => part.DeskView);
const DeskHome = lazy(desk, (part) => part.DeskHome);
const CustomerView = lazy(people, (part) => part.CustomerView);
const TasksView = lazy(people, (part) => part.TasksView);

/// The views of a journey, by their name in the address.
const views: { name: string; view: ComponentType<ViewProps>; tab: Key | null }[] = [
  { name: 'map', view: MapView, tab: 'nav.map' },
  { name: 'findings', view: FindingsView, tab: 'nav.findings' },
  { name: 'compare', view: CompareView, tab: 'nav.compare' },
  { name: 'scorecard', view: ScorecardView, tab: 'nav.scorecard' },
  { name: 'desk', view: DeskView, tab: 'nav.desk' },
  { name: 'touchpoint', view: TouchpointView, tab: null },
  { name: 'finding', view: ExplanationView, tab: null },
];

export function App(): JSX.Element {
  const [rights, setRights] = useState<Rights | null>(null);
  const [state, setState] = useState<'asking' | 'out' | 'refused' | 'offline' | 'in'>(
    hasToken() ? 'asking' : 'out',
  );
  const [language, chooseLanguage] = useState<Language>(currentLanguage());
  const signOut = useCallback((refused: boolean) => {
    setToken('');
    setRights(null);
    setState(refused ? 'refused' : 'out');
  }, []);
  useEffect(() => {
    whenRefused(() => signOut(true));
    if (state !== 'asking') return;
    rightsOf().then(
      (found) => {
        setRights(found);
        setState('in');
      },
      () => setState((before) => (before === 'asking' ? 'offline' : before)),
    );
  }, [state]);
  // Who comes next at this browser is to find nothing; a token that runs out loses nobody's text.
  const leave = (): void => {
    const drafts = keptCount();
    if (drafts > 0 && !confirm(plural('signout.drafts', drafts, count(drafts)))) return;
    forgetAll();
    signOut(false);
  };
  const speak = (next: Language): void => {
    setLanguage(next).then(
      () => chooseLanguage(next),
      () => undefined,
    );
  };
  return (
    <div key={language} class="page">
      <a
        class="skip"
        href="#main"
        onClick={(event) => {
          event.preventDefault();
          document.getElementById('main')?.focus();
        }}
      >
        {t('skip')}
      </a>
      {state === 'in' && rights ? (
        <Signed rights={rights} tools={<Tools language={language} speak={speak} signOut={leave} />} />
      ) : (
        <>
          <header class="top">
            <span class="brand">
              <Brand />
            </span>
            <Tools language={language} speak={speak} />
          </header>
          {state === 'asking' ? (
            <main id="main" tabIndex={-1}>
              <Loading />
            </main>
          ) : state === 'offline' ? (
            <main id="main" tabIndex={-1}>
              <h1>Lotse</h1>
              <div class="notice problem" role="alert">
                <p>{t('error.offline')}</p>
                <button type="button" onClick={() => setState('asking')}>
                  {t('retry')}
                </button>
              </div>
            </main>
          ) : (
            <SignIn
              refused={state === 'refused'}
              onDone={(found) => {
                setRights(found);
                setState('in');
              }}
            />
          )}
        </>
      )}
    </div>
  );
}

const Brand = (): JSX.Element => (
  <>
    <svg viewBox="0 0 32 32" aria-hidden="true">
      <path d="M3 22c6-11 9 4 15-7 2.5-4.5 6-6 11-6" />
      <circle cx="18" cy="15" r="3.8" />
    </svg>
    Lotse
  </>
);

/// Language, light or dark, explanations, signing out.
function Tools({
  language,
  speak,
  signOut,
}: {
  language: Language;
  speak: (next: Language) => void;
  signOut?: () => void;
}): JSX.Element {
  const [theme, setTheme] = useState<Theme>(storedTheme());
  const [explain, setExplain] = useState('explain' in document.documentElement.dataset);
  return (
    <div class="tools">
      <button
        type="button"
        class="tool"
        aria-pressed={explain}
        onClick={() => {
          if (explain) delete document.documentElement.dataset['explain'];
          else document.documentElement.dataset['explain'] = '';
          setExplain(!explain);
        }}
      >
        {t('tool.explain')}
      </button>
      <Choice
        quiet
        label={t('tool.theme')}
        value={theme}
        options={[
          ['auto', t('theme.auto')],
          ['light', t('theme.light')],
          ['dark', t('theme.dark')],
        ]}
        onPick={(next) => {
          applyTheme(next as Theme);
          setTheme(next as Theme);
        }}
      />
      <Choice
        quiet
        label={t('tool.language')}
        value={language}
        options={[
          ['en', 'English'],
          ['de', 'Deutsch'],
        ]}
        onPick={(next) => speak(next as Language)}
      />
      {signOut ? (
        <button type="button" class="tool" onClick={signOut}>
          {t('tool.sign_out')}
        </button>
      ) : null}
    </div>
  );
}

/// Maps and the editor take the whole window.
const isWide = (first: string | undefined, second: string | undefined): boolean =>
  first === '@desk' ? second !== undefined : first?.[0] !== '@' && ['map', 'desk'].includes(second ?? 'map');

function Signed({ rights, tools }: { rights: Rights; tools: JSX.Element }): JSX.Element {
  const at = useLocation();
  const journeys = useData<{ journeys: JourneyShort[] }>(rights.reports ? '/journeys' : null);
  const [first, second] = at.parts;
  const isBeside = first?.startsWith('@') ?? false;
  const journey = isBeside || !rights.reports ? undefined : first;

  // A single journey needs no choice; a token without reports begins at the tasks.
  useEffect(() => {
    if (at.parts.length > 0) return;
    if (!rights.reports) go(['@tasks'], {}, true);
    else if (journeys.value?.journeys.length === 1) go([journeys.value.journeys[0]!.id, 'map'], {}, true);
  }, [at, journeys.value, rights.reports]);

  // A new view begins at its top, and is told to who does not see it change.
  const path = at.parts.slice(0, 3).join('/');
  const before = useRef(path);
  useEffect(() => {
    document.title = ['Lotse', ...at.parts].reverse().join(' · ');
    // On narrow screens the names of the views go sideways.
    document.querySelector('nav [aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
    if (before.current === path) return;
    before.current = path;
    scrollTo(0, 0);
    document.getElementById('main')?.focus({ preventScroll: true });
  }, [path]);

  const tabs = views.filter(({ tab }) => tab !== null);
  return (
    <>
      <header class="top">
        <a class="brand" href={href([])}>
          <Brand />
        </a>
        {journeys.value && journeys.value.journeys.length > 1 ? (
          <Choice
            quiet
            label={t('journey')}
            value={journey ?? ''}
            onPick={(id) => go(id ? [id, 'map'] : [])}
            options={[
              ['', t('journeys.choose')],
              ...journeys.value.journeys.map(({ id, title }) => [id, title || id] as const),
            ]}
          />
        ) : null}
        <nav aria-label={t('nav.label')}>
          <ul>
            {journey ? (
              tabs.map(({ name, tab }) => (
                <li key={name}>
                  <a
                    href={viewHref(journey, name, at.query)}
                    aria-current={(second ?? 'map') === name ? 'page' : undefined}
                  >
                    {t(tab!)}
                  </a>
                </li>
              ))
            ) : rights.reports ? (
              <>
                <li>
                  <a href={href([])} aria-current={first === undefined ? 'page' : undefined}>
                    {t('nav.journeys')}
                  </a>
                </li>
                <li>
                  <a href={href(['@desk'])} aria-current={first === '@desk' ? 'page' : undefined}>
                    {t('nav.desk')}
                  </a>
                </li>
              </>
            ) : null}
            {rights.customers ? (
              <>
                <li class="apart">
                  <a href={href(['@customers'])} aria-current={first === '@customers' ? 'page' : undefined}>
                    {t('nav.customers')}
                  </a>
                </li>
                <li>
                  <a href={href(['@tasks'])} aria-current={first === '@tasks' ? 'page' : undefined}>
                    {t('nav.tasks')}
                  </a>
                </li>
              </>
            ) : null}
          </ul>
        </nav>
        {tools}
      </header>
      <main id="main" tabIndex={-1} class={isWide(first, second) ? 'wide' : ''}>
        <Boundary of={path}>
          {first === '@customers' ? (
            <CustomerView id={second} query={at.query} rights={rights} />
          ) : first === '@tasks' ? (
            <TasksView id={second} query={at.query} rights={rights} />
          ) : first === '@desk' && rights.reports ? (
            <DeskHome id={second} query={at.query} reload={journeys.reload} />
          ) : journey ? (
            <JourneyFrame key={journey} id={journey} at={at} rights={rights} />
          ) : rights.reports ? (
            <JourneysView journeys={journeys} />
          ) : (
            <p class="notice">{t('error.forbidden')}</p>
          )}
        </Boundary>
      </main>
      <footer class="foot quiet">{t('foot.zone', { zone: timeZone() })}</footer>
    </>
  );
}

/// Reads the journey once for all its views; the time of the latest event is what `-28d` is counted back from.
function JourneyFrame({ id, at, rights }: { id: string; at: Location; rights: Rights }): JSX.Element {
  const journey = useData<Journey>(`/journeys/${encodeURIComponent(id)}`);
  const found = views.find(({ name }) => name === (at.parts[1] ?? 'map'));
  if (!found) return <p class="notice">{t('error.missing')}</p>;
  const View = found.view;
  return (
    <Loaded data={journey}>
      {(value) => (
        <View
          key={found.name}
          journey={value}
          query={at.query}
          id={at.parts[2]}
          rights={rights}
          latest={value.latest ?? undefined}
          reload={journey.reload}
        />
      )}
    </Loaded>
  );
}
