// Views whose script is loaded when they are first opened.

import type { ComponentType, JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { t } from '../i18n';
import { Loading } from './bits';

/// A view of a script beside app.js. One that does not come is asked for again by loading the page anew: browsers keep a
/// failed import in mind, and a script of another version than app.js, after the server was replaced, does not fit it.
export function lazy<P extends object>(load: () => Promise<ComponentType<P>>): ComponentType<P> {
  let known: ComponentType<P> | null = null;
  return function Lazy(props: P): JSX.Element {
    const [state, setState] = useState<'asking' | 'here' | 'failed'>(known ? 'here' : 'asking');
    useEffect(() => {
      if (known) return;
      load().then(
        (view) => {
          known = view;
          setState('here');
        },
        () => setState('failed'),
      );
    }, []);
    if (known) {
      const View: ComponentType<P> = known;
      return <View {...props} />;
    }
    return state === 'failed' ? (
      <div class="notice problem" role="alert">
        <p>{t('error.part')}</p>
        <button type="button" onClick={() => location.reload()}>
          {t('reload')}
        </button>
      </div>
    ) : (
      <Loading />
    );
  };
}
