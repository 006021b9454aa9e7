// Views whose script is loaded when they are first opened, and what is shown where a part of the page fails.

import { Component, type ComponentChildren, type ComponentType, type JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { t } from '../i18n';
import { Loading } from './bits';

/// What each script beside app.js says of itself.
export interface Part {
  build: string; ///< of the sources that it was built from; vite.config.ts makes it
}

/// Scripts of two builds do not fit each other, though they may well load: their names are shortened anew each time.
export function ofThisBuild<M extends Part>(part: M, build = __BUILD__): M {
  if (part.build !== build) throw new Error(`a script of build ${part.build} beside app.js of ${build}`);
  return part;
}

const Failed = (): JSX.Element => (
  <div class="notice problem" role="alert">
    <p>{t('error.part')}</p>
    <button type="button" onClick={() => location.reload()}>
      {t('reload')}
    </button>
  </div>
);

/// A view of a script beside app.js. One that does not come, or is of another build since the server was replaced, is asked for
/// again by loading the page anew: browsers keep a failed import in mind.
export function lazy<M extends Part, P extends object>(
  load: () => Promise<M>,
  view: (part: M) => ComponentType<P>,
): ComponentType<P> {
  let known: ComponentType<P> | null = null;
  return function Lazy(props: P): JSX.Element {
    const [state, setState] = useState<'asking' | 'here' | 'failed'>(known ? 'here' : 'asking');
    useEffect(() => {
      if (known) return;
      load()
        .then((part) => {
          known = view(ofThisBuild(part));
          setState('here');
        })
        .catch(() => setState('failed'));
    }, []);
    if (known) {
      const View: ComponentType<P> = known;
      return <View {...props} />;
    }
    return state === 'failed' ? <Failed /> : <Loading />;
  };
}

interface BoundaryProps {
  of: string; ///< what it holds: something else is tried anew
  children: ComponentChildren;
}

/// Whatever fails within is told in its place, and the rest of the page stays.
export class Boundary extends Component<BoundaryProps, { failed: boolean }> {
  override state = { failed: false };
  static override getDerivedStateFromError(): { failed: boolean } {
    return { failed: true };
  }
  override componentDidCatch(error: unknown): void {
    console.error(error);
  }
  override componentDidUpdate(before: BoundaryProps): void {
    if (this.state.failed && before.of !== this.props.of) this.setState({ failed: false });
  }
  override render(): ComponentChildren {
    return this.state.failed ? <Failed /> : this.props.children;
  }
}
