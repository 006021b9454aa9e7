// reports.js: what is opened now and then, two periods beside each other and the scorecard.

export { CompareView } from './compare';
export { ScorecardView } from './scorecard';

export const build = __BUILD__;
