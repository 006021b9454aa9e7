// The task board: what waits for a person, the most urgent first.

import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { Rights } from '../api/client';
import type { Task, TaskDetail, Tasks, Teams } from '../api/types';
import { useSend } from '../commands';
import { useData } from '../data';
import { count, duration, estimate, moment, percent } from '../format';
import { plural, t, word } from '../i18n';
import { customerHref } from '../links';
import { go, href } from '../router';
import {
  Choice,
  ContextFacts,
  DataTable,
  Loaded,
  Num,
  Quiet,
  Section,
  Sub,
  ViewHead,
  What,
} from '../widgets/bits';

const nameKey = 'lotse.name';
const refreshEvery = 30000;

type Command = 'claim' | 'release' | 'notes' | 'complete';

function useCommands(done: (command: Command) => void): {
  send: (task: string, command: Command, body: Record<string, string>) => void;
  busy: boolean;
  told: ComponentChildren;
} {
  const [told, setTold] = useState<ComponentChildren>('');
  const { send: sendTo, busy } = useSend();
  const send = (task: string, command: Command, body: Record<string, string>): void =>
    sendTo(`/tasks/${encodeURIComponent(task)}/${command}`, body, (problem) => {
      setTold(
        problem === null ? (
          t(`tasks.done.${command}`)
        ) : problem.status === 409 ? (
          t('tasks.conflict')
        ) : problem.status === 404 ? (
          t('tasks.gone')
        ) : problem.detail ? (
          <span lang="en">{problem.detail}</span>
        ) : (
          t('error.offline')
        ),
      );
      if (problem === null) done(command);
      else if (problem.status === 409) done('claim'); // who has it stands in the task
    });
  return { send, busy, told };
}

function Name({ name, onName }: { name: string; onName: (name: string) => void }): JSX.Element {
  return (
    <label>
      {t('tasks.name')}
      <input
        type="text"
        value={name}
        autocomplete="name"
        placeholder={t('tasks.name_default')}
        onChange={(event) => {
          const chosen = event.currentTarget.value.trim();
          sessionStorage.setItem(nameKey, chosen);
          onName(chosen);
        }}
      />
    </label>
  );
}

function Due({ task }: { task: Task }): JSX.Element {
  if (!task.promised) return <span class="quiet">–</span>;
  const apart = (Date.parse(task.promised) - Date.now()) / 1000;
  return (
    <>
      {moment(task.promised)}{' '}
      <span class={`block ${task.overdue ? 'bad strong' : 'quiet'}`}>
        {apart < 0 ? t('tasks.late', { time: duration(-apart) }) : t('tasks.left', { time: duration(apart) })}
      </span>
    </>
  );
}

export function TasksView({
  id,
  query,
  rights,
}: {
  id: string | undefined;
  query: Record<string, string>;
  rights: Rights;
}): JSX.Element {
  const [name, setName] = useState(sessionStorage.getItem(nameKey) ?? '');
  if (!rights.customers) return <p class="notice">{t('error.forbidden')}</p>;
  return id ? (
    <TaskPage id={id} name={name} onName={setName} />
  ) : (
    <Board query={query} name={name} onName={setName} />
  );
}

function Board({
  query,
  name,
  onName,
}: {
  query: Record<string, string>;
  name: string;
  onName: (name: string) => void;
}): JSX.Element {
  const tasks = useData<Tasks>('/tasks', { team: query['team'], limit: 200 });
  const teams = useData<Teams>('/teams');
  const { send, busy, told } = useCommands(tasks.reload);
  useEffect(() => {
    const again = setInterval(() => {
      if (!document.hidden) tasks.reload();
    }, refreshEvery);
    return () => clearInterval(again);
  }, [tasks.reload]);
  const by: Record<string, string> = name ? { by: name } : {};
  return (
    <>
      <ViewHead title={t('nav.tasks')}>{t('tasks.lead')}</ViewHead>
      <form class="filters" aria-label={t('filter.label')} onSubmit={(event) => event.preventDefault()}>
        <Choice
          label={t('tasks.team')}
          value={query['team'] ?? ''}
          onPick={(team) => go(['@tasks'], { team }, true)}
          options={[
            ['', t('all')],
            ...(teams.value?.teams ?? []).map(({ id, title }) => [id, title ?? id] as const),
          ]}
        />
        <Name name={name} onName={onName} />
      </form>
      <p class="told" role="status">
        {told}
      </p>
      <Loaded data={tasks}>
        {(value) => (
          <>
            <p>
              {plural('tasks.open', value.open, count(value.open))}{' '}
              {value.tasks.some(({ overdue }) => overdue) ? (
                <strong class="bad">
                  {plural(
                    'tasks.overdue',
                    value.tasks.filter(({ overdue }) => overdue).length,
                    count(value.tasks.filter(({ overdue }) => overdue).length),
                  )}
                </strong>
              ) : null}
            </p>
            {value.tasks.length === 0 ? (
              <p class="notice">{t('tasks.none')}</p>
            ) : (
              <DataTable
                caption={t('nav.tasks')}
                cols={[
                  t('tasks.task'),
                  t('customer'),
                  t('tasks.team'),
                  t('tasks.promised'),
                  `#${t('tasks.priority')}`,
                  t('tasks.who'),
                  `#${t('tasks.do')}`,
                ]}
              >
                {value.tasks.map((task) => (
                  <tr key={task.key} class={task.overdue ? 'overdue' : ''}>
                    <th scope="row">
                      <a href={href(['@tasks', task.key])}>{task.title || task.touchpoint}</a>{' '}
                      <Sub>
                        {task.journey_title} · {task.position_title}
                      </Sub>
                    </th>
                    <td>
                      <a href={customerHref(task.customer)}>{task.customer}</a>
                    </td>
                    <td>{task.team}</td>
                    <td>
                      <Due task={task} />
                    </td>
                    <Num sub={<>{t('tasks.risk', { risk: percent(task.risk) })}</>}>
                      {estimate(task.priority)}
                    </Num>
                    <td>{task.claimed_by ?? <span class="quiet">{t('tasks.nobody')}</span>}</td>
                    <td class="num">
                      {task.claimed_by ? (
                        <button
                          type="button"
                          disabled={busy}
                          onClick={() => send(task.key, 'release', by)}
                          aria-label={`${t('tasks.release')}: ${task.title}, ${task.customer}`}
                        >
                          {t('tasks.release')}
                        </button>
                      ) : (
                        <button
                          type="button"
                          disabled={busy}
                          onClick={() => send(task.key, 'claim', by)}
                          aria-label={`${t('tasks.claim')}: ${task.title}, ${task.customer}`}
                        >
                          {t('tasks.claim')}
                        </button>
                      )}
                    </td>
                  </tr>
                ))}
              </DataTable>
            )}
          </>
        )}
      </Loaded>
    </>
  );
}

function TaskPage({
  id,
  name,
  onName,
}: {
  id: string;
  name: string;
  onName: (name: string) => void;
}): JSX.Element {
  const task = useData<TaskDetail>(`/tasks/${encodeURIComponent(id)}`);
  const [note, setNote] = useState('');
  const [result, setResult] = useState('');
  const [text, setText] = useState('');
  const [over, setOver] = useState(false);
  const { send, busy, told } = useCommands((command) => {
    if (command === 'complete') setOver(true);
    else task.reload();
    if (command === 'notes') setNote('');
  });
  const by: Record<string, string> = name ? { by: name } : {};
  if (over) {
    return (
      <>
        <h1>{t('nav.tasks')}</h1>
        <p class="notice" role="status">
          {t('tasks.done.complete')}
        </p>
        <p class="section">
          <a href={href(['@tasks'])}>{t('tasks.back')}</a>
        </p>
      </>
    );
  }
  return (
    <>
      <p class="crumbs">
        <a href={href(['@tasks'])}>{t('nav.tasks')}</a>
      </p>
      {task.error?.status === 404 ? (
        <>
          <h1>{t('nav.tasks')}</h1>
          <p class="notice">{t('tasks.gone')}</p>
        </>
      ) : (
        <Loaded data={task}>
          {(value) => (
            <>
              <div class="view-head">
                <h1>{value.title || value.touchpoint}</h1>
                <p class="headline">
                  <a href={customerHref(value.customer)}>{value.customer}</a> · {value.journey_title} ·{' '}
                  {value.team}
                </p>
              </div>
              <dl class="facts card">
                <div>
                  <dt>{t('tasks.promised')}</dt>
                  <dd>
                    <Due task={value} />
                  </dd>
                </div>
                <div>
                  <dt>{t('tasks.opened')}</dt>
                  <dd>{moment(value.opened)}</dd>
                </div>
                <div>
                  <dt>{t('tasks.who')}</dt>
                  <dd>{value.claimed_by ?? t('tasks.nobody')}</dd>
                </div>
                <div>
                  <dt>{t('tasks.stands')}</dt>
                  <dd>{value.position_title}</dd>
                </div>
                <div>
                  <dt>
                    {t('tasks.priority')} <What text={t('tasks.priority.what')} />
                  </dt>
                  <dd>
                    {estimate(value.priority)}
                    {value.value !== undefined ? ` (${t('tasks.value', { n: estimate(value.value) })})` : ''}
                  </dd>
                </div>
              </dl>
              <p class="told" role="status">
                {told}
              </p>
              <div class="columns section">
                <div>
                  <h2>{t('tasks.do')}</h2>
                  <Name name={name} onName={onName} />
                  <p class="actions">
                    {value.claimed_by ? (
                      <button type="button" disabled={busy} onClick={() => send(id, 'release', by)}>
                        {t('tasks.release')}
                      </button>
                    ) : (
                      <button
                        type="button"
                        class="primary"
                        disabled={busy}
                        onClick={() => send(id, 'claim', by)}
                      >
                        {t('tasks.claim')}
                      </button>
                    )}
                  </p>
                  <form
                    class="stack"
                    onSubmit={(event) => {
                      event.preventDefault();
                      if (note.trim()) send(id, 'notes', { ...by, text: note.trim() });
                    }}
                  >
                    <label for="note">{t('tasks.note')}</label>
                    <textarea
                      id="note"
                      rows={2}
                      required
                      value={note}
                      onInput={(event) => setNote(event.currentTarget.value)}
                    />
                    <button type="submit" disabled={busy}>
                      {t('tasks.add_note')}
                    </button>
                  </form>
                  <form
                    class="stack"
                    onSubmit={(event) => {
                      event.preventDefault();
                      send(id, 'complete', {
                        ...by,
                        ...(result.trim() ? { result: result.trim() } : {}),
                        ...(text.trim() ? { text: text.trim() } : {}),
                      });
                    }}
                  >
                    <label for="result">{t('tasks.result')}</label>
                    <input
                      id="result"
                      type="text"
                      value={result}
                      aria-describedby="result-help"
                      onInput={(event) => setResult(event.currentTarget.value)}
                    />
                    <p id="result-help" class="quiet">
                      {t('tasks.result_help')}
                    </p>
                    <label for="result-text">{t('tasks.text')}</label>
                    <textarea
                      id="result-text"
                      rows={2}
                      value={text}
                      onInput={(event) => setText(event.currentTarget.value)}
                    />
                    <button type="submit" class="primary" disabled={busy}>
                      {t('tasks.complete')}
                    </button>
                  </form>
                </div>
                <div>
                  <h2>{t('customer.context')}</h2>
                  <ContextFacts
                    context={value.context}
                    more={(value.withheld ?? []).map((field) => [
                      field,
                      <>
                        ••• <span class="quiet">{t('tasks.withheld')}</span>
                      </>,
                    ])}
                  />
                </div>
              </div>
              <Section title={t('tasks.came')}>
                <ol class="timeline">
                  {value.stays.map((stay) => (
                    <li key={stay.entered + stay.touchpoint}>
                      <time dateTime={stay.entered}>{moment(stay.entered)}</time>
                      <span>
                        {stay.title}
                        {stay.channel ? (
                          <span class="quiet"> {t('customer.by', { channel: stay.channel })}</span>
                        ) : null}
                        {stay.feedback ? (
                          <span class="block">
                            {stay.feedback.scale ? word('scale.short', stay.feedback.scale) : ''}{' '}
                            {stay.feedback.score ?? ''}{' '}
                            {stay.feedback.comment ? <q>{stay.feedback.comment}</q> : null}
                          </span>
                        ) : null}
                      </span>
                    </li>
                  ))}
                </ol>
              </Section>
              <Section title={t('tasks.log')}>
                {value.log.length === 0 ? (
                  <Quiet>{t('tasks.no_log')}</Quiet>
                ) : (
                  <ol class="timeline">
                    {value.log.map((item, index) => (
                      <li key={index}>
                        <time dateTime={item.time}>{moment(item.time)}</time>
                        <span>
                          {[word('log', item.what), item.by].filter(Boolean).join(': ')}
                          {item.text ? <q class="block">{item.text}</q> : null}
                        </span>
                      </li>
                    ))}
                  </ol>
                )}
              </Section>
            </>
          )}
        </Loaded>
      )}
    </>
  );
}
