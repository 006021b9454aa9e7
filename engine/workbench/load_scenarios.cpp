#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "engine/journey/shape.hpp"
#include "engine/workbench/scenario.hpp"
#include "engine/workbench/scenario_checks.hpp"
#include "engine/workbench/split_arms.hpp"

namespace lotse::scenario {

using shape::NameStyle;
using shape::Section;
using yaml::Kind;
using yaml::Node;

namespace {

constexpr std::array<std::string_view, 11> kEventKeys{
    "event", "use", "channel", "customer", "ids", "properties", "traits", "id", "source", "at", "after"};

/// Nodes of one test file into Scenarios. Codes: T001 an unknown journey, T002 another unknown name, T003 a
/// time, T004 a customer, T005 a split.
class ScenarioReader {
 public:
  ScenarioReader(Findings& findings, const Workspace& workspace,
                 std::shared_ptr<const yaml::Document> document)
      : findings_(findings), workspace_(workspace), document_(std::move(document)) {}

  std::vector<Scenario> read() {
    Section root(findings_, document_->root(), "a test file");
    if (!root.is_mapping()) return {};
    constexpr std::array<std::string_view, 4> keys{"journey", "zone", "events", "tests"};
    root.allow(keys);
    root.require("tests");
    file_journey_ = root.find("journey");
    file_zone_ = root.find("zone");
    for (const yaml::Entry& entry : root.entries("events", NameStyle::slug)) {
      Section event(findings_, *entry.value, fmt::format("event `{}`", entry.key->text));
      if (!event.is_mapping()) continue;
      event.allow(kEventKeys);
      event.require("event");
      templates_.emplace(entry.key->text, entry.value);
    }
    std::vector<Scenario> scenarios;
    for (const Node* item : root.items("tests")) {
      if (auto scenario = read_test(*item)) scenarios.push_back(*std::move(scenario));
    }
    return scenarios;
  }

 private:
  std::optional<Scenario> read_test(const Node& node) {
    Section section(findings_, node, "a test");
    if (!section.is_mapping()) return std::nullopt;
    constexpr std::array<std::string_view, 7> keys{"test",      "why",   "journey", "zone",
                                                   "customers", "given", "expect"};
    section.allow(keys);
    section.require("test");
    section.require("given");
    Scenario scenario;
    scenario.name = section.text("test").value_or("");
    const Node* name = section.find("test");
    scenario.where = findings_.location(name != nullptr ? name->mark : node.mark);
    scenario.zone = zone_of(section.find("zone") != nullptr ? section.find("zone") : file_zone_);
    const auto journey =
        journey_of(section.find("journey") != nullptr ? section.find("journey") : file_journey_, node);
    if (!journey) return std::nullopt;
    scenario.journey = *journey;
    const JourneyVersions& versions = workspace_.journeys[*journey];
    zone_ = scenario.zone;
    events_ = 0;
    started_ = false;
    clock_ = read_local_instant(default_start, zone_).value();
    last_customer_.clear();
    traits_.clear();
    read_customers(section, *versions.versions.back(), scenario);
    CheckReader checks(findings_, document_, versions, zone_);
    for (const Node* item : section.items("given")) read_step(*item, scenario, checks);
    if (const Node* expect = section.find("expect")) read_expectations(*expect, scenario, checks);
    return scenario;
  }

  Zone zone_of(const Node* node) {
    const std::string name = node == nullptr ? workspace_.settings.zone : node->text;
    const auto zone = Zone::find(name);
    if (!zone && node != nullptr) {
      findings_.error("T003", node->mark, fmt::format("`{}` is no time zone", node->text),
                      "write an IANA name: Europe/Berlin");
    }
    return zone.value_or(Zone::utc());
  }

  std::optional<std::size_t> journey_of(const Node* node, const Node& test) {
    std::vector<std::string_view> names;
    for (const JourneyVersions& journey : workspace_.journeys) names.push_back(journey.versions.back()->id);
    if (node == nullptr && names.size() == 1) return 0;
    const std::string_view wanted = node == nullptr ? std::string_view() : std::string_view(node->text);
    const auto found = std::ranges::find(names, wanted);
    if (found != names.end()) return static_cast<std::size_t>(found - names.begin());
    if (node == nullptr) {
      findings_.error("T001", test.mark, "the test does not say which `journey` it is about",
                      fmt::format("one of {}", fmt::join(names, ", ")));
    } else {
      findings_.error("T001", node->mark, fmt::format("`{}` is no journey of this workspace", node->text),
                      did_you_mean_or_list(wanted, names));
    }
    return std::nullopt;
  }

  void read_customers(Section& section, const Journey& journey, Scenario& scenario) {
    for (const yaml::Entry& entry : section.entries("customers", NameStyle::slug)) {
      Section customer(findings_, *entry.value, fmt::format("customer `{}`", entry.key->text));
      if (!customer.is_mapping()) continue;
      constexpr std::array<std::string_view, 3> keys{"ids", "split", "traits"};
      customer.allow(keys);
      Identifier identifier{.name_space = "user_id", .value = entry.key->text};
      if (const Node* ids = customer.find("ids")) {
        const std::vector<Identifier> read = read_ids(*ids);
        if (!read.empty()) identifier = read.front();
      }
      if (const Node* split = customer.find("split")) identifier = in_arms(*split, journey, identifier);
      if (const Node* traits = customer.find("traits"))
        traits_.emplace(entry.key->text, shape::to_value(*traits));
      scenario.customers.emplace(entry.key->text, identifier);
    }
  }

  Identifier in_arms(const Node& node, const Journey& journey, Identifier identifier) {
    std::vector<SplitArm> arms;
    Section section(findings_, node, "`split`");
    if (!section.is_mapping()) return identifier;
    for (const yaml::Entry& entry : node.entries) {
      if (const Transition* arm = find_arm(entry, journey)) arms.push_back({entry.key->text, arm});
    }
    if (auto fitting = lotse::scenario::in_arms(identifier, arms)) return *std::move(fitting);
    findings_.error("T005", node.mark, "no customer falls into all of these arms");
    return identifier;
  }

  const Transition* find_arm(const yaml::Entry& entry, const Journey& journey) {
    std::vector<std::string_view> splits(journey.splits.begin(), journey.splits.end());
    const auto split = std::ranges::find(splits, entry.key->text);
    if (split == splits.end()) {
      findings_.error("T005", entry.key->mark,
                      fmt::format("`{}` is no split of `{}`", entry.key->text, journey.id),
                      did_you_mean_or_list(entry.key->text, splits));
      return nullptr;
    }
    const SplitIndex index{static_cast<std::uint32_t>(split - splits.begin())};
    const std::vector<NamedArm> named = arms_of(journey, index);
    const auto found = std::ranges::find(named, entry.value->text, &NamedArm::name);
    if (found != named.end()) return found->transition;
    std::vector<std::string_view> arms;
    for (const NamedArm& arm : named) arms.push_back(arm.name);
    findings_.error("T005", entry.value->mark,
                    fmt::format("`{}` is no arm of `{}`", entry.value->text, entry.key->text),
                    did_you_mean_or_list(entry.value->text, arms));
    return nullptr;
  }

  void read_step(const Node& node, Scenario& scenario, CheckReader& checks) {
    Section section(findings_, node, "a step");
    if (!section.is_mapping()) return;
    std::vector<std::string_view> keys(kEventKeys.begin(), kEventKeys.end());
    keys.emplace_back("expect");
    section.allow(keys);
    const Node* used = section.find("use");
    const Node* base = nullptr;
    if (used != nullptr) {
      const auto found = templates_.find(used->text);
      if (found == templates_.end()) {
        std::vector<std::string_view> names;
        for (const auto& [name, event] : templates_) names.push_back(name);
        findings_.error("T002", used->mark, fmt::format("`{}` is none of the file's `events`", used->text),
                        did_you_mean_or_list(used->text, names));
        return;
      }
      base = found->second;
    }
    const Instant happens = move_clock(section);
    Moment moment{.at = clock_, .event = std::nullopt, .expected = {}};
    if (section.find("event") != nullptr || base != nullptr)
      moment.event = read_event(node, base, happens, scenario);
    scenario.moments.push_back(std::move(moment));
    if (const Node* expect = section.find("expect")) read_expectations(*expect, scenario, checks);
  }

  /// When it happens by `at` or `after`. The clock follows, but never goes back: an `at` in the past is a
  /// late event.
  Instant move_clock(Section& section) {
    Instant happens = clock_;
    if (section.find("at") != nullptr) section.refuse("after", "a step has either `at` or `after`");
    if (const Node* at = section.find("at")) {
      const auto instant = read_local_instant(at->text, zone_);
      if (!instant) {
        findings_.error(
            "T003", at->mark, fmt::format("`{}` is no point in time", at->text),
            "write `2024-03-01 10:00`, in the test's zone, or with an offset: `2024-03-01T10:00:00Z`");
      }
      happens = instant.value_or(happens);
    } else if (const auto after = section.duration("after")) {
      happens += *after;
    }
    clock_ = started_ ? std::max(clock_, happens) : happens;
    started_ = true;
    return happens;
  }

  Event read_event(const Node& node, const Node* base, Instant happens, Scenario& scenario) {
    const auto find = [&](std::string_view key) {
      const Node* own = node.find(key);
      return own != nullptr || base == nullptr ? own : base->find(key);
    };
    const auto text = [&](std::string_view key) {
      const Node* found = find(key);
      return found == nullptr ? std::string() : found->text;
    };
    Event event;
    event.type = text("event");
    event.channel = text("channel");
    event.source = find("source") != nullptr ? text("source") : "test";
    event.id = find("id") != nullptr ? text("id") : fmt::format("step-{:04}", ++events_);
    event.time = happens;
    event.arrived = happens;
    event.properties = merged("properties", node, base);
    event.traits = merged("traits", node, base);
    const Node* customer = find("customer");
    const std::string name = customer != nullptr      ? customer->text
                             : last_customer_.empty() ? first_customer(scenario)
                                                      : last_customer_;
    last_customer_ = name;
    const Node* ids = find("ids");
    if (ids != nullptr) event.ids = read_ids(*ids);
    const auto [known, is_new] = scenario.customers.emplace(
        name, event.ids.empty() ? Identifier{.name_space = "user_id", .value = name} : event.ids.front());
    if (event.ids.empty()) event.ids = {known->second};
    if (const auto traits = traits_.find(name); traits != traits_.end()) {
      Map all = *traits->second.map();
      for (const auto& own : *event.traits.map()) all.push_back(own);
      event.traits = Value(std::move(all));
      traits_.erase(traits);
    }
    return event;
  }

  static std::string first_customer(const Scenario& scenario) {
    return scenario.customers.size() == 1 ? scenario.customers.begin()->first : "customer";
  }

  /// The step's mapping over that of the event it uses.
  static Value merged(std::string_view key, const Node& node, const Node* base) {
    Map map;
    for (const Node* source : {&node, base}) {
      const Node* found = source == nullptr ? nullptr : source->find(key);
      if (found == nullptr) continue;
      for (const yaml::Entry& entry : found->entries) {
        const bool known =
            std::ranges::any_of(map, [&](const auto& own) { return *own.first.string() == entry.key->text; });
        if (!known) map.emplace_back(Value(entry.key->text), shape::to_value(*entry.value));
      }
    }
    return Value(std::move(map));
  }

  std::vector<Identifier> read_ids(const Node& node) {
    std::vector<Identifier> ids;
    Section section(findings_, node, "`ids`");
    if (!section.is_mapping()) return ids;
    for (const yaml::Entry& entry : node.entries) {
      ids.push_back({.name_space = entry.key->text, .value = entry.value->text});
    }
    if (ids.empty()) findings_.error("T004", node.mark, "`ids` names nobody", "write `ids: {user_id: ada}`");
    return ids;
  }

  /// One mapping, or a list of them; each may let time pass first.
  void read_expectations(const Node& node, Scenario& scenario, CheckReader& checks) {
    std::vector<const Node*> items = node.items;
    if (node.kind == Kind::mapping) items = {&node};
    for (const Node* item : items) {
      Section section(findings_, *item, "an expectation");
      if (!section.is_mapping()) continue;
      std::vector<std::string_view> keys = CheckReader::keys();
      keys.insert(keys.end(), {"customer", "key", "at", "after"});
      section.allow(keys);
      Expectation expectation;
      expectation.where = findings_.location(item->mark);
      expectation.customer = expected_customer(section, scenario);
      if (const Node* key = section.find("key")) expectation.key = shape::to_value(*key);
      if (section.find("at") != nullptr || section.find("after") != nullptr) {
        [[maybe_unused]] const Instant happens = move_clock(section);
      }
      expectation.checks = checks.read(*item);
      scenario.moments.push_back({.at = clock_, .event = std::nullopt, .expected = {std::move(expectation)}});
    }
  }

  std::string expected_customer(Section& section, Scenario& scenario) {
    const Node* node = section.find("customer");
    if (node == nullptr) {
      std::string name = last_customer_.empty() ? first_customer(scenario) : last_customer_;
      scenario.customers.emplace(name, Identifier{.name_space = "user_id", .value = name});
      return name;
    }
    if (node->kind == Kind::mapping && !node->entries.empty()) {  // by an identifier: {anonymous_id: a1}
      const Identifier identifier = read_ids(*node).front();
      std::string name = identifier.name_space + ":" + identifier.value;
      scenario.customers.emplace(name, identifier);
      return name;
    }
    if (!scenario.customers.contains(node->text)) {
      std::vector<std::string_view> names;
      for (const auto& [name, identifier] : scenario.customers) names.push_back(name);
      findings_.error("T004", node->mark, fmt::format("`{}` is no customer of this test so far", node->text),
                      did_you_mean_or_list(node->text, names));
    }
    return node->text;
  }

  Findings& findings_;
  const Workspace& workspace_;
  std::shared_ptr<const yaml::Document> document_;
  const Node* file_journey_ = nullptr;
  const Node* file_zone_ = nullptr;
  std::map<std::string, const Node*> templates_;

  // Of the test that is being read.
  Zone zone_ = Zone::utc();
  Instant clock_{};       ///< after the steps so far
  bool started_ = false;  ///< whether a step has set it
  std::uint32_t events_ = 0;
  std::string last_customer_;
  std::map<std::string, Value> traits_;  ///< of customers whose first event is still to come
};

}  // namespace

Loaded<ScenarioFile> load_scenarios(std::string_view file, std::string_view text, const Workspace& workspace,
                                    const FileLimits& limits) {
  Findings findings(file, yaml::without_byte_order_mark(text));
  auto document = yaml::parse(findings, limits);
  if (!document) return {std::nullopt, findings.take()};
  const auto shared = std::make_shared<const yaml::Document>(*std::move(document));
  ScenarioFile made;
  made.file = file;
  made.text = text;
  made.scenarios = ScenarioReader(findings, workspace, shared).read();
  if (findings.has_errors()) return {std::nullopt, findings.take()};
  return {std::move(made), findings.take()};
}

std::vector<std::filesystem::path> find_test_files(const std::filesystem::path& root) {
  std::vector<std::filesystem::path> files;
  std::error_code error;
  std::filesystem::recursive_directory_iterator entry(root, error);
  constexpr int deepest = 8;
  for (; !error && entry != std::filesystem::recursive_directory_iterator(); entry.increment(error)) {
    std::error_code unreadable;
    const std::string name = entry->path().filename().string();
    if (entry->is_directory(unreadable) && (name.starts_with('.') || entry.depth() >= deepest)) {
      entry.disable_recursion_pending();
    } else if (name.ends_with(".test.yaml") && entry->is_regular_file(unreadable)) {
      files.push_back(entry->path());
    }
  }
  std::ranges::sort(files);
  return files;
}

}  // namespace lotse::scenario
