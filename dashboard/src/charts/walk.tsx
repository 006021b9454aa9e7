// One customer's way through a journey: channels as lanes, time from left to right.

import type { JSX } from 'preact';
import type { Instance } from '../api/types';
import { day, moment } from '../format';
import { t, word } from '../i18n';

const width = 1040;
const left = 110;
const right = 16;
const lane = 44;
const top = 18;

const bad = (scale: string, score: number): boolean =>
  (scale === 'nps' && score <= 6) ||
  (scale === 'csat5' && score <= 2) ||
  (scale === 'ces7' && score <= 3) ||
  (scale === 'stars' && score <= 2) ||
  (scale === 'sentiment' && score <= -0.3);

export function Walk({ instance, asOf }: { instance: Instance; asOf: string }): JSX.Element {
  const channels = [...new Set(instance.stays.map((stay) => stay.channel ?? ''))];
  const first = Date.parse(instance.opened);
  const last = Math.max(first + 3600e3, ...instance.stays.map((stay) => Date.parse(stay.left ?? asOf)));
  const x = (instant: string): number =>
    left + ((width - left - right) * (Math.min(Date.parse(instant), last) - first)) / (last - first);
  const y = (channel: string | null): number => top + lane * channels.indexOf(channel ?? '') + lane / 2;
  const height = top + lane * channels.length + 26;
  let free: number[] = [];
  return (
    <svg
      class="walk"
      viewBox={`0 0 ${width} ${height}`}
      role="img"
      aria-label={t('walk.alt', { path: instance.stays.map((stay) => stay.title).join(' → ') })}
    >
      {channels.map((channel) => (
        <g key={channel}>
          <line class="grid" x1={left} x2={width - right} y1={y(channel)} y2={y(channel)} />
          <text class="axis" x="0" y={y(channel) + 4}>
            {channel || t('map.no_channel')}
          </text>
        </g>
      ))}
      {instance.stays.map((stay, index) => {
        const next = instance.stays[index + 1];
        const from = x(stay.entered);
        const to = x(stay.left ?? asOf);
        const at = y(stay.channel);
        const laneIndex = channels.indexOf(stay.channel ?? '');
        const room = (free[laneIndex] ?? -1) <= from;
        if (room) free = Object.assign([...free], { [laneIndex]: from + stay.title.length * 6.6 + 8 });
        return (
          <g key={stay.entered + stay.touchpoint}>
            {next ? (
              <line
                class={`step ${next.entry === 'went_back' || next.entry === 'elsewhere' || next.entry === 'skipped' ? 'off' : ''}`}
                x1={to}
                x2={x(next.entered)}
                y1={at}
                y2={y(next.channel)}
              />
            ) : null}
            <rect
              class={`stay ${stay.cause}`}
              x={from}
              y={at - 5}
              width={Math.max(3, to - from)}
              height="10"
              rx="2"
            >
              <title>{`${stay.title}: ${moment(stay.entered)}, ${word('cause', stay.cause)}`}</title>
            </rect>
            {room ? (
              <text class="stay-name" x={Math.min(from, width - right - stay.title.length * 6.2)} y={at - 10}>
                {stay.title}
              </text>
            ) : null}
            {stay.feedback.map((found) => (
              <text
                key={found.at}
                class={`felt ${bad(found.scale, found.score) ? 'bad' : ''}`}
                x={x(found.at)}
                y={at + 19}
              >
                {bad(found.scale, found.score) ? '☹' : '☺'} {found.score}
              </text>
            ))}
          </g>
        );
      })}
      {instance.promises
        .filter((promise) => promise.due && Date.parse(promise.due) <= last)
        .map((promise) => (
          <g key={promise.name + promise.made} class={`promise ${promise.status}`}>
            <line x1={x(promise.due!)} x2={x(promise.due!)} y1={top - 6} y2={height - 24} />
            <text x={x(promise.due!) + 3} y={top - 6}>
              {promise.name}: {word('promise.status', promise.status)}
            </text>
          </g>
        ))}
      <text class="axis" x={left} y={height - 6}>
        {day(instance.opened)}
      </text>
      <text class="axis" x={width - right} y={height - 6} text-anchor="end">
        {day(new Date(last).toISOString())}
      </text>
    </svg>
  );
}
