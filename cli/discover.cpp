#include "engine/workbench/discover.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/context.hpp"
#include "cli/logs.hpp"
#include "cli/stays.hpp"
#include "engine/base/assert.hpp"
#include "engine/expression/value.hpp"
#include "engine/report/text.hpp"
#include "engine/workbench/update.hpp"

namespace lotse::cli {
namespace {

namespace fs = std::filesystem;

struct Options {
  LogOptions log;
  std::string customer;
  std::string key;
  std::string journey = "discovered";
  fs::path update;
  std::string output_format = "text";
  fs::path output = "-";
  double noise = DiscoverOptions{}.noise;
  bool workspace_given = false;
};

/// What a log gave besides cases.
struct Reading {
  std::string customer;            ///< the namespace that names cases
  std::uint64_t without_case = 0;  ///< events that lack it, or the key
  UnreadRecords unread;
};

/// The workspace's surest namespace of those in the first events; else that of the first identifier.
std::string customer_namespace(const std::vector<Event>& events, const WorkspaceSettings& settings) {
  for (const std::string& name : settings.namespace_rank) {
    for (const Event& event : events) {
      const bool has =
          std::ranges::any_of(event.ids, [&](const Identifier& id) { return id.name_space == name; });
      if (has) return name;
    }
  }
  for (const Event& event : events) {
    if (!event.ids.empty()) return event.ids.front().name_space;
  }
  return {};
}

/// What names the event's case; nothing where it lacks the identifier or the key. A name that has to be made
/// is kept in `names`.
std::optional<std::string_view> case_of(const Event& event, const std::string& customer,
                                        const std::string& key, std::deque<std::string>& names) {
  const auto id = std::ranges::find(event.ids, customer, &Identifier::name_space);
  if (id == event.ids.end()) return std::nullopt;
  if (key.empty()) return id->value;
  const Value* value = event.properties.find(key);
  if (value == nullptr || value->is_null()) return std::nullopt;
  std::string name = id->value + '\n' + to_json(*value);
  constexpr std::size_t bytes_max = 65'535;  // of a case's name; nobody's key is as long
  if (name.size() > bytes_max) return std::nullopt;
  return names.emplace_back(std::move(name));
}

void print_summary(const Discovery& found, const Reading& reading) {
  std::size_t transitions = 0;
  for (const DiscoveredTouchpoint& touchpoint : found.touchpoints) transitions += touchpoint.next.size();
  fmt::print(stderr, "{} in {} (by {}): {}, {}, fitness {:.3f}\n", count_of(found.events, "event"),
             count_of(found.cases, "case"), reading.customer,
             count_of(found.touchpoints.size(), "touchpoint"), count_of(transitions, "transition"),
             found.fitness());
  if (!found.left_out.empty()) {
    fmt::print(stderr, "{} event types left out, as in under {:g} % of the cases (--noise)\n",
               found.left_out.size(), found.options.noise * 100);
  }
  if (reading.without_case > 0)
    fmt::print(stderr, "{} events name no case and were passed over (--customer, --key)\n",
               reading.without_case);
  print(reading.unread);
}

Error no_case(const Options& options, const Reading& reading) {
  const std::string why =
      reading.without_case > 0
          ? fmt::format(": {} events have no identifier `{}`{}", reading.without_case, reading.customer,
                        options.key.empty() ? "" : fmt::format(" or no property `{}`", options.key))
          : std::string();
  return {ErrorCode::bad_input, fmt::format("the log has no case to learn from{}", why)};
}

Result<void> discover_journey(Context& context, const Options& options) {
  // The file is checked where it will lie, so the channels are those of the workspace there.
  LOTSE_CHECK(refuse_to_overwrite(options.output, options.log.files));
  const bool lies_elsewhere = options.output != "-" && !options.workspace_given;
  const auto around =
      open_surroundings(context, lies_elsewhere ? workspace_of(options.output) : context.workspace);
  if (!around) return {};
  const auto& [settings, channels] = *around;

  CaseLog log;
  Reading reading;
  reading.customer = options.customer;
  std::vector<CaseLog::Entry> entries;
  std::deque<std::string> names;
  const auto take = [&](std::vector<Event>& events) {
    if (reading.customer.empty()) reading.customer = customer_namespace(events, settings);
    entries.clear();
    names.clear();
    for (const Event& event : events) {
      if (const auto who = case_of(event, reading.customer, options.key, names)) {
        entries.push_back({.who = *who, .event = &event});
      } else {
        ++reading.without_case;
      }
    }
    log.add(entries);
  };
  LOTSE_TRY(std::optional<UnreadRecords> unread, read_logs(context, options.log, !options.key.empty(), take));
  if (!unread) return {};
  reading.unread = *std::move(unread);
  const Discovery found = discover(log, {.noise = options.noise, .threads = threads()});
  if (found.touchpoints.empty()) {
    print(reading.unread);
    return tl::unexpected(no_case(options, reading));
  }

  ProposalOptions proposal{.journey = options.journey, .key = options.key, .channels = {}};
  for (const Channel& channel : channels.channels) proposal.channels.push_back(channel.id);
  const std::string text = journey_yaml(found, proposal);
  const auto loaded = load_journey(options.output.string(), text, channels, settings);
  if (!loaded.value) {  // only a name that no journey may have
    print(context, loaded.findings);
    context.status = Exit::findings;
    return {};
  }
  LOTSE_CHECK(write_file(options.output, text));
  print_summary(found, reading);
  return {};
}

Result<void> update_journey(Context& context, const Options& options) {
  std::vector<fs::path> inputs = options.log.files;
  inputs.push_back(options.update);
  LOTSE_CHECK(refuse_to_overwrite(options.output, inputs));
  LOTSE_TRY(const std::string text, read_file(options.update));
  const auto around =
      open_surroundings(context, options.workspace_given ? context.workspace : workspace_of(options.update));
  if (!around) return {};
  const auto& settings = around->settings;
  const auto loaded = load_journey(options.update.string(), text, around->channels, settings);
  if (!loaded.value) {
    print(context, loaded.findings);
    context.status = Exit::findings;
    return {};
  }
  CustomerLog log(settings);
  const auto take = [&](std::vector<Event>& events) {
    for (Event& event : events) log.add(std::move(event));
  };
  LOTSE_TRY(const std::optional<UnreadRecords> unread, read_logs(context, options.log, true, take));
  if (!unread) return {};
  const EventsByCustomer customers = log.take();
  if (customers.empty()) {
    print(*unread);
    return fail(ErrorCode::bad_input, "the log has no customer to learn from");
  }

  const JourneyUpdate update = compare_with_log(*loaded.value, settings, customers, {.noise = options.noise});
  LOTSE_CHECK(write_file(options.output,
                         options.output_format == "json" ? update_json(update) : update_text(update)));
  if (log.without_customer() > 0)
    fmt::print(stderr, "{} events name no customer and were passed over\n", log.without_customer());
  print(*unread);
  if (!update.findings.empty()) context.status = Exit::findings;
  return {};
}

}  // namespace

void register_discover(CLI::App& app, Context& context) {
  CLI::App& command = add_command(app, context, "discover", "Propose a journey from an event log");
  const auto options = std::make_shared<Options>();
  add_log_options(command, options->log)->required();
  command
      .add_option("--customer", options->customer,
                  "Identifiers that tell customers apart (default: the workspace's surest in the log)")
      ->option_text("NAMESPACE");
  command.add_option("--key", options->key, "Property that tells a customer's instances apart, as order_id")
      ->option_text("NAME");
  command.add_option("--journey", options->journey, "Id of the proposed journey (default discovered)")
      ->option_text("ID");
  CLI::Option* const update = command
                                  .add_option("--update", options->update,
                                              "Tell what the log has that this file lacks, and the reverse")
                                  ->option_text("JOURNEY.yaml")
                                  ->excludes("--journey")
                                  ->excludes("--key")
                                  ->excludes("--customer");
  command.add_option("--format", options->output_format, "How --update is told (default text)")
      ->check(CLI::IsMember({"text", "json"}))
      ->needs(update)
      ->option_text("text|json");
  command.add_option("--noise", options->noise, "Leave out what is rarer than this share (default 0.05)")
      ->option_text("SHARE")
      ->check(CLI::Range(0.0, 1.0))
      ->check([](const std::string& text) {
        return text.find_first_of("0123456789") == std::string::npos ? "`" + text + "` is no share" : "";
      });  // `nan` is in every range
  command.add_option("-o,--output", options->output, "File to write (default: standard output)")
      ->option_text("FILE");
  add_workspace_option(command, context);
  const CLI::Option* const workspace = command.get_option("--workspace");
  add_examples(
      command,
      "  lotse discover --events events.ndjson.gz -o shop/journeys/discovered.yaml\n"
      "  lotse discover --events orders.csv --mapping orders.mapping.yaml --key order --noise 0.02\n"
      "  lotse discover --events events.ndjson --update shop/journeys/order.yaml\n"
      "\n"
      "The file passes `lotse check`; each guess has its evidence as a comment (docs/discover.md). The\n"
      "fitness is the share of events that follow the proposed paths.");
  command.callback([&context, options, workspace] {
    options->workspace_given = workspace->count() > 0;
    const bool update_only = !options->update.empty();
    const Result<void> done =
        update_only ? update_journey(context, *options) : discover_journey(context, *options);
    if (!done) context.status = report(context, done.error());
  });
}

}  // namespace lotse::cli
