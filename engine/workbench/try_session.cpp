#include "engine/workbench/try_session.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "engine/expression/text.hpp"
#include "engine/journey/findings.hpp"
#include "engine/report/customer.hpp"
#include "engine/workbench/event_properties.hpp"
#include "engine/workbench/scenario.hpp"
#include "engine/workbench/scenario_checks.hpp"
#include "engine/workbench/try_commands.hpp"
#include "engine/workbench/try_map.hpp"

namespace lotse::trial {

namespace {

constexpr std::size_t line_bytes_max = 64 * 1024;
constexpr std::size_t steps_max = 1'000;

/// In a session a message is sent when it is due; the core, to which nobody has said so, withdraws it.
bool is_withdrawn_message(const JourneyVersions& versions, const Trace::Item& item) {
  if (item.kind != Trace::Kind::withdrawn) return false;
  for (const auto& journey : versions.versions) {
    for (const Touchpoint& touchpoint : journey->touchpoints) {
      if (item.phrase.arguments().front().text() == touchpoint.id)
        return touchpoint.kind == TouchpointKind::outbound;
    }
  }
  return false;
}

Error bad(std::string message) { return {.code = ErrorCode::bad_input, .message = std::move(message)}; }

/// The clock stays within what can be written with four digits, delays of a century included.
Instant latest_clock() { return parse_instant("9000-01-01T00:00:00Z").value(); }

}  // namespace

std::span<const Session::Command> Session::commands() {
  static const std::array<Command, 14> all{{
      {"post", "[post] EVENT NAME=VALUE ...", "an event happens: order_placed amount=49.90 channel=web",
       &Session::post},
      {"wait", "wait 3d | until TIME | next",
       "time passes: so long, until then (18:00), or to the next timer", &Session::wait},
      {"customer", "customer [NAME [SPLIT=ARM]]", "go on with another customer, or see all",
       &Session::customer},
      {"map", "map", "the journey, with the touchpoint where the customer stands", &Session::map},
      {"next", "next", "what would move the customer, and what the clock brings", &Session::next},
      {"why", "why [all]", "why the last step did what it did; all: since the start", &Session::why},
      {"show", "show", "where the customer stands, with path, promises and tasks", &Session::show},
      {"context", "context", "what is known: every field with its type", &Session::context},
      {"effects", "effects", "what was sent to whom, when and by which channel", &Session::effects},
      {"undo", "undo", "take the last step back", &Session::undo},
      {"reset", "reset", "forget everything and begin again", &Session::reset},
      {"save", "save FILE.test.yaml [\"NAME\"]", "add all of this to a file of tests", &Session::save},
      {"help", "help", "this", &Session::help},
      {"quit", "quit", "leave; so does Ctrl-D", &Session::quit},
  }};
  return all;
}

Session::Session(const Workspace& workspace, std::size_t journey, Instant start, const TextStyle& style)
    : workspace_(workspace),
      journey_(journey),
      zone_(Zone::find(workspace.settings.zone).value_or(Zone::utc())),
      start_(start),
      style_(style),
      customers_{{.name = "c1", .identifier = {.name_space = "user_id", .value = "c1"}}},
      now_{.clock = start} {}

Reply Session::answer(std::string_view line) {
  const auto refused = [&](const Error& error) {
    constexpr std::string_view plain = "error: ";
    const bool lines = error.message.find('\n') != std::string::npos;
    const std::string text = lines ? error.message : wrapped(error.message, style_.width, 2, plain.size());
    return Reply{.text = fmt::format("{}{}\n", style_.color ? "\x1b[1;31merror:\x1b[0m " : plain, text),
                 .understood = false};
  };
  if (line.size() > line_bytes_max)
    return refused(bad(fmt::format("the line is longer than {} KiB", line_bytes_max / 1024)));
  if (cel::invalid_utf8(line)) return refused(bad("the line is no UTF-8 text"));
  if (const std::size_t begin = line.find_first_not_of(" \t\r");
      begin == std::string_view::npos || line[begin] == '#')
    return {};
  const Result<std::vector<Word>> words = split_words(line);
  if (!words) return refused(words.error());
  Result<Reply> reply = run(*words);
  return reply ? *std::move(reply) : refused(reply.error());
}

Result<Reply> Session::run(Words words) {
  const std::string& first = words.front().text;
  for (const Command& command : commands()) {
    if (command.name == first) return (this->*command.run)(words.subspan(1));
  }
  const std::vector<std::string> types = listened_types(journey());
  if (std::ranges::find(types, first) != types.end()) return post(words);
  std::vector<std::string_view> names(types.begin(), types.end());
  for (const Command& command : commands()) names.push_back(command.name);
  const std::string hint = did_you_mean(first, names);
  return tl::make_unexpected(bad(with_hint(
      fmt::format("`{}` is no command, and {} does not listen to such an event", first, journey().id),
      hint.empty() ? "`help` lists the commands, `next` the events" : hint)));
}

Result<Reply> Session::post(Words words) {
  if (words.empty())
    return tl::make_unexpected(bad("which event? `post order_placed amount=49.90 channel=web`"));
  LOTSE_TRY(TypedEvent typed, read_event(journey(), zone_, words));
  const auto events = std::ranges::count_if(steps_, [](const Step& step) { return step.event.has_value(); });
  Event& event = typed.event;
  event.id = fmt::format("step-{:04}", events + 1);  // as a test numbers its events
  event.source = "test";
  event.ids = {current().identifier};
  event.time = time_of_event(world_before(steps_.size()), event);
  event.arrived = event.time;
  const bool later = event.time != now_.clock;
  const std::string heading =
      event.channel.empty() ? event.type : fmt::format("{} by {}", event.type, event.channel);
  LOTSE_CHECK(take({.at = event.time, .event = event, .customer = now_.current}));
  std::string text = last_step_text();
  if (later)
    text += field_text(
        "note", "a second later: in the same instant an event goes before what the clock brings", style_);
  for (const std::string& note : typed.notes) text += field_text("note", note, style_);
  return Reply{.text = std::move(text)};
}

/// In the same instant an event goes before the timers that are due and what is handed out for them; what is
/// typed after they were seen happens after them.
Instant Session::time_of_event(const scenario::World& world, const Event& event) const {
  const CustomerState state = world.state_of(current().identifier, now_.clock);
  Event later = event;
  later.time = now_.clock;
  if (!Tracker::in_order(state, later)) later.time += std::chrono::seconds(1);
  return later.time;
}

Result<Reply> Session::wait(Words words) {
  LOTSE_TRY(const Instant until, read_wait(words));
  LOTSE_CHECK(take({.at = until, .customer = now_.current}));
  return Reply{.text = last_step_text()};
}

Result<Instant> Session::read_wait(Words words) const {
  constexpr std::string_view usage =
      "write `wait 3d`, `wait until 2024-03-01T09:00`, `wait until 18:00` or `wait next`";
  if (words.empty()) return tl::make_unexpected(bad(fmt::format("how long? {}", usage)));
  if (words.front().text == "next" && words.size() == 1) {
    const auto due = Tracker::next_due(state());
    if (due && *due <= latest_clock()) return *due;
    return tl::make_unexpected(
        bad(fmt::format("no timer runs for {}; `next` lists what would move", current().name)));
  }
  std::string text = words.front().text;
  const bool until = text == "until";
  if (until) {
    text.clear();
    for (const Word& word : words.subspan(1)) text += (text.empty() ? "" : " ") + word.text;
  } else if (words.size() > 1) {
    return tl::make_unexpected(bad(fmt::format("`{}` is more than a duration; {}", words[1].text, usage)));
  }
  Instant instant{};
  if (!until) {
    const auto duration = parse_duration(text);
    if (!duration) return tl::make_unexpected(bad(fmt::format("`{}` is no duration; {}", text, usage)));
    instant = now_.clock + *duration;
  } else if (const auto time = parse_local_time(text)) {
    instant = zone_.at(now_.clock, 0, *time);
    if (instant < now_.clock) instant = zone_.at(now_.clock, 1, *time);
  } else if (const auto named = scenario::read_local_instant(text, zone_)) {
    instant = *named;
  } else {
    return tl::make_unexpected(bad(fmt::format("`{}` is no point in time; {}", text, usage)));
  }
  if (instant < now_.clock)
    return tl::make_unexpected(
        bad(fmt::format("time does not go back: it is {}; `undo` takes the last step back",
                        day_and_time(now_.clock, zone_))));
  if (instant > latest_clock()) return tl::make_unexpected(bad("the clock ends with the year 8999"));
  return instant;
}

Result<void> Session::take(Step step) {
  if (steps_.size() == steps_max)
    return tl::make_unexpected(
        bad(fmt::format("a session has room for {} steps; `save` and `reset`", steps_max)));
  past_.push_back(now_);
  now_.clock = step.at;
  steps_.push_back(std::move(step));
  now_.steps = steps_.size();
  return {};
}

Result<Reply> Session::undo(Words) {
  if (past_.empty()) return tl::make_unexpected(bad("there is nothing to take back"));
  const std::string was = steps_.size() == past_.back().steps ? "the choice of customer"
                          : steps_.back().event               ? steps_.back().event->type
                                                              : "the wait";
  now_ = past_.back();
  past_.pop_back();
  steps_.resize(now_.steps);
  customers_.resize(now_.customers, customers_.front());
  return Reply{.text = fmt::format("  took back {}; it is {}\n", was, day_and_time(now_.clock, zone_))};
}

Result<Reply> Session::reset(Words) {
  steps_.clear();
  past_.clear();
  customers_.resize(1, customers_.front());
  now_ = {.clock = start_};
  return Reply{.text = fmt::format("  from the start; it is {}\n", day_and_time(start_, zone_))};
}

Result<Reply> Session::save(Words words) {
  if (words.empty() || words.size() > 2)
    return tl::make_unexpected(bad("write `save FILE.test.yaml \"what the test shows\"`"));
  const std::string& file = words.front().text;
  if (!file.ends_with(".test.yaml"))
    return tl::make_unexpected(
        bad(fmt::format("`lotse test` finds files that end in .test.yaml; `{}` does not", file)));
  LOTSE_CHECK(something_happened());
  Reply reply;
  reply.save = {.file = file, .name = words.size() == 2 ? words[1].text : ""};
  return reply;
}

Result<Reply> Session::quit(Words) { return Reply{.quit = true}; }

CustomerState Session::state() const {
  return world_before(steps_.size()).state_of(current().identifier, now_.clock);
}

Instant Session::clock_before(std::size_t step) const { return step == 0 ? start_ : steps_[step - 1].at; }

scenario::World Session::world_before(std::size_t step) const {
  scenario::World world(workspace_, versions());
  for (std::size_t i = 0; i < step; ++i) {
    if (steps_[i].event) world.happen(*steps_[i].event);
  }
  return world;
}

bool Session::has_events(std::size_t customer, std::size_t steps) const {
  const auto end = steps_.begin() + static_cast<std::ptrdiff_t>(steps);
  return std::any_of(steps_.begin(), end,
                     [&](const Step& step) { return step.event && step.customer == customer; });
}

Change Session::change(const scenario::World& before, const scenario::World& after, std::size_t step,
                       std::size_t customer) const {
  const Identifier& identifier = customers_[customer].identifier;
  TraceList earlier;
  TraceList all;
  Change made;
  made.versions = &versions();
  made.zone = zone_;
  made.customer = customers_[customer].name;
  made.from = clock_before(step);
  made.until = steps_[step].at;
  made.before = before.state_of(identifier, made.from, &earlier);
  made.after = after.state_of(identifier, made.until, &all);
  if (steps_[step].customer == customer) made.event = steps_[step].event;
  made.trace = all.take();
  const std::size_t known = std::min(earlier.take().size(), made.trace.size());  // it begins with these
  made.trace.erase(made.trace.begin(), made.trace.begin() + static_cast<std::ptrdiff_t>(known));
  std::erase_if(made.trace, [&](const Trace::Item& item) { return is_withdrawn_message(versions(), item); });
  return made;
}

Result<void> Session::something_happened() const {
  if (std::ranges::any_of(steps_, [](const Step& step) { return step.event.has_value(); })) return {};
  return tl::make_unexpected(bad("no event has been posted yet: there is nothing to test"));
}

/// Of whose step it was, and of those to whom the time that passed brought something.
std::vector<Change> Session::changes(std::size_t step) const {
  const scenario::World before = world_before(step);
  const scenario::World after = world_before(step + 1);
  std::vector<Change> made{change(before, after, step, steps_[step].customer)};
  for (std::size_t i = 0; i < customers_.size(); ++i) {
    if (i == steps_[step].customer || !has_events(i, step)) continue;
    Change other = change(before, after, step, i);
    if (!other.trace.empty()) made.push_back(std::move(other));
  }
  return made;
}

/// From nothing to now.
Change Session::everything(std::size_t customer) const {
  Change made;
  made.versions = &versions();
  made.zone = zone_;
  made.customer = customers_[customer].name;
  made.from = start_;
  made.until = now_.clock;
  const scenario::World world = world_before(steps_.size());
  TraceList trace;
  made.after = world.state_of(customers_[customer].identifier, now_.clock, &trace);
  made.before = world.tracker().fresh(made.after.customer);
  made.trace = trace.take();
  std::erase_if(made.trace, [&](const Trace::Item& item) { return is_withdrawn_message(versions(), item); });
  return made;
}

Result<std::string> Session::recording(const std::string& file, const std::string& text,
                                       const std::string& name) const {
  LOTSE_CHECK(something_happened());
  Recording made{.name = name.empty() ? default_name() : name,
                 .journey = journey().id,
                 .zone = workspace_.settings.zone,
                 .customers = {},
                 .steps = {},
                 .finally = {}};
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    RecordedStep step{.at = steps_[i].at,
                      .event = steps_[i].event,
                      .customer = customers_[steps_[i].customer].name,
                      .changes = changes(i)};
    const bool nothing = !step.event && step.changes.front().trace.empty();
    if (nothing || !has_events(steps_[i].customer, i + 1)) step.changes.erase(step.changes.begin());
    made.steps.push_back(std::move(step));
  }
  for (std::size_t i = 0; i < customers_.size(); ++i) {
    if (!has_events(i, steps_.size())) continue;
    made.customers.push_back({.name = customers_[i].name, .arms = customers_[i].arms});
    made.finally.push_back(everything(i));
  }
  return with_recording(file, text, made, workspace_);
}

std::string Session::default_name() const {
  std::string name;
  for (std::size_t i = 0; i < customers_.size(); ++i) {
    if (!has_events(i, steps_.size())) continue;
    const Change whole = everything(i);
    const Instance* instance = latest_instance(whole.after.journeys.front());
    std::vector<std::string_view> path;
    for (const Stay& stay : instance == nullptr ? std::vector<Stay>{} : instance->stays)
      path.emplace_back(at(journey_of(versions(), *instance).touchpoints, stay.at).id);
    name += fmt::format("{}{} goes {}", name.empty() ? "" : ", ", customers_[i].name,
                        path.empty() ? "nowhere" : fmt::format("{}", fmt::join(path, " to ")));
  }
  return name;
}

const Instance* latest_instance(const JourneyState& state) {
  const Instance* latest = nullptr;
  for (const Instance& instance : state.instances) {
    if (latest == nullptr || instance.stays.back().last_activity >= latest->stays.back().last_activity)
      latest = &instance;
  }
  return latest;
}

}  // namespace lotse::trial
