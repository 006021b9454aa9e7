#include "bench/support/broadband_log.hpp"

#include <fmt/format.h>

#include <array>
#include <deque>
#include <fstream>
#include <iterator>
#include <queue>
#include <random>
#include <utility>
#include <vector>

#include "engine/base/assert.hpp"

namespace lotse::bench {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;

constexpr Instant kStart = std::chrono::sys_days(std::chrono::year(2024) / 1 / 1);
constexpr double kEventsEach = 10.0;

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : random_(seed) {}
  std::uint64_t below(std::uint64_t sides) { return random_() % sides; }
  bool chance(unsigned of_1000) { return below(1000) < of_1000; }
  std::uint64_t bits() { return random_(); }
  Duration between(Duration from, Duration to) {
    return from + Duration(static_cast<std::int64_t>(below(static_cast<std::uint64_t>((to - from).count()))));
  }

 private:
  std::mt19937_64 random_;
};

/// The way of one customer: step by step, each some time after the one before.
enum class Step : std::uint8_t {
  look,
  compare,
  order,
  pay,
  book,
  second_device,
  link,
  visit,
  login,
  rate,
  bill,
  use,
  end,
};
struct Customer {
  std::uint32_t number = 0;
  Step step = Step::look;
  std::uint8_t uses = 0;
};
struct Coming {
  Instant time;
  std::uint64_t ordinal = 0;  ///< breaks ties
  Customer customer;
  friend bool operator>(const Coming& a, const Coming& b) {
    return std::pair(a.time, a.ordinal) > std::pair(b.time, b.ordinal);
  }
};

struct Told {
  const char* type;
  const char* channel;
};
Told told(Step step, Dice& dice) {
  static constexpr std::array<const char*, 3> kOrderChannels{"web", "app", "store"};
  switch (step) {
    case Step::look:
      return {"page_viewed", "web"};
    case Step::compare:
      return {"offer_compared", "web"};
    case Step::order:
      return {"order_placed", kOrderChannels[dice.below(3)]};
    case Step::pay:
      return {"payment_made", "web"};
    case Step::book:
      return {"appointment_booked", dice.chance(300) ? "call_center" : "web"};
    case Step::second_device:
      return {"page_viewed", "app"};
    case Step::link:
      return {"identify", "app"};
    case Step::visit:
      return {"technician_visited", "field"};
    case Step::login:
      return {"first_login", "app"};
    case Step::rate:
      return {"csat_answered", "email"};
    case Step::bill:
      return {"bill_opened", "email"};
    case Step::use:
      return {"speed_tested", "app"};
    case Step::end:
      break;
  }
  LOTSE_ASSERT(false);
}

class Generator {
 public:
  Generator(const LogShape& shape, const std::function<void(std::string_view)>& line)
      : shape_(shape), line_(line), dice_(shape.seed) {}

  void run() {
    const auto customers = static_cast<std::uint32_t>(static_cast<double>(shape_.events) / kEventsEach) + 1;
    const Duration pause = std::chrono::duration_cast<Duration>(days(365)) / customers;
    while (written_ < shape_.events) {
      const bool anew =
          begun_ < customers && (coming_.empty() || kStart + begun_ * pause <= coming_.top().time);
      if (anew) {
        push(kStart + begun_ * pause, {.number = begun_});
        ++begun_;
      } else if (!coming_.empty()) {
        step();
      } else {
        push(kStart + days(365), {.number = begun_++});  // the last customers were short
      }
    }
  }

 private:
  void push(Instant time, Customer customer) {
    coming_.push({.time = time, .ordinal = ordinal_++, .customer = customer});
  }

  void step() {
    const Coming now = coming_.top();
    coming_.pop();
    write(now);
    Customer next = now.customer;
    if (const Duration pause = go_on(next); next.step != Step::end) push(now.time + pause, next);
  }

  /// The next step, and how long after this one.
  Duration go_on(Customer& customer) {
    switch (customer.step) {
      case Step::look:
        customer.step = Step::compare;
        return dice_.between(minutes(1), hours(3));
      case Step::compare:
        customer.step = Step::order;
        return dice_.between(minutes(2), hours(48));
      case Step::order:
        customer.step = dice_.chance(80) ? Step::end : Step::pay;
        return dice_.between(minutes(1), hours(6));
      case Step::pay:
        customer.step = dice_.chance(100) ? Step::end : dice_.chance(50) ? Step::second_device : Step::book;
        return dice_.between(minutes(5), hours(72));
      case Step::second_device:
        customer.step = Step::link;
        return dice_.between(minutes(5), hours(24));
      case Step::link:
        customer.step = Step::book;
        return dice_.between(minutes(5), hours(24));
      case Step::book:
        customer.step = dice_.chance(150) ? Step::book : Step::visit;
        return dice_.between(hours(24), hours(24 * 10));
      case Step::visit:
        customer.step = dice_.chance(120) ? Step::book : Step::login;
        return dice_.between(minutes(10), hours(48));
      case Step::login:
        customer.step = dice_.chance(400) ? Step::rate : Step::bill;
        return dice_.between(hours(1), hours(24 * 20));
      case Step::rate:
        customer.step = Step::bill;
        return dice_.between(hours(1), hours(24 * 20));
      case Step::bill:
      case Step::use:
        customer.step = ++customer.uses > 4 ? Step::end : Step::use;
        return dice_.between(hours(1), hours(24 * 3));
      case Step::end:
        break;
    }
    LOTSE_ASSERT(false);
  }

  void write(const Coming& now) {
    text_.clear();
    append(now);
    if (dice_.chance(shape_.late_of_1000)) {
      late_.push(
          {.time = now.time + dice_.between(minutes(1), hours(24)), .ordinal = ordinal_++, .text = text_});
    } else {
      emit(text_);
      if (dice_.chance(shape_.duplicates_of_1000)) again_.push_back(text_);
    }
    while (!late_.empty() && late_.top().time <= now.time) {
      emit(late_.top().text);
      late_.pop();
    }
    if (again_.size() > 50) {
      emit(again_.front());
      again_.pop_front();
    }
  }

  void emit(std::string_view text) {
    if (written_++ < shape_.events) line_(text);
  }

  void append(const Coming& now) {
    const Customer& customer = now.customer;
    const Told what = told(customer.step, dice_);
    const auto out = std::back_inserter(text_);
    fmt::format_to(out, R"({{"id":"{:016x}","type":"{}","time":"{}","source":"{}","channel":"{}","ids":{{)",
                   dice_.bits(), what.type, format_instant(now.time), what.channel, what.channel);
    const bool anonymous = customer.number % 2 == 0 && customer.step < Step::pay;
    const bool other_device = customer.step == Step::second_device || customer.step == Step::link;
    if (anonymous) fmt::format_to(out, R"("anonymous_id":"a{:08x}")", customer.number * 2654435761U);
    if (other_device) fmt::format_to(out, R"("anonymous_id":"b{:08x}")", customer.number * 2654435761U);
    const bool known = customer.step != Step::second_device && (!anonymous || customer.step == Step::order);
    if (known)
      fmt::format_to(out, R"({}"user_id":"u{:08}")", anonymous || other_device ? "," : "", customer.number);
    fmt::format_to(out, R"(}},"properties":{{"order_id":"o{:08}")", customer.number);
    switch (customer.step) {
      case Step::look:
      case Step::compare:
        fmt::format_to(out, R"(,"page":"/offers/fibre/{}","region":"r{:02}")", dice_.below(20),
                       customer.number % 16);
        break;
      case Step::order:
        fmt::format_to(out, R"(,"plan":"{}","amount":{}.90,"region":"r{:02}")", plan(customer),
                       19 + dice_.below(50), customer.number % 16);
        break;
      case Step::book:
        fmt::format_to(out, R"(,"slot":"{}")", format_instant(now.time + days(5)));
        break;
      case Step::visit:
        fmt::format_to(out, R"(,"result":"{}","minutes":{})", dice_.chance(120) ? "failed" : "done",
                       20 + dice_.below(90));
        break;
      case Step::rate:
        fmt::format_to(out, R"(,"rating":{},"text":"{}")", 1 + dice_.below(5),
                       "quick and friendly, thank you");
        break;
      default:
        fmt::format_to(out, R"(,"value":{},"device":"router-{}")", dice_.below(1000), dice_.below(9));
    }
    text_ += customer.step == Step::order ? R"(},"traits":{"plan":")" + std::string(plan(customer)) + "\"}}"
                                          : "}}";
  }

  static const char* plan(const Customer& customer) {
    static constexpr std::array<const char*, 3> kPlans{"fibre-100", "fibre-250", "fibre-1000"};
    return kPlans[customer.number % 3];
  }

  struct Late {
    Instant time;
    std::uint64_t ordinal = 0;
    std::string text;
    friend bool operator>(const Late& a, const Late& b) {
      return std::pair(a.time, a.ordinal) > std::pair(b.time, b.ordinal);
    }
  };

  const LogShape& shape_;
  const std::function<void(std::string_view)>& line_;
  Dice dice_;
  std::priority_queue<Coming, std::vector<Coming>, std::greater<>> coming_;
  std::priority_queue<Late, std::vector<Late>, std::greater<>> late_;
  std::deque<std::string> again_;
  std::uint32_t begun_ = 0;
  std::uint64_t ordinal_ = 0;
  std::uint64_t written_ = 0;
  std::string text_;
};

constexpr std::string_view kChannels = R"(
channels:
  web: {title: Web}
  app: {title: App}
  store: {title: Store, human: true}
  call_center: {title: Call centre, human: true}
  field: {title: Technician, human: true}
)";
constexpr std::string_view kEmailToLog = "  email: {title: E-mail, adapter: log, purposes: [service]}\n";
/// Nobody in the log is asked for a consent, so that there messages are opt-out.
constexpr std::string_view kEmailToReceiver = R"(
  email:
    title: E-mail
    adapter: webhook
    purposes: [service]
    webhook: {{url: "http://127.0.0.1:{}/", secrets: [WEBHOOK_SECRET], private_addresses: true}}
purposes: {{service: {{consent: opt_out}}}}
)";

constexpr std::string_view kJourney = R"(
journey: broadband
version: 1
title: From order to the first happy week online
owner: onboarding@example.net
key: event.order_id
abandon_after: 30d
value: context.order_value
stages: [order, install, use]
segments: {plan: context.plan, region: context.region}
context:
  plan: {type: string}
  region: {type: string}
  order_value: {type: number, default: 0}
  slot: {type: timestamp}
feedback:
  - {on: csat_answered, scale: csat5, score: event.rating, comment: event.text}
touchpoints:
  order:
    stage: order
    channels: [web, app, store]
    start: true
    on: order_placed
    capture: {plan: event.plan, region: event.region, order_value: event.amount}
    next: [welcome, payment, {to: nudge, after: 2d}]
  welcome: {channels: [email], send: {template: welcome, purpose: service, with: {plan: context.plan}}}
  nudge: {channels: [email], send: {template: nudge, purpose: service}}
  payment:
    stage: order
    channels: [web]
    on: payment_made
    next: [appointment]
  appointment:
    stage: install
    channels: [web, call_center]
    on: appointment_booked
    capture: {slot: event.slot}
    next: [technician_visit]
  technician_visit:
    stage: install
    channels: [field]
    on: technician_visited
    promise: 10d
    turn: us
    next: [online, appointment]
  online: {stage: use, channels: [app, web], on: first_login, goal: true, next: [first_bill]}
  first_bill: {stage: use, channels: [email, app], on: bill_opened, ends: settled}
)";

std::string channels_with(std::string_view email) { return std::string(kChannels) + std::string(email); }

}  // namespace

void write_broadband_log(const LogShape& shape, const std::function<void(std::string_view)>& line) {
  Generator(shape, line).run();
}

Workspace broadband_workspace() {
  Workspace workspace;
  auto channels = load_channels("channels.yaml", channels_with(kEmailToLog));
  LOTSE_ASSERT(channels.value);
  workspace.channels = *std::move(channels.value);
  auto journey = load_journey("journeys/broadband.yaml", kJourney, workspace.channels, workspace.settings);
  if (!journey.value) fmt::print(stderr, "{}", render(journey.findings));
  LOTSE_ASSERT(journey.value);
  workspace.journeys.push_back({.versions = {*std::move(journey.value)}, .in_force = {Instant::min()}});
  return workspace;
}

void write_broadband_workspace(const std::filesystem::path& folder, std::optional<std::uint16_t> receiver) {
  std::filesystem::create_directories(folder / "journeys");
  std::ofstream(folder / "lotse.yaml") << "zone: UTC\n";
  std::ofstream(folder / "channels.yaml")
      << channels_with(receiver ? fmt::format(kEmailToReceiver, *receiver) : kEmailToLog);
  std::ofstream(folder / "journeys" / "broadband.yaml") << kJourney;
}

}  // namespace lotse::bench
