// The picture: lanes, stages, flows, leaks, cards, and the emotional curve beneath; zoomed and moved by transform.

import type { JSX } from 'preact';
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { Incident, Journey, Move } from '../api/types';
import { compact, count, percent } from '../format';
import { t } from '../i18n';
import { touchpointHref } from '../links';
import { Card, Chip } from './card';
import { EmotionCurve, emotionHeight } from './emotion';
import { drawFlows, flowWidth, widest, type DrawnFlow } from './flows';
import { layOut, noLane, sizes, type Layout } from './layout';
import { Dots, type Tally } from './live';
import type { MapModel } from './model';

export interface CanvasProps {
  journey: Journey;
  model: MapModel;
  worse: Incident[];
  query: Record<string, string>;
  tally: Tally;
  beat: number;
  show: { deviations: boolean; unused: boolean };
  onReady: (draw: ((move: Move) => void) | null) => void;
  bare?: boolean; ///< no figures and no emotions: a draft
  marked?: string | undefined; ///< the touchpoint that is being written, which is brought into sight
}

interface View {
  x: number;
  y: number;
  k: number;
}

const gutter = 92;
const labelLeast = 24; ///< pixels of a stage that carry its name
const zoomLeast = 0.15;
const readable = 0.55;
const readableBare = 0.72; ///< titles alone: they may be larger
const zoomMost = 2.5;

const bounded = (value: number, low: number, high: number): number => Math.min(high, Math.max(low, value));

const flowKey = (flow: { from: string; to: string; kind: string }): string =>
  `${flow.from} ${flow.to} ${flow.kind}`;

/// What leaves in silence: as wide as it is many, falling out of the card's lower edge.
function Leaks({ layout, model, most }: { layout: Layout; model: MapModel; most: number }): JSX.Element {
  const leaks: JSX.Element[] = [];
  for (const placed of layout.placed.values()) {
    const row = model.nodes.get(placed.touchpoint.id)?.row;
    if (placed.beside || !row || row.turn !== 'customer' || row.window_seconds === null || row.entered === 0)
      continue;
    const { share } = row.split.dropped;
    const verdict = row.judged.drop_off?.verdict ?? 'none';
    if (share === 0 && verdict !== 'inconclusive') continue;
    const width = bounded(flowWidth(share * row.entered, most), 2, widest);
    const x = placed.x + 20 + width / 2;
    const top = placed.home.y + placed.home.height;
    const spread = width * 0.32 + 2;
    leaks.push(
      <g key={placed.touchpoint.id} class={`leak ${verdict}`}>
        <path
          d={
            `M${x - width / 2} ${top - 1}C${x - width / 2} ${top + 12} ${x - spread} ${top + 14} ${x - spread * 0.8} ${top + 25}` +
            `L${x} ${top + 31}L${x + spread * 0.8} ${top + 25}C${x + spread} ${top + 14} ${x + width / 2} ${top + 12} ${x + width / 2} ${top - 1}Z`
          }
        />
        <text x={x + width / 2 + 5} y={top + 17}>
          {percent(share)}
        </text>
        {verdict === 'inconclusive' ? (
          <text class="unsure" x={x + width / 2 + 5} y={top + 29}>
            {t('map.unsure')}
          </text>
        ) : null}
      </g>,
    );
  }
  return <g>{leaks}</g>;
}

function FlowLayer({
  flows,
  counts,
  title,
}: {
  flows: DrawnFlow[];
  counts: ReadonlyMap<string, number>;
  title: (id: string) => string;
}): JSX.Element {
  return (
    <g>
      {flows.map((flow) => (
        <path
          key={flowKey(flow)}
          id={`flow-${flowKey(flow)}`}
          data-pair={`${flow.from} ${flow.to}`}
          d={flow.path}
          class={`flow ${flow.kind} ${flow.backward ? 'backward' : ''}`}
          stroke-width={flow.width}
          marker-end={flow.backward && flow.kind !== 'unused' ? 'url(#arrow-back)' : undefined}
        >
          <title>{`${title(flow.from)} → ${title(flow.to)}: ${count(flow.count)}`}</title>
        </path>
      ))}
      {flows.map((flow) =>
        flow.label && flow.count > 0 ? (
          <text
            key={`${flowKey(flow)} text`}
            class={`flow-count ${flow.kind}`}
            x={flow.label.x}
            y={flow.label.y + 4}
          >
            {flow.backward ? '← ' : ''}
            {compact(flow.count + (counts.get(`${flow.from} ${flow.to}`) ?? 0))}
          </text>
        ) : null,
      )}
    </g>
  );
}

/// Thin dotted lines from a touchpoint to the messages and tasks that it gives rise to.
function Threads({ layout }: { layout: Layout }): JSX.Element {
  return (
    <g>
      {[...layout.placed.values()]
        .filter((placed) => placed.carrier !== null)
        .map((placed) => {
          const from = layout.placed.get(placed.carrier!);
          if (!from || Math.abs(from.column - placed.column) > 1) return null;
          const y = placed.home.y + placed.home.height / 2;
          const inside = y > from.home.y && y < from.home.y + from.home.height;
          if (from.column !== placed.column || from.x + from.width < placed.x) {
            const start = inside
              ? y
              : y < from.home.y
                ? from.home.y + 10
                : from.home.y + from.home.height - 10;
            const x = from.x + from.width;
            const turn = placed.x - 12;
            return (
              <path key={placed.touchpoint.id} class="thread" d={`M${x} ${start}H${turn}V${y}H${placed.x}`} />
            );
          }
          const x = placed.x - 8;
          const start = y < from.home.y ? from.home.y : from.home.y + from.home.height;
          return <path key={placed.touchpoint.id} class="thread" d={`M${placed.x} ${y}H${x}V${start}`} />;
        })}
    </g>
  );
}

export function MapCanvas({
  journey,
  model,
  worse,
  query,
  tally,
  beat,
  show,
  onReady,
  bare = false,
  marked,
}: CanvasProps): JSX.Element {
  const layout = useMemo(() => layOut(journey, bare), [journey, bare]);
  const flows = useMemo(
    () =>
      drawFlows(
        layout,
        model.flows.filter(
          ({ kind }) => (kind !== 'unused' || show.unused) && (kind !== 'deviation' || show.deviations),
        ),
        (flow) => compact(flow.count),
      ),
    [layout, model, show.unused, show.deviations],
  );
  const most = Math.max(1, ...model.flows.map((flow) => flow.count));
  const height = layout.height + (bare ? 0 : emotionHeight);

  const frame = useRef<HTMLDivElement>(null);
  const world = useRef<HTMLDivElement>(null);
  const dotLayer = useRef<SVGGElement>(null);
  const [box, setBox] = useState({ width: 0, height: 0 });
  const [view, setView] = useState<View>({ x: gutter, y: 0, k: 0.7 });
  const moved = useRef(false);
  const [chosen, setCurrent] = useState('');
  const current = layout.placed.has(chosen) ? chosen : (layout.order[0] ?? '');

  // As high as the whole picture at full width, within the window.
  const least = bare ? readableBare : readable;
  const fitWidth = bounded((box.width - gutter - 4) / layout.width, least, 1.05);
  const frameHeight = Math.round(Math.min(height * fitWidth + 6, Math.max(520, innerHeight * 0.92)));
  // A long journey begins at its left, large enough to read; all of it is shown when asked for.
  const fit = useCallback(
    (smallest: number): View => {
      const k = bounded(
        Math.min((box.width - gutter - 4) / layout.width, (frameHeight - 6) / height),
        smallest,
        1.05,
      );
      const spare = box.width - gutter - layout.width * k;
      return { k, x: gutter + Math.max(0, spare / 2), y: 0 };
    },
    [box.width, frameHeight, height, layout.width],
  );

  useLayoutEffect(() => {
    const element = frame.current!;
    const measure = (): void => setBox({ width: element.clientWidth, height: element.clientHeight });
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  useLayoutEffect(() => {
    if (box.width > 0 && !moved.current) setView(fit(least));
  }, [fit, box.width, least]);

  const hold = useCallback(
    (next: View): View => ({
      k: next.k,
      x: bounded(
        next.x,
        Math.min(gutter, box.width - layout.width * next.k - 40),
        Math.max(gutter, box.width - layout.width * next.k),
      ),
      y: bounded(
        next.y,
        Math.min(0, frameHeight - height * next.k - 20),
        Math.max(0, frameHeight - height * next.k),
      ),
    }),
    [box.width, frameHeight, height, layout.width],
  );
  const zoom = useCallback(
    (by: number, at?: { x: number; y: number }) => {
      moved.current = true;
      setView((before) => {
        const k = bounded(before.k * by, zoomLeast, zoomMost);
        const centre = at ?? { x: (box.width + gutter) / 2, y: frameHeight / 2 };
        return hold({
          k,
          x: centre.x - ((centre.x - before.x) / before.k) * k,
          y: centre.y - ((centre.y - before.y) / before.k) * k,
        });
      });
    },
    [hold, box.width, frameHeight],
  );
  const reset = useCallback(() => {
    moved.current = false;
    setView(fit(zoomLeast));
  }, [fit]);

  useEffect(() => {
    const element = frame.current!;
    const wheel = (event: WheelEvent): void => {
      const inner = element.getBoundingClientRect();
      if (event.ctrlKey || event.metaKey) {
        event.preventDefault();
        zoom(Math.exp(-event.deltaY * 0.004), {
          x: event.clientX - inner.left,
          y: event.clientY - inner.top,
        });
        return;
      }
      const sideways = event.shiftKey ? event.deltaY : event.deltaX;
      if (Math.abs(sideways) < 1) return; // up and down is the page's
      event.preventDefault();
      moved.current = true;
      setView((before) => hold({ ...before, x: before.x - sideways }));
    };
    element.addEventListener('wheel', wheel, { passive: false });
    return () => element.removeEventListener('wheel', wheel);
  }, [zoom, hold]);

  // Pressing and moving pans, two fingers zoom; a press that does not move is a click on what lies there.
  const pointers = useRef(new Map<number, { x: number; y: number }>());
  const dragged = useRef(false);
  const down = (event: PointerEvent): void => {
    if (event.button !== 0) return;
    pointers.current.set(event.pointerId, { x: event.clientX, y: event.clientY });
    dragged.current = false;
  };
  const drag = (event: PointerEvent): void => {
    const before = pointers.current.get(event.pointerId);
    if (!before) return;
    const after = { x: event.clientX, y: event.clientY };
    const others = [...pointers.current].filter(([id]) => id !== event.pointerId);
    if (!dragged.current && others.length === 0 && Math.hypot(after.x - before.x, after.y - before.y) < 5)
      return;
    if (!dragged.current) frame.current!.setPointerCapture(event.pointerId);
    dragged.current = true;
    moved.current = true;
    pointers.current.set(event.pointerId, after);
    if (others.length === 1) {
      const other = others[0]![1];
      const inner = frame.current!.getBoundingClientRect();
      const by =
        Math.hypot(after.x - other.x, after.y - other.y) /
        Math.max(1, Math.hypot(before.x - other.x, before.y - other.y));
      zoom(by, { x: (after.x + other.x) / 2 - inner.left, y: (after.y + other.y) / 2 - inner.top });
      return;
    }
    setView((now) => hold({ ...now, x: now.x + after.x - before.x, y: now.y + after.y - before.y }));
  };
  const up = (event: PointerEvent): void => {
    pointers.current.delete(event.pointerId);
  };
  const click = (event: MouseEvent): void => {
    if (dragged.current) {
      event.preventDefault();
      dragged.current = false;
    }
  };

  /// Brings a touchpoint into sight when it is reached by keyboard.
  const reveal = useCallback(
    (id: string) => {
      const placed = layout.placed.get(id);
      if (!placed) return;
      setView((before) => {
        const left = placed.x * before.k + before.x;
        const right = (placed.x + placed.width) * before.k + before.x;
        const top = placed.home.y * before.k + before.y;
        const bottom = (placed.home.y + placed.home.height) * before.k + before.y;
        const dx = left < gutter + 8 ? gutter + 8 - left : right > box.width - 8 ? box.width - 8 - right : 0;
        const dy = top < 40 ? 40 - top : bottom > frameHeight - 8 ? frameHeight - 8 - bottom : 0;
        return dx || dy ? hold({ ...before, x: before.x + dx, y: before.y + dy }) : before;
      });
    },
    [layout, box.width, frameHeight, hold],
  );

  useEffect(() => {
    if (marked) reveal(marked);
  }, [marked, reveal]);

  const keys = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === '+' || event.key === '=') zoom(1.2);
    else if (event.key === '-') zoom(1 / 1.2);
    else if (event.key === '0') reset();
    else if (event.key === 'Home' || event.key === 'End')
      focusOn(layout.order.at(event.key === 'Home' ? 0 : -1));
    else if (event.key.startsWith('Arrow')) focusOn(neighbour(layout, current, event.key));
    else return;
    event.preventDefault();
  };
  const focusOn = (id: string | undefined): void => {
    if (id === undefined) return;
    setCurrent(id);
    document.getElementById(`tp-${id}`)?.focus({ preventScroll: true });
    reveal(id);
  };

  useEffect(() => {
    const dots = new Dots(dotLayer.current!, () => matchMedia('(prefers-reduced-motion: reduce)').matches);
    const paths = new Map<string, SVGPathElement>();
    onReady((move) => {
      if (move.from === null || move.to === null) return;
      const pair = `${move.from} ${move.to}`;
      let path = paths.get(pair);
      if (!path?.isConnected) {
        path = [...world.current!.querySelectorAll<SVGPathElement>('path.flow')].find(
          (found) => found.dataset['pair'] === pair,
        );
        if (path) paths.set(pair, path);
      }
      dots.fly(path, move.cause === 'went_back' ? 'back' : '');
    });
    return () => {
      onReady(null);
      dots.stop();
    };
  }, [onReady]);

  const link = (id: string): string => touchpointHref(journey.id, id, query);
  const content = useMemo(
    () => (
      <>
        <svg class="map-svg" width={layout.width} height={height} aria-hidden="true">
          <defs>
            <pattern
              id="hatch"
              width="5"
              height="5"
              patternUnits="userSpaceOnUse"
              patternTransform="rotate(45)"
            >
              <path class="hatch" d="M0 0V5" />
            </pattern>
            <pattern
              id="hatch-bad"
              width="5"
              height="5"
              patternUnits="userSpaceOnUse"
              patternTransform="rotate(45)"
            >
              <path class="hatch-bad" d="M0 0V5" />
            </pattern>
            <marker
              id="arrow-back"
              viewBox="0 0 8 8"
              refX="7"
              refY="4"
              markerUnits="userSpaceOnUse"
              markerWidth="10"
              markerHeight="10"
              orient="auto"
            >
              <path class="arrow" d="M0 0L8 4 0 8z" />
            </marker>
          </defs>
          {layout.lanes.map((lane, index) => (
            <g key={lane.id}>
              {index % 2 === 0 ? (
                <rect class="lane" x="0" y={lane.y} width={layout.width} height={lane.height} />
              ) : null}
            </g>
          ))}
          {layout.stages.map((stage, index) => (
            <line
              key={stage.x}
              class={`stage-edge ${index === 0 ? 'first' : ''}`}
              x1={stage.x - (sizes.corridor + sizes.stageGap) / 2}
              x2={stage.x - (sizes.corridor + sizes.stageGap) / 2}
              y1="14"
              y2={height - 10}
            />
          ))}
          <Threads layout={layout} />
          <FlowLayer
            flows={flows}
            counts={tally.flows}
            title={(id) => layout.placed.get(id)!.touchpoint.title}
          />
          <Leaks layout={layout} model={model} most={most} />
          {bare ? null : <EmotionCurve layout={layout} emotions={model.emotions} />}
          <g ref={dotLayer} />
        </svg>
        {layout.order.map((id) => {
          const placed = layout.placed.get(id)!;
          const props = {
            placed,
            figures: model.nodes.get(id)!,
            delta: tally.nodes.get(id),
            href: link(id),
            journey,
            lanes: layout.lanes,
            current: id === current,
            marked: id === marked,
            incident: worse.find(({ touchpoint }) => touchpoint === id),
            onFocus: () => {
              setCurrent(id);
              reveal(id);
            },
          };
          return placed.beside ? <Chip key={id} {...props} /> : <Card key={id} {...props} />;
        })}
      </>
    ),
    [layout, model, worse.length, flows, current, marked, beat, journey, reveal, JSON.stringify(query)],
  );

  return (
    <div
      class="map-frame"
      ref={frame}
      style={{ height: frameHeight, '--screen': box.width }}
      onPointerDown={down}
      onPointerMove={drag}
      onPointerUp={up}
      onPointerCancel={up}
      onClickCapture={click}
      onKeyDown={keys}
      role="group"
      aria-label={t('map.label')}
      aria-describedby="map-keys"
    >
      <div
        class={`map-world ${view.k < 0.5 ? 'far' : ''}`}
        ref={world}
        style={{
          width: layout.width,
          height: height,
          transform: `translate(${view.x}px, ${view.y}px) scale(${view.k})`,
        }}
      >
        {content}
      </div>
      <div class="lane-labels" aria-hidden="true">
        {layout.lanes.map((lane) => (
          <span
            key={lane.id}
            class="lane-label"
            style={{ top: (lane.y + lane.height / 2) * view.k + view.y }}
          >
            {lane.id === noLane
              ? t('map.no_channel')
              : (journey.channels.find(({ id }) => id === lane.id)?.title ?? lane.id)}
          </span>
        ))}
        {bare ? null : (
          <span
            class="lane-label strong"
            style={{ top: (layout.height + emotionHeight / 2) * view.k + view.y }}
          >
            {t('map.emotion')}
          </span>
        )}
      </div>
      <div class="stage-labels" aria-hidden="true">
        {layout.stages.map((stage) => {
          const left = Math.max(stage.x * view.k + view.x, gutter + 4);
          const room = (stage.x + stage.width) * view.k + view.x - left;
          return room < labelLeast ? null : (
            <span key={stage.x} class="stage-label" style={{ left, maxWidth: room }}>
              {stage.name ?? t('map.any_time')}
            </span>
          );
        })}
      </div>
      <div class="map-tools" role="group" aria-label={t('map.zoom')}>
        <button type="button" onClick={() => zoom(1.25)} aria-label={t('map.zoom_in')}>
          +
        </button>
        <button type="button" onClick={() => zoom(1 / 1.25)} aria-label={t('map.zoom_out')}>
          −
        </button>
        <button type="button" onClick={reset} aria-label={t('map.fit')}>
          ⤢
        </button>
      </div>
      <p id="map-keys" class="hidden">
        {t('map.keys')}
      </p>
    </div>
  );
}

/// The next touchpoint in the direction of the key: the nearest, with steps aside counted double.
export function neighbour(layout: Layout, id: string, key: string): string | undefined {
  const from = layout.placed.get(id);
  if (!from) return layout.order[0];
  const across = key === 'ArrowLeft' || key === 'ArrowRight';
  const sign = key === 'ArrowRight' || key === 'ArrowDown' ? 1 : -1;
  const y = (placed: typeof from): number => placed.home.y + placed.home.height / 2;
  let best: string | undefined;
  let least = Infinity;
  for (const [other, placed] of layout.placed) {
    if (other === id) continue;
    const dx = placed.x - from.x;
    const dy = y(placed) - y(from);
    const along = across ? dx * sign : dy * sign;
    if (along <= 4 || (across && placed.column === from.column)) continue;
    const distance = along + 2 * Math.abs(across ? dy : dx);
    if (distance < least) [best, least] = [other, distance];
  }
  return best;
}
