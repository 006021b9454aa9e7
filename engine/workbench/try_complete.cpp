// What the last word of a line may become.
#include <algorithm>

#include "engine/workbench/event_properties.hpp"
#include "engine/workbench/split_arms.hpp"
#include "engine/workbench/try_commands.hpp"
#include "engine/workbench/try_session.hpp"

namespace lotse::trial {

namespace {

/// A value as a word of a line that reads back as the same.
std::string typed(const Value& value) {
  const std::string text = value.string() != nullptr ? *value.string() : describe(value);
  const bool plain = text.find_first_of(" \t\"'\\") == std::string::npos;
  return plain && !text.empty() ? text : '"' + text + '"';
}

/// Of an event's properties those that are not there yet, and the values of the one that is being typed.
std::vector<std::string> property_words(const Journey& journey, std::span<const Word> words,
                                        std::string_view last) {
  const std::string& type = words.front().text;
  const std::vector<EventProperty> properties = event_properties(journey, type);
  std::vector<std::string> candidates;
  const std::size_t sign = last.find('=');
  if (sign == std::string_view::npos) {
    const auto offer = [&](const std::string& name) {
      const bool given = std::ranges::any_of(
          words.subspan(1), [&](const Word& word) { return word.text.starts_with(name + "="); });
      if (!given) candidates.push_back(name + "=");
    };
    for (const EventProperty& property : properties) offer(property.name);
    offer("channel");
    return candidates;
  }
  const std::string_view name = last.substr(0, sign);
  const auto add = [&](const std::string& value) { candidates.push_back(std::string(name) + "=" + value); };
  if (name == "channel") {
    const std::vector<std::string> waiting = event_channels(journey, type);
    for (const std::string& channel : waiting.empty() ? journey.channels : waiting) add(channel);
    return candidates;
  }
  const auto known = std::ranges::find(properties, name, &EventProperty::name);
  if (known == properties.end()) return candidates;
  for (const Value& value : known->values) add(typed(value));
  if (known->type.kind == TypeKind::boolean && known->values.empty()) {
    add("true");
    add("false");
  }
  return candidates;
}

std::vector<std::string> arm_words(const Journey& journey) {
  std::vector<std::string> candidates;
  for (std::uint32_t i = 0; i < journey.splits.size(); ++i) {
    for (const scenario::NamedArm& arm : scenario::arms_of(journey, SplitIndex{i}))
      candidates.push_back(journey.splits[i] + "=" + std::string(arm.name));
  }
  return candidates;
}

}  // namespace

Completion Session::complete(std::string_view line) const {
  const Result<std::vector<Word>> split = split_words(line);
  if (!split) return {.from = line.size(), .words = {}};  // within quotes
  std::vector<Word> words = *split;
  const bool fresh = words.empty() || line.ends_with(' ');
  const std::size_t from = fresh ? line.size() : words.back().from;
  const std::string_view last = line.substr(from);
  if (!fresh) words.pop_back();
  std::span<const Word> before(words);
  std::vector<std::string> candidates;
  const std::vector<std::string> types = listened_types(journey());
  if (before.empty()) {
    candidates = types;
    for (const Command& command : commands()) candidates.emplace_back(command.name);
  } else if (before.front().text == "post" && before.size() == 1) {
    candidates = types;
  } else if (before.front().text == "wait" && before.size() == 1) {
    candidates = {"next", "until"};
  } else if (before.front().text == "why" && before.size() == 1) {
    candidates = {"all"};
  } else if (before.front().text == "customer" && before.size() == 1) {
    for (const Customer& customer : customers_) candidates.push_back(customer.name);
  } else if (before.front().text == "customer") {
    candidates = arm_words(journey());
  } else {
    if (before.front().text == "post") before = before.subspan(1);
    if (std::ranges::find(types, before.front().text) != types.end())
      candidates = property_words(journey(), before, last);
  }
  std::erase_if(candidates, [&](const std::string& word) { return !word.starts_with(last); });
  std::ranges::sort(candidates);
  const auto repeated = std::ranges::unique(candidates);
  candidates.erase(repeated.begin(), repeated.end());
  return {.from = from, .words = std::move(candidates)};
}

}  // namespace lotse::trial
