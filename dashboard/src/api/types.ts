// What the page reads of the API's answers; schemas/openapi.yaml describes them in full.

export type Interval = [number, number];
export type Verdict = 'confirmed' | 'suspected' | 'inconclusive' | 'fine' | 'none';
export type Kind = 'inbound' | 'milestone' | 'outbound' | 'handover';
export type Turn = 'customer' | 'us' | 'third_party';
export type Scale = 'nps' | 'csat5' | 'ces7' | 'stars' | 'sentiment';
export type Cause = 'open' | 'advanced' | 'hopped' | 'went_back' | 'dropped' | 'exited' | 'achieved';
export const signals = [
  'drop_off',
  'negative_feedback',
  'broken_promise',
  'escalation',
  'forced_hop',
  'repeat',
  'lost_context',
] as const;
export type Signal = (typeof signals)[number];

export interface JourneyShort {
  id: string;
  title: string;
  owner: string;
  description: string;
  version: number;
  stages: string[];
  touchpoints: number;
  latest: string | null; ///< the log's latest event
}

export interface Transition {
  to: string | null;
  trigger: 'event' | 'at_once' | 'elapsed' | 'calendar';
  on: string[];
  when: string | null;
  after: string | null;
}

export interface Touchpoint {
  id: string;
  title: string;
  description: string;
  kind: Kind;
  turn: Turn;
  owner: string;
  stage: string | null;
  channels: string[];
  on: string[];
  when: string | null;
  start: boolean;
  goal: boolean;
  ends: string | null;
  moment_of_truth: boolean;
  abandon_after: string;
  promise: string | null;
  target: number | null;
  team: string | null;
  template: string | null;
  purpose: string | null;
  asks: string[];
  needs: string[];
  next: Transition[];
}

export interface Journey {
  id: string;
  title: string;
  owner: string;
  version: number;
  latest: string | null;
  description: string;
  abandon_after: string;
  value: string | null;
  stages: string[];
  versions: { version: number; in_force: string | null }[];
  channels: { id: string; title: string; human: boolean }[];
  segments: { name: string; value: string }[];
  promises: { name: string; from: string; until: string; within: string | null; by: string | null }[];
  touchpoints: Touchpoint[];
  anywhere: Transition[];
}

export interface Segments {
  segments: { name: string; values: string[]; more: number }[];
}

export interface JourneyMap {
  version: number;
  stages: string[];
  touchpoints: { id: string; entered?: number; open?: number; drop_off?: number | null }[];
  flows: { from: string; to: string; count: number; deviation: boolean }[];
}

export interface Proportion {
  x: number;
  n: number;
  rate: number;
  interval: Interval;
}

export interface Judgement {
  verdict: Verdict;
  rate: number;
  shrunk: number;
  interval: Interval;
  n_eff: number;
  baseline_source: 'none' | 'target' | 'history' | 'peers' | 'pooled_peers';
  baseline: number | null;
  margin: number;
  excess: Interval | null;
  tested: boolean;
  p_plain: number;
  p_material: number;
  affected: number;
  affected_low: number;
  reach: number;
  more_needed: number;
}

export interface Feedback {
  negative: Proportion;
  answered: Proportion;
  non_response_bounds: Interval | null;
  scales: {
    scale: Scale;
    responses: number;
    negative: number;
    mean: number;
    standard_error: number;
    nps: number | null;
    nps_standard_error: number | null;
  }[];
}

export interface Share {
  share: number;
  interval: Interval;
}

export interface Row {
  touchpoint: string;
  label: string;
  part: string | null;
  title: string;
  stage: string | null;
  owner: string | null;
  kind: Kind;
  turn: Turn;
  moment_of_truth: boolean;
  versions: number[];
  entered: number;
  resolved: number;
  open: number;
  mature: number;
  customers: number;
  n_eff: number;
  window_seconds: number | null;
  horizon_seconds: number;
  split: Record<Cause, Share>;
  dwell: { median_seconds: number | null; p90_seconds: number | null; restricted_mean_seconds: number };
  past_promise: Proportion;
  mean_lateness_seconds: number;
  deviations: number;
  waste: { repeats: number; hops: number; returns: number; stays: number; hours: number };
  hops: {
    designed: number;
    forced: number;
    assist_pull: number;
    pairs: { from: string; to: string; forced: number; designed: number }[];
  };
  feedback: Feedback;
  value_entered: number;
  value_dropped: number;
  daily: number;
  judged: Record<Signal, Judgement | null>;
  timers: {
    unit: 'hour' | 'day';
    index: number;
    silence: boolean;
    events: number;
    hazard: number;
    neighbours: number;
    ratio: number | null;
    declared: string | null;
  }[];
}

export interface Concentration {
  conditions: { attribute: string; value: string }[];
  n: number;
  x: number;
  n_share: number;
  x_share: number;
  rate: number;
  interval: Interval;
  rate_elsewhere: number;
  interval_elsewhere: Interval;
  excess: number;
  p: number;
  adjusted: { attribute: string; odds_ratio: { ratio: number; interval: Interval } } | null;
  proxy: boolean;
}

export interface Driver {
  what: string;
  touchpoint: string | null;
  words: string;
  sign_changes: boolean;
  at: {
    with: number;
    dropped_with: number;
    without: number;
    dropped_without: number;
    tested: boolean;
    difference: number;
    interval: Interval;
    p: number;
  }[];
}

export interface CommentWords {
  comments: number;
  customers: number;
  too_few: boolean;
  words: {
    text: string;
    customers: number;
    other_customers: number;
    log_odds_ratio: number;
    z: number;
    p: number;
  }[];
  examples: string[];
}

export const findingStates = ['open', 'seen', 'in_progress', 'mended', 'accepted'] as const;

/// What was said last of a finding; all but `state` null while it is open.
export interface FindingStanding {
  state: (typeof findingStates)[number];
  at: string | null;
  by: string | null;
  note: string | null;
  since: string | null;
}

export interface FindingHistory {
  changes: (FindingStanding & { at: string })[];
}

interface MendedRate {
  rate: number;
  n: number;
  interval: Interval;
}

/// Of what is claimed mended, the stays since against those before.
export interface SinceMended {
  verdict: 'better' | 'no_difference' | 'worse' | 'inconclusive';
  since: string;
  before: MendedRate | null;
  now: MendedRate | null;
  difference: number | null;
  interval: Interval | null;
  unsettled: 'too_early' | 'few_before' | 'few_since' | 'near_margin' | null;
  more_needed: number | null;
  ready: string | null;
}

export interface Finding {
  id: string;
  state: FindingStanding;
  since_mended: SinceMended | null;
  verdict: Verdict;
  signal: Signal;
  scope: 'touchpoint' | 'part' | 'overall';
  touchpoint: string | null;
  label: string | null;
  part: string | null;
  owner: string | null;
  hours: number;
  value_at_stake: number;
  what_if_achieved: number | null;
  ready: string | null;
  judgement: Judgement;
  concentrates: { found: Concentration[] } | null;
  drivers: { landmarks: { after_seconds: number; there: number }[]; found: Driver[] } | null;
  words: CommentWords | null;
}

export interface FrictionReport {
  journey: string;
  title: string;
  as_of: string;
  from: string | null;
  to: string | null;
  by: string | null;
  where: string | null;
  q: number;
  customers: number;
  instances: number;
  stays: number;
  achieved: number;
  achieved_predicted: number | null;
  achieved_observed: number | null;
  history_matters: boolean;
  judged_fine: number;
  unattributed_feedback: number;
  parts_left_out: number;
  signals: { signal: Signal; tested: number; shown: number; expected_false: number }[];
  findings: Finding[];
  states: { finding: string; state: FindingStanding; since_mended: SinceMended | null }[];
  touchpoints: Row[];
  parts: Row[];
  moves: { from: string; to: string; advanced: number; went_back: number; deviation: number }[];
  promises: { name: string; task: boolean; made: number; broken: Proportion }[];
  currencies: {
    customers_lost: number;
    customers_lost_low: number;
    unhappy: number;
    unhappy_low: number;
    hours: number;
    value: number;
  };
  lost_context: { touchpoint: string; field: string; what: 'asked_again' | 'missing'; stays: number }[];
}

export interface ExplanationFigures {
  population: {
    customers: number;
    instances: number;
    stays: number;
    from: string | null;
    to: string | null;
    where: string | null;
    achieved_observed: number | null;
  };
  stays: {
    entered: number;
    customers: number;
    resolved: number;
    open: number;
    mature: number;
    horizon_seconds: number;
  } | null;
  estimate: {
    x: number | null;
    n: number | null;
    variance: number | null;
    design_effect: number | null;
    mean_lateness_seconds: number | null;
    n_eff: number;
    rate: number;
    interval: Interval;
  };
  baseline: {
    source: Judgement['baseline_source'];
    rate: number | null;
    cells: number;
    shrunk: number;
    from: string | null;
    to: string | null;
  };
  test: {
    excess: number;
    excess_interval: Interval;
    margin: number;
    tested: boolean;
    more_needed: number;
    q: number;
    m: number;
    p_plain_alone: number | null;
    p_plain: number | null;
    p_material_alone: number | null;
    p_material: number | null;
    explained: { segment: string; odds_ratio: number; adjusted: number } | null;
    affected: number;
    affected_low: number;
    reach: number;
  } | null;
}

export interface Explanation {
  id: string;
  verdict: Verdict;
  as_of: string;
  figures: ExplanationFigures;
  curve: {
    until_seconds: number;
    at_risk: number;
    left: number;
    cases: number;
    open: number;
    share: number;
    interval: Interval;
    remaining: number;
  }[];
  peers: { cell: string; x: number; n_eff: number }[];
  cases: { when: string; customer: string | null }[];
}

export interface TrendReport {
  points: {
    from: string;
    to: string;
    entered: number;
    mature: number;
    rate: number | null;
    interval: Interval | null;
  }[];
}

export interface Score {
  scale: Scale;
  headline: number;
  interval: Interval;
  mean: number;
  standard_error: number;
  negative: number;
  responses: number;
  customers: number;
}

export interface KpiReport {
  as_of: string;
  from: string;
  to: string;
  churn_after_days: number | null;
  unattributed_feedback: number;
  rows: {
    level: 'journey' | 'stage' | 'segment';
    name: string;
    part: string;
    customers: number;
    instances: number;
    achieved: number;
    scores: Score[];
    churn: {
      by_90_days: number | null;
      by_365_days: number | null;
      at_start: number;
      lost: number;
      median_lifetime_days: number | null;
    } | null;
    lifetime_value: {
      basket: number;
      frequency_per_year: number;
      lifetime_years: number;
      value: number;
    } | null;
  }[];
}

export interface Estimate {
  rate: number;
  n_eff: number;
  interval: Interval;
}

export interface ScorecardRow {
  level: 'journey' | 'stage' | 'segment';
  name: string;
  part: string;
  customers: number;
  journeys: number;
  achieved: number;
  dropped: number;
  ended: number;
  open: number;
  experience: {
    score: { headline: number; interval: Interval; responses: number } | null;
    answers: number;
    negative: number;
    dropped: Estimate | null;
    hours: number;
    hours_waiting: number;
    broken_promise: Estimate | null;
    handovers: number;
    repeats: number;
    returns: number;
    hours_wasted: number;
  };
  business: {
    achieved: Estimate | null;
    value_achieved: number | null;
    value_lost: number | null;
    handover_cost: number | null;
    handovers_without_cost: number;
    churn_by_90_days: number | null;
    lifetime_value: number | null;
  };
}

export interface ShareDifference {
  n_with: number;
  n_without: number;
  with: number;
  without: number;
  difference: number;
  interval: Interval;
  within_days: number;
}

export interface Scorecard {
  title: string;
  as_of: string;
  churn_after_days: number | null;
  scale: Scale | null;
  teams_without_cost: string[];
  median_days: number | null;
  rows: ScorecardRow[];
  comparisons: {
    contrast: 'negative_answer' | 'friction';
    landmark_days: number | null;
    with: number;
    without: number;
    achieved: ShareDifference | null;
    churned: ShareDifference | null;
  }[];
}

export interface RiskReport {
  as_of: string;
  matching: number;
  customers_hidden: boolean;
  touchpoints: {
    touchpoint: string;
    label: string;
    title: string;
    window: number;
    reach: number;
    in_flight: number;
    untold: number;
    expected: number;
    at_stake: number | null;
  }[];
  customers: {
    customer: string;
    touchpoint: string;
    channel: string | null;
    entered: string;
    age: number;
    repeated: boolean;
    risk: number;
    interval: Interval;
    by: string;
    silent_at: string | null;
    value: number | null;
    at_stake: number | null;
  }[];
  quality: { judged: number; dropped: number; expected: number; brier: number | null; skill: number | null };
}

export interface Incident {
  id: string;
  kind: 'drop_off' | 'silence';
  touchpoint: string;
  title: string;
  owner: string;
  started: string;
  opened: string;
  closed: string | null;
  recovered: string | null;
  drop_off: {
    before: number;
    since: number;
    scored: number;
    dropped: number;
    lost: number;
    lost_interval: Interval;
    parts: { cut: string; value: string; before: number; since: number; scored: number; dropped: number }[];
  } | null;
  silence: { expected: number; dispersion: number } | null;
  watched: number;
}

export interface IncidentReport {
  as_of: string;
  streams: number;
  touchpoints: number;
  incidents: Incident[];
}

export interface ComparedRate {
  rate: number;
  interval: Interval;
  n: number;
  n_eff: number;
}
export interface Decomposition {
  cut: string;
  difference: number;
  mix: number;
  rate: number;
  residual: number;
  reversal: boolean;
  parts: {
    part: string;
    share_before: number;
    share_now: number;
    before: ComparedRate | null;
    now: ComparedRate | null;
    mix: number;
    rate: number;
    large: boolean;
  }[];
}
export interface SignalChange {
  signal: 'drop_off' | 'negative_feedback' | 'broken_promise';
  verdict: 'worse' | 'better' | 'no_change_seen' | 'too_few';
  before: ComparedRate | null;
  now: ComparedRate | null;
  difference: number | null;
  interval: Interval | null;
  p_adjusted: number | null;
  cut_short: boolean;
  splits: Decomposition[];
}
export interface ComparedSide {
  version: number | null;
  from: string | null;
  to: string | null;
  customers: number;
  instances: number;
  stays: number;
  mature: number;
  at_risk: number;
}
export interface ComparisonReport {
  as_of: string;
  compared: 'periods' | 'versions';
  before: ComparedSide;
  now: ComparedSide;
  touchpoints: {
    touchpoint: string;
    label_now: string;
    changed: boolean;
    title: string;
    stage: string | null;
    owner: string | null;
    entered_before: number;
    entered_now: number;
    dwell: { within_seconds: number; before_hours: number; now_hours: number } | null;
    signals: SignalChange[];
  }[];
  achieved: {
    within_seconds: number;
    before: ComparedRate;
    now: ComparedRate;
    difference: number;
    interval: Interval;
  } | null;
}

export interface Stay {
  touchpoint: string;
  title: string;
  channel: string | null;
  entry: string;
  entered: string;
  cause: Cause;
  left: string | null;
  recovered: string | null;
  repeats: number;
  feedback: { at: string; scale: Scale; score: number; comment: string }[];
}

export interface Instance {
  journey: string;
  version: number;
  title: string;
  key: unknown;
  status: 'active' | 'achieved' | 'exited' | 'dropped';
  opened: string;
  achieved: string | null;
  ended: string | null;
  outcome: string | null;
  position: {
    touchpoint: string;
    title: string;
    stage: string | null;
    channel: string | null;
    since: string;
    turn: string;
    promised_by: string | null;
  } | null;
  context: Record<string, unknown>;
  value: number | string | null;
  promises: {
    name: string;
    status: 'open' | 'kept' | 'broken' | 'released';
    made: string;
    due: string | null;
    reached: string | null;
  }[];
  effects: {
    touchpoint: string;
    title: string;
    team: string | null;
    kind: 'message' | 'task';
    due: string;
    status: string;
    channel: string | null;
    promised_by: string | null;
  }[];
  open: {
    to: string;
    title: string | null;
    on: string[];
    channels: string[];
    when: string;
    due: string | null;
  }[];
  stays: Stay[];
}

export interface Customer {
  customer: string;
  as_of: string;
  identifiers: { namespace: string; value: string }[];
  traits: Record<string, unknown>;
  consents: { purpose: string; channel: string | null; given: boolean; since: string }[];
  events: number;
  last_event: string | null;
  instances: Instance[];
}

/// A text, a time, or a sentence by its English format, with what stands in its blanks.
export type Phrase = string | { at: string } | { say: string; with: Phrase[] };

export interface TimelineItem {
  number: number;
  at: string;
  kind: string;
  text: string;
  phrase: Phrase;
}
export interface Timeline {
  customer: string;
  as_of: string;
  known_at: string;
  items: TimelineItem[];
  next: number | null;
}

export interface Why {
  outcome: string;
  sentence: string;
  phrase: Phrase;
  until: string | null;
  items: { at: string; kind: string; event: string | null; text: string; phrase: Phrase }[];
}

export interface Task {
  key: string;
  customer: string;
  journey: string;
  journey_title: string;
  version: number;
  touchpoint: string;
  title: string;
  team: string;
  position: string;
  position_title: string;
  opened: string;
  promised?: string;
  overdue: boolean;
  claimed_by?: string;
  value?: number;
  risk: number;
  priority: number;
}
export interface Tasks {
  open: number;
  tasks: Task[];
}
export interface Teams {
  teams: { id: string; title: string | null; cost: number | null; open: number }[];
}
export interface TaskDetail extends Task {
  context: Record<string, unknown>;
  withheld?: string[];
  stays: {
    touchpoint: string;
    title: string;
    channel?: string;
    entered: string;
    feedback?: { scale?: string; score?: number; comment?: string };
  }[];
  log: {
    time: string;
    what: 'claimed' | 'released' | 'overdue' | 'noted' | 'done';
    by: string;
    text?: string;
  }[];
}

export interface Move {
  at: string;
  journey: string;
  version: number;
  from: string | null;
  to: string | null;
  cause: string;
  channel: string | null;
}
