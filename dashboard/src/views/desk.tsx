// desk.js: where journeys are written. A view of a journey opens its file; beside journeys stands the list of all files.

import type { JSX } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { ApiError } from '../api/client';
import type { Journey } from '../api/types';
import { useData } from '../data';
import type { DeskAnswer, DeskFile } from '../desk/api';
import { Desk } from '../desk/desk';
import '../desk/desk.css';
import { fresh, keptDraft } from '../desk/kept';
import { Shapes, type Schema } from '../desk/schema';
import { snippetText } from '../desk/snippet';
import { count } from '../format';
import { plural, t } from '../i18n';
import { go, href, rename } from '../router';
import { Choice, DataTable, Loaded, Loading, Num, Problem, Sub, ViewHead } from '../widgets/bits';
import type { ViewProps } from './context';

export const build = __BUILD__;

const firstName = 'journeys/first-order.yaml';

/// The schema that the server checks journeys by lies beside the page; one reading serves all drafts.
let schema: Promise<Schema> | null = null;

async function readSchema(): Promise<Schema> {
  const response = await fetch('./journey.schema.json');
  if (!response.ok) throw new ApiError(response.status, response.statusText, '');
  return (await response.json()) as Schema;
}

function useShapes(): Shapes | ApiError | null {
  const [shapes, setShapes] = useState<Shapes | ApiError | null>(null);
  useEffect(() => {
    schema ??= readSchema();
    schema.then(
      (found) => setShapes(new Shapes(found)),
      (error: unknown) => {
        schema = null;
        setShapes(error instanceof ApiError ? error : new ApiError(0, '', ''));
      },
    );
  }, []);
  return shapes;
}

interface OpenProps {
  desk: DeskAnswer;
  file: string;
  begin?: (shapes: Shapes) => string;
  running?: Journey | null;
  nameless?: boolean;
  line?: string | undefined;
  onPublished: () => void;
}

/// The desk with one file on it, once the schema is there.
function Open({ desk, file, begin, running = null, nameless, line, onPublished }: OpenProps): JSX.Element {
  const shapes = useShapes();
  const text = useMemo(() => (shapes instanceof Shapes && begin ? begin(shapes) : null), [shapes]);
  if (shapes === null) return <Loading />;
  if (shapes instanceof ApiError) return <Problem error={shapes} retry={() => location.reload()} />;
  return (
    <Desk
      key={begin ? 'new' : file}
      desk={desk}
      shapes={shapes}
      file={file}
      begin={text}
      running={running}
      nameless={nameless ?? false}
      line={Number(line) || undefined}
      onPublished={onPublished}
    />
  );
}

/// The file of a journey that is opened by itself: that of its newest version.
export const newestOf = (files: readonly DeskFile[], journey: string): DeskFile | undefined =>
  files.filter((one) => one.journey === journey).sort((a, b) => (b.version ?? 0) - (a.version ?? 0))[0];

export function DeskView({ journey, query, reload }: ViewProps): JSX.Element {
  const desk = useData<DeskAnswer>('/desk');
  return (
    <Loaded data={desk}>
      {(answer) => {
        const own = answer.files.filter((one) => one.journey === journey.id);
        const file = own.find((one) => one.file === query['file']) ?? newestOf(own, journey.id);
        return (
          <>
            <div class="view-head desk-head">
              <h1>{journey.title || journey.id}</h1>
              {own.length > 1 && file ? (
                <Choice
                  label={t('desk.file')}
                  value={file.file}
                  options={own.map((one) => [
                    one.file,
                    `${one.file} · ${t('version', { n: one.version ?? '?' })}`,
                  ])}
                  onPick={(name) => go([journey.id, 'desk'], { file: name })}
                />
              ) : (
                <p class="quiet">{file?.file}</p>
              )}
            </div>
            {file ? (
              <Open
                desk={answer}
                file={file.file}
                running={journey}
                onPublished={() => {
                  reload();
                  desk.reload();
                }}
              />
            ) : (
              <p class="notice">
                {t('desk.no_file')} <a href={href(['@desk'])}>{t('desk.all_files')}</a>
              </p>
            )}
          </>
        );
      }}
    </Loaded>
  );
}

export function DeskHome({
  id,
  query,
  reload,
}: {
  id: string | undefined;
  query: Record<string, string>;
  reload: () => void; ///< reads the list of journeys anew
}): JSX.Element {
  const desk = useData<DeskAnswer>('/desk');
  const published = (): void => {
    desk.reload();
    reload();
  };
  return (
    <Loaded data={desk}>
      {(answer) =>
        id === 'new' && answer.writable ? (
          <NewJourney desk={answer} onPublished={published} />
        ) : id === 'open' && query['file'] ? (
          <>
            <div class="view-head desk-head">
              <h1>{query['file']}</h1>
            </div>
            <Open desk={answer} file={query['file']} line={query['line']} onPublished={published} />
          </>
        ) : (
          <Files desk={answer} />
        )
      }
    </Loaded>
  );
}

function Files({ desk }: { desk: DeskAnswer }): JSX.Element {
  return (
    <>
      <ViewHead title={t('nav.desk')}>{t('desk.lead')}</ViewHead>
      <DataTable
        caption={t('desk.files')}
        cols={[t('journey'), t('desk.file'), `#${t('plan.version_col')}`, t('desk.state')]}
      >
        {desk.files.map((one) => (
          <tr key={one.file}>
            <th scope="row">
              <a href={href(['@desk', 'open'], { file: one.file })}>{one.title || one.journey || one.file}</a>
              <Sub>{one.journey}</Sub>
            </th>
            <td>{one.file}</td>
            <Num>{one.version === null ? '–' : count(one.version)}</Num>
            <td>
              {one.errors > 0
                ? plural('desk.errors', one.errors, count(one.errors))
                : t(one.published ? 'desk.state.published' : 'desk.state.draft')}
            </td>
          </tr>
        ))}
      </DataTable>
      <p class="section">
        {desk.writable ? (
          <a class="button" href={href(['@desk', 'new'])}>
            {t('desk.new')}
          </a>
        ) : (
          t(desk.hindrance === 'folder' ? 'desk.read_folder' : 'desk.read_only')
        )}
      </p>
    </>
  );
}

/// A new file, which begins as the schema's own example of a journey. Its name is free until it is published; from then on
/// the address is that of the file, and what is shown stays.
function NewJourney({ desk, onPublished }: { desk: DeskAnswer; onPublished: () => void }): JSX.Element {
  const [file, setFile] = useState(() => keptDraft(fresh)?.name ?? firstName);
  const [wanted, setWanted] = useState(file);
  const [published, setPublished] = useState(false);
  const here = useRef(true);
  useEffect(() => () => void (here.current = false), []);
  const taken = !published && desk.files.some((one) => one.file === wanted);
  return (
    <>
      <div class="view-head desk-head">
        <h1>{t('desk.new')}</h1>
        <label>
          {t('desk.file')}{' '}
          <input
            type="text"
            value={wanted}
            spellcheck={false}
            readOnly={published}
            required
            aria-invalid={taken || !wanted}
            aria-describedby={taken ? 'desk-taken' : undefined}
            onInput={(event) => setWanted(event.currentTarget.value.trim())}
            onChange={() => (taken || !wanted ? undefined : setFile(wanted))}
          />
        </label>
        {taken ? (
          <p class="bad" id="desk-taken" role="alert">
            {t('desk.taken')}
          </p>
        ) : null}
      </div>
      <Open
        desk={desk}
        file={file}
        begin={(shapes) => `${snippetText(shapes.snippets([])[0]?.body ?? {}, 0)}\n`}
        nameless={taken || !wanted}
        onPublished={() => {
          setPublished(true);
          if (here.current) rename(['@desk', 'open'], { file });
          onPublished();
        }}
      />
    </>
  );
}
