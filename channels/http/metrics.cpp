#include "channels/http/metrics.hpp"

#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <system_error>

#include "channels/http/metrics_text.hpp"

namespace lotse::http {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 8> method_names{"GET",    "HEAD",    "POST",  "PUT",
                                                       "DELETE", "OPTIONS", "PATCH", "other"};
constexpr std::array<std::string_view, 5> class_names{"1xx", "2xx", "3xx", "4xx", "5xx"};
constexpr std::array<double, 13> duration_bounds{0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
                                                 0.1,    0.25,  0.5,    1,     2.5,  10};

double number(std::uint64_t count) { return static_cast<double>(count); }

double seconds_since_1970(Instant at) { return std::chrono::duration<double>(at.time_since_epoch()).count(); }

void gauge(std::string& out, std::string_view name, std::string_view help, double value) {
  MetricFamily(out, name, "gauge", help).sample(value);
}
void counter(std::string& out, std::string_view name, std::string_view help, double value) {
  MetricFamily(out, name, "counter", help).sample(value);
}

double file_bytes(const fs::path& path) {
  std::error_code error;
  const auto bytes = fs::file_size(path, error);
  return error ? 0 : static_cast<double>(bytes);
}

void add_engine(std::string& out, const LiveStatus& status) {
  gauge(out, "lotse_ready", "1 if the engine takes events, as /readyz has it.", status.ready ? 1 : 0);
  gauge(out, "lotse_stored_events", "Events in the store.", number(status.counts.events));
  gauge(out, "lotse_customers", "Customers in the store.", number(status.counts.customers));
  gauge(out, "lotse_identifiers", "Identifiers of customers in the store.",
        number(status.counts.identifiers));
  gauge(out, "lotse_refused_links", "Links between identifiers that the guard refused, over all time.",
        number(status.counts.refused_links));
  gauge(out, "lotse_queue_requests", "Requests that wait for the writer.", number(status.queued_requests));
  gauge(out, "lotse_queue_bytes", "Bytes of events that wait for the writer.", number(status.queued_bytes));
  counter(out, "lotse_overloaded_requests_total", "Requests refused because too much was waiting.",
          number(status.overloaded));
  counter(out, "lotse_commits_total", "Commits of the writer.", number(status.commits));
  counter(out, "lotse_commit_seconds_total", "Time spent in commits.", status.commit_seconds);
  counter(out, "lotse_timers_fired_total", "Timers that the clock fired.", number(status.timers_fired));
  gauge(out, "lotse_next_timer_timestamp_seconds", "When the next timer is due; 0: none is.",
        status.next_timer ? seconds_since_1970(*status.next_timer) : 0);
  counter(out, "lotse_checkpoints_total", "Check-points of derived state.", number(status.checkpoints));
  gauge(out, "lotse_events_since_checkpoint", "Events that a restart would replay.",
        number(status.events_since_checkpoint));
  const OutreachCounts& outreach = status.outreach;
  gauge(out, "lotse_outbox_waiting", "Messages and tasks that were handed out and have not arrived.",
        number(outreach.waiting));
  gauge(out, "lotse_outbox_dead", "Dead letters: what could not be delivered.", number(outreach.dead));
  counter(out, "lotse_effects_handed_out_total", "Messages and tasks handed out.",
          number(outreach.handed_out));
  counter(out, "lotse_messages_deferred_total", "Messages put off by policy.", number(outreach.deferred));
  counter(out, "lotse_messages_blocked_total", "Messages forbidden by policy, or that could not be made.",
          number(outreach.blocked));
  counter(out, "lotse_messages_withdrawn_total", "Messages stopped after they were handed out.",
          number(outreach.withdrawn));
  counter(out, "lotse_messages_rerouted_total", "Messages sent by another channel after one had failed.",
          number(outreach.rerouted));
  counter(out, "lotse_deliveries_total", "Attempts that arrived.", number(outreach.delivered));
  counter(out, "lotse_delivery_failures_total", "Attempts that failed.", number(outreach.failed_attempts));
  counter(out, "lotse_retention_runs_total", "Runs of retention that have ended.",
          number(status.retention_runs));
  counter(out, "lotse_retention_customers_total", "Customers erased by retention.",
          number(status.retention_customers));
  gauge(out, "lotse_next_retention_timestamp_seconds",
        "When the next run of retention is due; 0: none is asked for.",
        status.next_retention ? seconds_since_1970(*status.next_retention) : 0);
  MetricFamily memory(out, "lotse_memory_bytes", "gauge", "Memory that derived state and dedupe hold.");
  memory.sample(number(status.memory.identities), {{"part", "identities"}});
  memory.sample(number(status.memory.states), {{"part", "states"}});
  memory.sample(number(status.memory.chains), {{"part", "chains"}});
  memory.sample(number(status.memory.seen), {{"part", "seen"}});
}

void add_store(std::string& out, const fs::path& store) {
  MetricFamily size(out, "lotse_store_bytes", "gauge", "Size of the store's files.");
  size.sample(file_bytes(store), {{"file", "database"}});
  size.sample(file_bytes(store.string() + "-wal"), {{"file", "wal"}});
  struct statvfs disk{};
  const fs::path folder = store.has_parent_path() ? store.parent_path() : fs::path(".");
  if (::statvfs(folder.c_str(), &disk) != 0) return;
  gauge(out, "lotse_store_free_bytes", "What is free on the store's disk.",
        static_cast<double>(disk.f_bavail) * static_cast<double>(disk.f_frsize));
}

double cpu_seconds() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  constexpr double micro = 1e-6;
  return static_cast<double>(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
         micro * static_cast<double>(used.ru_utime.tv_usec + used.ru_stime.tv_usec);
}

/// proc(5): the second figure of statm is what of the process is in memory, in pages.
double resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  double size = 0;
  double resident = 0;
  statm >> size >> resident;
  return resident * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

double open_files() {
  std::error_code error;
  const fs::directory_iterator files("/proc/self/fd", error);
  return error ? 0 : static_cast<double>(std::distance(begin(files), end(files)));
}

/// Names as Prometheus' own clients have them.
void add_process(std::string& out) {
  static const double started =
      seconds_since_1970(std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now()));
  counter(out, "process_cpu_seconds_total", "User and system CPU time spent.", cpu_seconds());
  gauge(out, "process_resident_memory_bytes", "Resident memory.", resident_bytes());
  gauge(out, "process_open_fds", "Open file descriptors.", open_files());
  gauge(out, "process_start_time_seconds", "When the service began to be watched.", started);
}

}  // namespace

std::uint64_t Metrics::Requests::count() const {
  std::uint64_t sum = 0;
  for (const std::uint64_t count : by_class) sum += count;
  return sum;
}

void Metrics::count(const Finished& request) {
  static_assert(methods == method_names.size() && classes == class_names.size() &&
                bounds == duration_bounds.size());
  // What a client calls its method must not become a label of its own making.
  const auto method = std::min<std::size_t>(
      static_cast<std::size_t>(std::ranges::find(method_names, request.method) - method_names.begin()),
      methods - 1);
  const std::size_t status_class = std::clamp<std::size_t>(request.status / 100, 1, classes) - 1;
  const auto bound = static_cast<std::size_t>(std::ranges::lower_bound(duration_bounds, request.seconds) -
                                              duration_bounds.begin());
  const std::lock_guard lock(mutex_);
  auto found = requests_.find(request.route);
  if (found == requests_.end()) found = requests_.emplace(std::string(request.route), ByMethod{}).first;
  Requests& requests = found->second[method];
  ++requests.by_class[status_class];
  ++requests.by_duration[bound];
  requests.seconds += request.seconds;
  requests.bytes_in += request.bytes_in;
  requests.bytes_out += request.bytes_out;
}

void Metrics::count(std::string_view dialect, const Taken& taken) {
  const std::lock_guard lock(mutex_);
  auto found = events_.find(dialect);
  if (found == events_.end()) found = events_.emplace(std::string(dialect), Events{}).first;
  Events& events = found->second;
  events.accepted += taken.accepted;
  events.duplicate += taken.duplicate;
  events.conflict += taken.conflict;
  events.from_future += taken.from_future;
  events.rejected += taken.refused.size();
  for (const RefusedPart& refusal : taken.refused) {
    std::pair key(std::string(dialect), refusal.reason);
    if (reasons_.size() >= reasons_max && !reasons_.contains(key)) key.second = "other";
    ++reasons_[std::move(key)];
  }
}

void Metrics::count_reload(bool done, Instant at) {
  const std::lock_guard lock(mutex_);
  reload_failed_ = !done;
  if (done) {
    ++reloads_;
    last_reload_ = at;
  } else {
    ++failed_reloads_;
  }
}

template <class Visit>
void Metrics::for_each_request(const Visit& visit) const {
  for (const auto& [route, by_method] : requests_) {
    for (std::size_t method = 0; method < methods; ++method) {
      if (by_method[method].count() > 0)
        visit(route.empty() ? std::string_view("none") : std::string_view(route), method_names[method],
              by_method[method]);
    }
  }
}

void Metrics::add_requests(std::string& out) const {
  MetricFamily count(out, "lotse_http_requests_total", "counter",
                     "Requests by route, method and class of status.");
  for_each_request([&](std::string_view route, std::string_view method, const Requests& requests) {
    for (std::size_t i = 0; i < classes; ++i) {
      if (requests.by_class[i] > 0)
        count.sample(number(requests.by_class[i]),
                     {{"route", route}, {"method", method}, {"status", class_names[i]}});
    }
  });
  MetricFamily time(out, "lotse_http_request_duration_seconds", "histogram",
                    "From the first byte of a request to the last of its answer.");
  for_each_request([&](std::string_view route, std::string_view method, const Requests& requests) {
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < bounds; ++i) {
      sum += requests.by_duration[i];
      time.line("_bucket", number(sum),
                {{"route", route}, {"method", method}, {"le", fmt::format("{}", duration_bounds[i])}});
    }
    time.line("_bucket", number(requests.count()), {{"route", route}, {"method", method}, {"le", "+Inf"}});
    time.line("_sum", requests.seconds, {{"route", route}, {"method", method}});
    time.line("_count", number(requests.count()), {{"route", route}, {"method", method}});
  });
  MetricFamily in(out, "lotse_http_request_bytes_total", "counter", "Bytes of requests.");
  for_each_request([&](std::string_view route, std::string_view method, const Requests& requests) {
    in.sample(number(requests.bytes_in), {{"route", route}, {"method", method}});
  });
  MetricFamily answered(out, "lotse_http_response_bytes_total", "counter", "Bytes of answers.");
  for_each_request([&](std::string_view route, std::string_view method, const Requests& requests) {
    answered.sample(number(requests.bytes_out), {{"route", route}, {"method", method}});
  });
}

void Metrics::add_events(std::string& out) const {
  MetricFamily family(out, "lotse_events_total", "counter",
                      "Events posted, by dialect and what became of them.");
  for (const auto& [dialect, events] : events_) {
    family.sample(number(events.accepted), {{"dialect", dialect}, {"result", "accepted"}});
    family.sample(number(events.duplicate), {{"dialect", dialect}, {"result", "duplicate"}});
    family.sample(number(events.conflict), {{"dialect", dialect}, {"result", "conflict"}});
    family.sample(number(events.rejected), {{"dialect", dialect}, {"result", "rejected"}});
  }
  MetricFamily future(out, "lotse_events_from_future_total", "counter",
                      "Accepted events whose own time lay too far ahead, and was replaced.");
  for (const auto& [dialect, events] : events_)
    future.sample(number(events.from_future), {{"dialect", dialect}});
  MetricFamily rejects(out, "lotse_event_rejects_total", "counter", "Events rejected, by reason.");
  for (const auto& [key, count] : reasons_)
    rejects.sample(number(count), {{"dialect", key.first}, {"reason", key.second}});
}

void Metrics::add_reloads(std::string& out) const {
  MetricFamily reloads(out, "lotse_reloads_total", "counter", "Times that the workspace was read again.");
  reloads.sample(number(reloads_), {{"result", "done"}});
  reloads.sample(number(failed_reloads_), {{"result", "failed"}});
  gauge(out, "lotse_reload_failed",
        "1 if the last reload failed: older journeys are in force than the files say.",
        reload_failed_ ? 1 : 0);
  gauge(out, "lotse_last_reload_timestamp_seconds",
        "When the workspace was last taken over anew; 0: at the start.", seconds_since_1970(last_reload_));
}

std::string Metrics::text(const LiveStatus& status, const fs::path& store) const {
  std::string out;
  MetricFamily(out, "lotse_build_info", "gauge", "Which Lotse this is.")
      .sample(1, {{"version", LOTSE_VERSION}});
  add_engine(out, status);
  add_store(out, store);
  add_process(out);
  const std::lock_guard lock(mutex_);
  add_requests(out);
  add_events(out);
  add_reloads(out);
  return out;
}

}  // namespace lotse::http
