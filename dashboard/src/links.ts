// Where links lead. The filters go along from view to view; what belongs to one view alone does not.

import { href } from './router';

export type Query = Record<string, string>;

const shared = ['from', 'to', 'as_of', 'by', 'channel', 'where'];

export const keepQuery = (query: Query): Query =>
  Object.fromEntries(shared.flatMap((name) => (query[name] ? [[name, query[name]!]] : [])));

export const viewHref = (journey: string, view: string, query: Query, id?: string): string =>
  href(id === undefined ? [journey, view] : [journey, view, id], keepQuery(query));
export const touchpointHref = (journey: string, id: string, query: Query): string =>
  viewHref(journey, 'touchpoint', query, id);
export const findingHref = (journey: string, id: string, query: Query): string =>
  viewHref(journey, 'finding', query, id);
export const customerHref = (id: string): string => href(['@customers', id]);
