// A touchpoint on the map: a card over the lanes it lives in, with its figures; or a chip for a message or task.

import type { JSX } from 'preact';
import type { Incident, Journey } from '../api/types';
import { SplitBar } from '../charts/split';
import { compact, count, percent } from '../format';
import { plural, t, word } from '../i18n';
import { incidentSentence } from '../sentences';
import { GoalMark, SignalGlyph, TruthMark } from '../widgets/glyphs';
import { noLane, type Lane, type Placed } from './layout';
import { forcedHops, type NodeFigures } from './model';
import type { Delta } from './live';

export interface CardProps {
  placed: Placed;
  figures: NodeFigures;
  delta: Delta | undefined;
  href: string;
  journey: Journey;
  lanes: Lane[];
  current: boolean;
  marked: boolean; ///< the one that is being written elsewhere
  onFocus: () => void;
  incident: Incident | undefined;
}

const channelTitle = (journey: Journey, id: string): string =>
  id === noLane ? t('map.no_channel') : (journey.channels.find((channel) => channel.id === id)?.title ?? id);

/// What the card shows beside its title, for those who do not see it.
function spoken({ placed, figures, delta, journey, incident }: CardProps): string {
  const { touchpoint } = placed;
  const parts = [word('kind', touchpoint.kind)];
  if (touchpoint.moment_of_truth) parts.push(t('map.truth'));
  if (touchpoint.goal) parts.push(t('map.goal'));
  parts.push(touchpoint.channels.map((id) => channelTitle(journey, id)).join(', '));
  if (figures.known)
    parts.push(
      plural(
        'map.came',
        figures.entered + (delta?.entered ?? 0),
        count(figures.entered + (delta?.entered ?? 0)),
      ),
    );
  if (figures.known && !placed.beside)
    parts.push(
      plural('map.here', figures.open + (delta?.open ?? 0), count(figures.open + (delta?.open ?? 0))),
    );
  for (const { signal, judgement } of figures.found)
    parts.push(`${word('signal', signal)} ${percent(judgement.rate)}, ${word('verdict', judgement.verdict)}`);
  if (incident) parts.push(incidentSentence(incident));
  return parts.filter(Boolean).join('; ');
}

const radius = (share: number): number => 2.5 + 4.5 * Math.sqrt(share);

/// From lane to lane, beside the line that joins them: on the right where it leads down, else on the left.
function jagged(from: number, to: number): string {
  const side = to > from ? 1 : -1;
  let path = `M11 ${from}`;
  for (let y = from, out = true; y !== to; out = !out) {
    y = side > 0 ? Math.min(to, y + 7) : Math.max(to, y - 7);
    path += `L${y === to ? 11 : 11 + side * (out ? 7 : 2)} ${y}`;
  }
  return path;
}

/// The stops at the card's edge, one in each lane, as large as the share of customers who came by it. A straight line
/// joins them, and jagged ones lead from where customers were made to change to where they went on.
function Ports({
  placed,
  figures,
  journey,
  lanes,
}: {
  placed: Placed;
  figures: NodeFigures;
  journey: Journey;
  lanes: Lane[];
}): JSX.Element | null {
  if (placed.ports.length === 0) return null;
  const forced = figures.found.find(({ signal }) => signal === 'forced_hop')?.judgement.verdict;
  const middle = new Map(lanes.map(({ id, y, height }) => [id, y + height / 2]));
  for (const { lane, y } of placed.ports) middle.set(lane, y);
  const hops = (forced && forced !== 'inconclusive' && figures.row ? forcedHops(figures.row) : []).filter(
    ({ from, to }) => middle.has(from) && middle.has(to),
  );
  const stops = [
    ...placed.ports.map(({ y }) => y),
    ...hops.flatMap(({ from, to }) => [middle.get(from)!, middle.get(to)!]),
  ];
  const top = Math.min(placed.home.y, ...stops.map((y) => y - 12));
  const bottom = Math.max(placed.home.y + placed.home.height, ...stops.map((y) => y + 12));
  const most = Math.max(1, ...placed.ports.map(({ lane }) => figures.byChannel.get(lane)?.entered ?? 0));
  return (
    <svg
      class="ports"
      width="22"
      height={bottom - top}
      style={{ left: placed.x - 11, top: top }}
      aria-hidden="true"
    >
      {placed.ports.length > 1 ? (
        <path class="spine" d={`M11 ${placed.ports[0]!.y - top}V${placed.ports.at(-1)!.y - top}`} />
      ) : null}
      {hops.map(({ from, to, share, n }) => (
        <path
          key={`${from} ${to}`}
          class={`jagged ${forced}`}
          d={jagged(middle.get(from)! - top, middle.get(to)! - top)}
          style={{ strokeWidth: 1 + 2.5 * share }}
        >
          <title>{`${channelTitle(journey, from)} → ${channelTitle(journey, to)}: ${count(n)}`}</title>
        </path>
      ))}
      {placed.ports.map(({ lane, y }) => {
        const part = figures.byChannel.get(lane);
        const worst = part?.judged.drop_off?.verdict;
        const bad = worst === 'confirmed' || worst === 'suspected';
        return (
          <g key={lane}>
            <circle
              class={`port ${part && part.entered > 0 ? '' : 'empty'} ${bad ? worst : ''}`}
              cx="11"
              cy={y - top}
              r={radius(part ? part.entered / most : 0)}
            />
            <title>{`${channelTitle(journey, lane)}: ${count(part?.entered ?? 0)}`}</title>
          </g>
        );
      })}
    </svg>
  );
}

const shown = 3;

export function Card(props: CardProps): JSX.Element {
  const { placed, figures, delta, href, journey, current, marked, onFocus, incident } = props;
  const { touchpoint, home } = placed;
  const entered = figures.entered + (delta?.entered ?? 0);
  const open = Math.max(0, figures.open + (delta?.open ?? 0));
  const found = figures.found.filter(({ signal }) => signal !== 'drop_off');
  const worst = figures.found[0]?.judgement.verdict ?? '';
  return (
    <>
      {placed.satellites.map((run) => {
        const part = figures.byChannel.get(run.lanes[0]!);
        return (
          <div
            key={run.y}
            class="satellite"
            aria-hidden="true"
            style={{ left: placed.x, top: run.y, width: placed.width, height: run.height }}
          >
            {part ? compact(part.entered) : ''}
          </div>
        );
      })}
      <a
        class={`tp ${touchpoint.kind} ${worst} ${touchpoint.moment_of_truth ? 'critical' : ''} ${marked ? 'marked' : ''}`}
        href={href}
        id={`tp-${touchpoint.id}`}
        data-id={touchpoint.id}
        tabIndex={current ? 0 : -1}
        onFocus={onFocus}
        draggable={false}
        style={{ left: placed.x, top: home.y, width: placed.width, height: home.height }}
      >
        <span class="tp-title">
          {touchpoint.moment_of_truth ? <TruthMark /> : null}
          {touchpoint.goal ? <GoalMark /> : null}
          {touchpoint.title}
        </span>
        <span class="hidden">{spoken(props)}</span>
        <span class="tp-count" aria-hidden="true">
          <b>{figures.known ? compact(entered) : '·'}</b>
          {open > 0 ? (
            <span class="tp-here">
              {compact(open)} {t('map.here_short')}
            </span>
          ) : null}
          {touchpoint.turn !== 'customer' ? (
            <span class="tp-turn">{word('turn.short', touchpoint.turn)}</span>
          ) : null}
        </span>
        {figures.row && figures.row.entered > 0 ? <SplitBar row={figures.row} /> : null}
        {found.length ? (
          <span class="tp-signals" aria-hidden="true">
            {found.slice(0, shown).map(({ signal, judgement }) => (
              <span
                key={signal}
                class={`tp-signal ${judgement.verdict}`}
                title={`${word('signal', signal)}: ${word('verdict', judgement.verdict)}`}
              >
                <SignalGlyph signal={signal} verdict={judgement.verdict} />
                {percentShort(judgement.rate)}
              </span>
            ))}
            {found.length > shown ? <span class="tp-signal more">+{found.length - shown}</span> : null}
          </span>
        ) : null}
      </a>
      {incident ? (
        <span
          class="alarm"
          aria-hidden="true"
          style={{ left: placed.x + placed.width - 9, top: home.y - 13 }}
        >
          !
        </span>
      ) : null}
      <Ports placed={placed} figures={figures} journey={journey} lanes={props.lanes} />
    </>
  );
}

const percentShort = (rate: number): string => `${count(rate * 100)} %`;

export function Chip(props: CardProps): JSX.Element {
  const { placed, figures, delta, href, journey, current, marked, onFocus } = props;
  const { touchpoint, home } = placed;
  const others = touchpoint.channels.slice(1).map((id) => channelTitle(journey, id));
  return (
    <a
      class={`tp chip ${touchpoint.kind} ${marked ? 'marked' : ''}`}
      href={href}
      id={`tp-${touchpoint.id}`}
      data-id={touchpoint.id}
      tabIndex={current ? 0 : -1}
      onFocus={onFocus}
      draggable={false}
      title={others.length ? t('map.else', { channels: others.join(', ') }) : undefined}
      style={{ left: placed.x, top: home.y, width: placed.width, height: home.height }}
    >
      <span class="chip-left" aria-hidden="true">
        <svg class="chip-sign" viewBox="0 0 16 16" aria-hidden="true">
          {touchpoint.kind === 'handover' ? (
            <path d="M8 2a2.6 2.6 0 110 5.2A2.6 2.6 0 018 2zM3 14c0-3.3 2-5.2 5-5.2s5 1.9 5 5.2z" />
          ) : (
            <path d="M1.5 8L14.5 2 10 14.5 7.5 9.5z" />
          )}
        </svg>
        <span class="chip-count">
          {figures.known ? compact(figures.entered + (delta?.entered ?? 0)) : ''}
        </span>
      </span>
      <span class="chip-title">{touchpoint.title}</span>
      <span class="hidden">{spoken(props)}</span>
    </a>
  );
}
