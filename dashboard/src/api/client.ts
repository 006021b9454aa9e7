// The one place that talks to the server: token, problems (RFC 9457), answers kept by ETag.

export type Params = Record<string, string | number | boolean | undefined | null>;

export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly title: string,
    readonly detail: string,
  ) {
    super(detail || title);
  }
}

const storageKey = 'lotse.token';
let known: string | null = null;
const token = (): string => (known ??= sessionStorage.getItem(storageKey) ?? '');
let onRefused: () => void = () => {};

export const hasToken = (): boolean => token() !== '';

export function setToken(value: string): void {
  known = value;
  kept.clear();
  if (value) sessionStorage.setItem(storageKey, value);
  else sessionStorage.removeItem(storageKey);
}

/// Called when a token that was good is refused (revoked, expired).
export function whenRefused(handler: () => void): void {
  onRefused = handler;
}

export function url(path: string, params: Params = {}): string {
  const query = Object.entries(params)
    .filter(([, value]) => value !== undefined && value !== null && value !== '')
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(String(value))}`);
  return `/v1${path}${query.length ? `?${query.join('&')}` : ''}`;
}

export const headers = (): Record<string, string> => ({ Authorization: `Bearer ${token()}` });

async function problem(response: Response): Promise<ApiError> {
  const body = (await response.json().catch(() => ({}))) as { title?: string; detail?: string };
  return new ApiError(response.status, body.title ?? response.statusText, body.detail ?? '');
}

const kept = new Map<string, { etag: string; body: unknown }>();
const keptMost = 40;

/// Reads; asks with the ETag of the last answer, so that an unchanged report costs the server a look.
export async function get<T>(path: string, params?: Params, signal?: AbortSignal): Promise<T> {
  const address = url(path, params);
  const earlier = kept.get(address);
  const asked = token();
  const response = await fetch(address, {
    headers: { ...headers(), ...(earlier ? { 'If-None-Match': earlier.etag } : {}) },
    cache: 'no-store',
    ...(signal ? { signal } : {}),
  });
  if (response.status === 304 && earlier) return earlier.body as T;
  if (response.status === 401 && asked === token()) onRefused();
  if (!response.ok) throw await problem(response);
  const body = (await response.json()) as T;
  const etag = response.headers.get('ETag');
  if (etag) {
    kept.delete(address);
    kept.set(address, { etag, body });
    if (kept.size > keptMost) kept.delete(kept.keys().next().value!);
  }
  return body;
}

/// A command. `key` is its Idempotency-Key: the same command sent again must bring the same one.
export async function post<T>(path: string, body: unknown, key: string): Promise<T | null> {
  const response = await fetch(url(path), {
    method: 'POST',
    headers: { ...headers(), 'Content-Type': 'application/json', 'Idempotency-Key': key },
    body: JSON.stringify(body),
    cache: 'no-store',
  });
  if (!response.ok) throw await problem(response);
  return response.status === 204 ? null : ((await response.json()) as T);
}

/// Sends JSON beside the commands that post() knows: `more` are further headers, such as If-Match.
export async function send<T>(
  method: 'POST' | 'PUT',
  address: string,
  body: unknown,
  more: Record<string, string> = {},
  signal?: AbortSignal,
): Promise<T> {
  const asked = token();
  const response = await fetch(address, {
    method,
    headers: { ...headers(), 'Content-Type': 'application/json', ...more },
    body: JSON.stringify(body),
    cache: 'no-store',
    ...(signal ? { signal } : {}),
  });
  if (response.status === 401 && asked === token()) onRefused();
  if (!response.ok) throw await problem(response);
  return (await response.json()) as T;
}

export interface Rights {
  reports: boolean; ///< journeys and reports: analysts, admins
  customers: boolean; ///< customers and tasks: agents, admins
}

let reader = '';

/// The name of the token, by which its reader is known; empty before rightsOf() has answered.
export const readerName = (): string => reader;

/// What the token may do. Throws ApiError on 401.
export async function rightsOf(): Promise<Rights> {
  const { name, permissions } = await get<{ name: string; permissions: string[] }>('/me');
  reader = name;
  return {
    reports: permissions.includes('read_reports'),
    customers: permissions.includes('read_customers'),
  };
}
