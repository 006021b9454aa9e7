#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/time.hpp"
#include "engine/expression/value.hpp"
#include "engine/journey/findings.hpp"
#include "engine/journey/yaml.hpp"

/// Reads values of a wanted shape from YAML nodes. What does not fit is a finding with a code from J010 to
/// J019, and only these: they are what the JSON Schemas in schemas/ refuse as well.
namespace lotse::shape {

/// "a list", "text", "nothing": what stands there.
[[nodiscard]] std::string_view kind_of(const yaml::Node& node);

/// What a name may look like.
enum class NameStyle : std::uint8_t {
  identifier,  ///< letters, digits, `_`; no digit first: usable in expressions
  variable,    ///< the same, of the environment; what is none may be a secret and is not repeated
  slug,        ///< also `-` and `.` inside, and a digit first
  free,        ///< any text
};
[[nodiscard]] bool fits(std::string_view text, NameStyle style);

/// One mapping that is being read. `what` names it in messages: "touchpoint `order`".
class Section {
 public:
  Section(Findings& findings, const yaml::Node& node, std::string what);

  /// False (and a finding, J012) if the node is no mapping; nothing else may be asked then.
  [[nodiscard]] bool is_mapping() const { return is_mapping_; }
  /// J010 for every other key.
  void allow(std::span<const std::string_view> keys);
  /// J019 if the key is there, with `why` as the message.
  void refuse(std::string_view key, std::string_view why);

  [[nodiscard]] const yaml::Node* find(std::string_view key) const { return node_.find(key); }
  /// J011 where it is missing.
  const yaml::Node* require(std::string_view key);

  // Each: the value under `key` if it is there and fits; a finding if it is there and does not.
  [[nodiscard]] std::optional<std::string> text(std::string_view key);
  [[nodiscard]] std::optional<std::string> name(std::string_view key, NameStyle style);
  [[nodiscard]] std::optional<bool> boolean(std::string_view key);
  [[nodiscard]] std::optional<std::int64_t> integer(std::string_view key, std::int64_t min, std::int64_t max);
  [[nodiscard]] std::optional<double> number(std::string_view key, double min, double max);
  [[nodiscard]] std::optional<Duration> duration(std::string_view key);
  [[nodiscard]] std::optional<LocalTime> local_time(std::string_view key);
  /// The index of the word in `words`.
  [[nodiscard]] std::optional<std::size_t> choice(std::string_view key,
                                                  std::span<const std::string_view> words);
  /// One name or a list of at least one, without repetitions.
  [[nodiscard]] std::vector<const yaml::Node*> names(std::string_view key, NameStyle style);
  /// A list of at least one, without repetitions.
  [[nodiscard]] std::vector<const yaml::Node*> name_list(std::string_view key, NameStyle style);
  /// The entries of a mapping with at least one, whose keys are names.
  [[nodiscard]] std::vector<yaml::Entry> entries(std::string_view key, NameStyle style);
  /// The items of a list.
  [[nodiscard]] std::vector<const yaml::Node*> items(std::string_view key);

  [[nodiscard]] const yaml::Node& node() const { return node_; }
  [[nodiscard]] const std::string& what() const { return what_; }
  [[nodiscard]] Findings& findings() { return findings_; }

 private:
  Findings& findings_;
  const yaml::Node& node_;
  std::string what_;
  bool is_mapping_;
};

/// J012 at `node`: "`next` must be a list; this is text".
void wrong_type(Findings& findings, const yaml::Node& node, std::string_view name, std::string_view wanted,
                std::string hint = {});
/// A name in its style, or a finding.
[[nodiscard]] bool is_name(Findings& findings, const yaml::Node& node, std::string_view name,
                           NameStyle style);
/// Text that is not empty, or a finding.
[[nodiscard]] bool is_text(Findings& findings, const yaml::Node& node, std::string_view name);
/// A duration, or a finding (J015).
[[nodiscard]] std::optional<Duration> read_duration(Findings& findings, const yaml::Node& node,
                                                    std::string_view name);
/// A whole number within bounds, or a finding (J012, J016).
[[nodiscard]] std::optional<std::int64_t> read_integer(Findings& findings, const yaml::Node& node,
                                                       std::string_view name, std::int64_t min,
                                                       std::int64_t max);
/// J017 for each name that stands in the list before.
void refuse_repetitions(Findings& findings, const std::vector<const yaml::Node*>& names,
                        std::string_view name);

/// The value of a scalar that scalar_type() calls a number or an integer; nothing beyond their range.
[[nodiscard]] std::optional<double> to_double(const yaml::Node& node);
[[nodiscard]] std::optional<std::int64_t> to_integer(const yaml::Node& node);
/// Whatever stands there, as YAML 1.2 means it; a number beyond its range stays text.
[[nodiscard]] Value to_value(const yaml::Node& node);

}  // namespace lotse::shape
