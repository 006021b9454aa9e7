// Data for components: asked for when the question changes, kept on the screen while the next answer is on its way.

import { useCallback, useEffect, useState } from 'preact/hooks';
import { ApiError, get, type Params } from './api/client';

export interface Data<T> {
  value: T | null;
  error: ApiError | null;
  loading: boolean;
  reload: () => void;
}

/// `path` null: nothing is asked. A value of another path is not shown as if it were of this one.
export function useData<T>(path: string | null, params: Params = {}): Data<T> {
  const question = path === null ? null : JSON.stringify([path, params]);
  const [state, setState] = useState<{
    path: string | null;
    value: T | null;
    error: ApiError | null;
    loading: boolean;
  }>({ path: null, value: null, error: null, loading: path !== null });
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    if (question === null) {
      setState({ path: null, value: null, error: null, loading: false });
      return undefined;
    }
    const [asked, query] = JSON.parse(question) as [string, Params];
    const abort = new AbortController();
    setState((before) => ({ ...before, value: before.path === asked ? before.value : null, loading: true }));
    get<T>(asked, query, abort.signal).then(
      (value) => setState({ path: asked, value, error: null, loading: false }),
      (error: unknown) => {
        if (abort.signal.aborted) return;
        const told = error instanceof ApiError ? error : new ApiError(0, '', '');
        setState({ path: asked, value: null, error: told, loading: false });
      },
    );
    return () => abort.abort();
  }, [question, turn]);
  const reload = useCallback(() => setTurn((before) => before + 1), []);
  return { value: state.value, error: state.error, loading: state.loading, reload };
}
