// people.js: what agents open, single customers and tasks.

export { CustomerView } from './customer';
export { TasksView } from './tasks';

export const build = __BUILD__;
