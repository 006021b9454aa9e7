// What is asked, as whom, and the status of the answer. `invalid`: the request itself breaks the description. `stream`: the
// answer has no end. `direct`: not through Prism, which never answers a body that is no JSON, and which takes every
// `application/…+json` for the first one that is described.
const customer = '/v1/customers/user_id:ada';
const reports = '/v1/reports';

const event = {id: 'c-1', type: 'ordered', time: '2024-03-01T09:30:00Z', ids: {user_id: 'cy'}, properties: {order: 'o9', amount: 1}};
const json = {'content-type': 'application/json'};
const post = (body) => ({operation: 'post_v1_events', method: 'POST', path: '/v1/events', headers: json, as: 'channel', status: 200, body: JSON.stringify(body)});

const cloudEvent = {specversion: '1.0', id: 'ce-1', source: '/shop', type: 'ordered', userid: 'dee', data: {order: 'o10', amount: 2}};
const cloud = (type, body, headers) => ({operation: 'post_v1_cloudevents', method: 'POST', path: '/v1/cloudevents', as: 'channel', status: 200,
  headers: {'content-type': type, ...headers}, body: JSON.stringify(body)});
const structured = 'application/cloudevents+json';

const message = {messageId: 'm-1', event: 'Ordered', userId: 'eli', timestamp: '2024-03-01T09:30:00Z', properties: {order: 'o11'}};
const segment = (path, body, more) => ({operation: `post_${path.slice(1).replaceAll('/', '_')}`, method: 'POST', path, as: 'channel', status: 200,
  headers: json, body: JSON.stringify(body), type: 'application/json', ...more});
const batch = {batch: [{type: 'track', ...message}, {type: 'unheard of'}], sentAt: '2024-03-01T09:30:01Z'};

export const calls = [
  post(event),
  post([{...event, id: 'c-2'}, {...event, id: 'c-2'}, {...event, id: 'c-3', ids: {}}]),
  {...post(event), body: `${JSON.stringify({...event, id: 'c-4'})}\n`, headers: {'content-type': 'application/x-ndjson'}},
  {...post(event), as: 'analyst', status: 403},
  {...post(event), as: 'revoked', status: 401},
  {...post({...event, id: 'c-5', type: ''}), invalid: true},
  {...post(event), body: '{"id": ', status: 400, direct: true},
  cloud(structured, cloudEvent),
  {...cloud('application/cloudevents-batch+json', [{...cloudEvent, id: 'ce-2'}, {...cloudEvent, id: 'ce-3'}]), direct: true},
  cloud('text/json', cloudEvent.data, {'ce-specversion': '1.0', 'ce-id': 'ce-4', 'ce-source': '/shop', 'ce-type': 'ordered', 'ce-userid': 'dee'}),
  {...cloud(structured, {...cloudEvent, id: 'ce-5', time: 'soon'}), status: 400},
  {...cloud(structured, {...cloudEvent, source: ''}), status: 400, invalid: true},
  {...cloud('text/json', cloudEvent.data), status: 415},
  {...cloud(structured, cloudEvent), as: 'agent', status: 403},
  {...cloud(structured, cloudEvent), as: 'garbage', status: 401},
  {operation: 'options_v1_cloudevents', method: 'OPTIONS', path: '/v1/cloudevents', headers: {'webhook-request-origin': 'shop.example'}, status: 200},
  ...['track', 't', 'identify', 'i', 'page', 'p', 'screen', 's', 'group', 'g', 'alias', 'a'].map((call) =>
    segment(`/v1/${call}`, {...message, messageId: `m-${call}`, previousId: 'elias', groupId: 'g1', traits: {plan: 'fibre'}})),
  ...['/v1/batch', '/v1/b', '/beacon/v1/batch'].map((path) => segment(path, batch)),
  segment('/v1/batch', {batch: 'none'}, {status: 400, invalid: true}),
  segment('/v1/t', message, {as: undefined, body: JSON.stringify({...message, writeKey: 'unknown'}), status: 401}),
  segment('/v1/t', message, {as: 'analyst', status: 401}),
  segment('/v1/t', message, {headers: {...json, 'content-encoding': 'br'}, status: 400, direct: true}),
  segment('/v1/t', message, {headers: {'content-type': 'text/plain'}}),
  segment('/v1/t', message, {body: '{"event":', status: 400, direct: true}),
  segment('/v1/m', {series: []}, {as: undefined, status: 204, type: undefined}),
  {operation: 'get_v1_projects_key_settings', path: '/v1/projects/shop/settings', status: 200, type: 'application/json'},
  {operation: 'get_sourceconfig', path: '/sourceConfig?writeKey=shop', status: 200, type: 'application/json'},
  {operation: 'get_sourceconfig_', path: '/sourceConfig/?writeKey=shop', status: 200, type: 'application/json'},
  {operation: 'getCustomer', path: customer, as: 'agent', status: 200, type: 'application/json'},
  {operation: 'getCustomer', path: customer, as: 'agent_sensitive', status: 200},
  {operation: 'getCustomer', path: '/v1/customers/ada?as_of=2024-03-01T09:03:30Z&known_at=now', as: 'agent', status: 200},
  {operation: 'getCustomer', path: '/v1/customers/bob', as: 'agent', status: 409, type: 'application/problem+json'},
  {operation: 'getCustomer', path: '/v1/customers/eve', as: 'agent', status: 404},
  {operation: 'getCustomer', path: `${customer}?as_of=soon`, as: 'agent', status: 400},
  {operation: 'getCustomer', path: customer, as: 'analyst', status: 403},
  {operation: 'getCustomer', path: customer, as: 'expired', status: 401},
  {operation: 'getCustomerTimeline', path: `${customer}/timeline`, as: 'agent', status: 200},
  {operation: 'getCustomerTimeline', path: `${customer}/timeline?limit=2&before=5`, as: 'admin', status: 200},
  {operation: 'getCustomerTimeline', path: `${customer}/timeline?limit=0`, as: 'agent', status: 400, invalid: true},
  {operation: 'getCustomerTimeline', path: `${customer}/timeline?limit=many`, as: 'agent', status: 400, invalid: true},
  {operation: 'getCustomerWhy', path: `${customer}/why?touchpoint=call`, as: 'agent', status: 200, type: 'application/json'},
  {operation: 'getCustomerWhy', path: `${customer}/why?touchpoint=paid&journey=order&as_of=2024-03-01T09:03:30Z`, as: 'admin', status: 200},
  {operation: 'getCustomerWhy', path: `${customer}/why?touchpoint=cal`, as: 'agent', status: 404},
  {operation: 'getCustomerWhy', path: `${customer}/why`, as: 'agent', status: 400, invalid: true},
  {operation: 'getCustomerWhy', path: `${customer}/why?touchpoint=call`, as: 'analyst', status: 403},
  {operation: 'listJourneys', path: '/v1/journeys', as: 'analyst', status: 200},
  {operation: 'getJourney', path: '/v1/journeys/order', as: 'analyst', status: 200},
  {operation: 'getJourney', path: '/v1/journeys/order?version=1', as: 'analyst', status: 200},
  {operation: 'getJourney', path: '/v1/journeys/order?version=9', as: 'analyst', status: 404},
  {operation: 'getJourney', path: '/v1/journeys/claim', as: 'admin', status: 200},
  {operation: 'getJourneyMap', path: '/v1/journeys/order/map', as: 'analyst', status: 200, type: 'image/svg+xml'},
  {operation: 'getJourneyMap', path: '/v1/journeys/order/map?format=dot', as: 'analyst', status: 200, type: 'text/vnd.graphviz'},
  {operation: 'getJourneyMap', path: '/v1/journeys/order/map?format=mermaid', as: 'analyst', status: 200, type: 'text/plain'},
  {operation: 'getJourneyMap', path: '/v1/journeys/order/map?format=json&deviations=true', as: 'analyst', status: 200, type: 'application/json'},
  {operation: 'getJourneyMap', path: '/v1/journeys/order/map?format=json&counts=false', as: 'analyst', status: 200},
  {operation: 'getJourneyMap', path: '/v1/journeys/order/map?format=png', as: 'analyst', status: 400, invalid: true},
  ...[['friction', 'getFrictionReport'], ['kpi', 'getKpiReport'], ['experiment', 'getExperimentReport']].flatMap(([report, operation]) => {
    const at = `${reports}/${report}?journey=order`;
    return [
      {operation, path: at, as: 'analyst', status: 200, type: 'application/json'},
      {operation, path: `${at}&from=2024-01-01&to=2024-04-01&as_of=2024-04-01`, as: 'admin', status: 200},
      {operation, path: `${at}&format=csv`, as: 'analyst', status: 200, type: 'text/csv'},
      {operation, path: `${at}&format=md`, as: 'analyst', status: 200, type: 'text/markdown'},
      {operation, path: `${at}&format=table`, as: 'analyst', status: 200, type: 'text/plain'},
      {operation, path: `${at}&format=xml`, as: 'analyst', status: 400, invalid: true},
      {operation, path: `${reports}/${report}?journey=none`, as: 'analyst', status: 404},
      {operation, path: `${reports}/${report}`, as: 'analyst', status: 400},
      {operation, path: at, as: 'agent', status: 403},
    ];
  }),
  {operation: 'getFrictionReport', path: `${reports}/friction?journey=order&by=channel&q=0.2`, as: 'analyst', status: 200},
  {operation: 'getFrictionReport', path: `${reports}/friction?journey=order&where=${encodeURIComponent('channel == "web"')}`, as: 'analyst', status: 200},
  {operation: 'getFrictionReport', path: `${reports}/friction?journey=order&q=0.9`, as: 'analyst', status: 400, invalid: true},
  {operation: 'getKpiReport', path: `${reports}/kpi?journey=order&churn_after=2d`, as: 'analyst', status: 200},
  {operation: 'getExperimentReport', path: `${reports}/experiment?journey=order&mature=14d`, as: 'analyst', status: 200},
  {operation: 'getExperimentReport', path: `${reports}/experiment?journey=order&split=none`, as: 'analyst', status: 404},
  {operation: 'getExperimentReport', path: `${reports}/experiment?journey=order&mature=soon`, as: 'analyst', status: 400},
  {operation: 'streamChanges', path: '/v1/changes', as: 'analyst', status: 200, type: 'text/event-stream', stream: true},
  {operation: 'streamChanges', path: '/v1/changes', as: 'agent', status: 403},
  {operation: 'listRejects', path: '/v1/rejects', as: 'admin', status: 200},
  {operation: 'listRejects', path: '/v1/rejects?limit=1&before=100', as: 'admin', status: 200},
  {operation: 'listRejects', path: '/v1/rejects', as: 'channel', status: 403},
  {operation: 'reloadWorkspace', method: 'POST', path: '/v1/admin/reload', as: 'admin', status: 200, type: 'application/json'},
  {operation: 'reloadWorkspace', method: 'POST', path: '/v1/admin/reload', as: 'analyst', status: 403},
  {operation: 'getHealth', path: '/healthz', status: 200, type: 'text/plain'},
  {operation: 'getReadiness', path: '/readyz', status: 200, type: 'text/plain'},
  {operation: 'getMetrics', path: '/metrics', as: 'analyst', status: 200, type: 'text/plain'},
  {operation: 'getMetrics', path: '/metrics', as: 'agent', status: 403},
  {operation: 'getOpenApi', path: '/v1/openapi.yaml', status: 200, type: 'application/yaml'},
  // What is there but once is asked for through Prism only, and last.
  {operation: 'exportCustomer', as: 'admin', path: '/v1/customers/user_id:ada/export', status: 200, type: 'application/json'},
  {operation: 'exportCustomer', as: 'admin', path: '/v1/customers/user_id:nobody/export', status: 404},
  {operation: 'backUpStore', as: 'admin', method: 'POST', path: '/v1/admin/backup', status: 201, once: true},
  {operation: 'eraseCustomer', as: 'admin', method: 'DELETE', path: '/v1/customers/user_id:nobody', status: 404},
  {operation: 'eraseCustomer', as: 'admin', method: 'DELETE', path: '/v1/customers/user_id:ada', status: 204, once: true},
];
