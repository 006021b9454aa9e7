#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/journey/findings.hpp"
#include "engine/journey/yaml.hpp"
#include "engine/workbench/scenario.hpp"

namespace lotse::scenario {

/// Reads the keys of an `expect` mapping into checks. Unknown names are findings T002; shapes as everywhere.
class CheckReader {
 public:
  /// `document` is what the nodes belong to: the checks keep it alive.
  CheckReader(Findings& findings, std::shared_ptr<const yaml::Document> document,
              const JourneyVersions& versions, Zone zone)
      : findings_(findings), document_(std::move(document)), versions_(versions), zone_(zone) {}

  /// The keys that read() knows, besides `customer`, `key`, `at` and `after`.
  [[nodiscard]] static std::vector<std::string_view> keys();

  [[nodiscard]] std::vector<Check> read(const yaml::Node& expect);

 private:
  void read_entry(const yaml::Entry& entry);
  void read_position(const yaml::Node& node);
  void read_word(const yaml::Entry& entry);
  void read_number(const yaml::Entry& entry);
  void read_context(const yaml::Node& node);
  void read_visited(const yaml::Node& node);
  void read_stays(const yaml::Node& node);
  void read_effects(const yaml::Node& node, bool tasks);
  void read_not_sent(const yaml::Node& node);
  void read_feedback(const yaml::Node& node);
  void read_coming(const yaml::Node& node);
  void read_promises(const yaml::Node& node);

  [[nodiscard]] bool is_touchpoint(const yaml::Node& node);
  [[nodiscard]] bool is_list(const yaml::Node& node, std::string_view key);
  [[nodiscard]] bool is_item(const yaml::Node& item, std::string_view key,
                             const std::vector<std::string_view>& keys);
  void add(const yaml::Node& node, std::function<std::optional<std::string>(const Situation&)> missed);

  Findings& findings_;
  std::shared_ptr<const yaml::Document> document_;
  const JourneyVersions& versions_;
  Zone zone_;
  std::vector<Check> checks_;
};

/// `2024-03-01 10:00` in `zone`, a day, or RFC 3339 with an offset; nothing for any other text.
[[nodiscard]] std::optional<Instant> read_local_instant(std::string_view text, const Zone& zone);

/// `2024-03-01 10:00` in the test's zone; seconds only where there are any.
[[nodiscard]] std::string local_text(Instant at, const Zone& zone);

/// The word that `promises` compares: `kept`, `broken` or `open`.
[[nodiscard]] std::string_view promise_status(const PromiseRecord& record, Instant now);

}  // namespace lotse::scenario
