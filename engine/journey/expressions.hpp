#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "engine/journey/draft.hpp"
#include "engine/journey/findings.hpp"
#include "engine/journey/yaml.hpp"

namespace lotse {

/// What an expression must give.
enum class Wanted : std::uint8_t { anything, condition, number, text, instant, key };

/// Which variables have no value where an expression stands, and why; the message of J037.
struct Absent {
  bool event = false;     ///< and with it `channel`
  bool instance = false;  ///< `context`, `visits`
  std::string_view why;   ///< "a delay has no event"
};

/// Reads the expressions of one file.
class ExpressionReader {
 public:
  ExpressionReader(Findings& findings, const Environment& environment)
      : findings_(findings), environment_(environment) {}

  /// CEL text. Shape findings J012 and J014; J035 where it does not compile, J036 where its type is not the
  /// wanted, J037 where it reads what is not there.
  [[nodiscard]] std::optional<PlacedExpression> read(const yaml::Node& node, std::string_view name,
                                                     Wanted wanted, const Absent& absent = {});
  /// CEL text or a mapping: `{event.amount: {gte: 100}}`.
  [[nodiscard]] std::optional<PlacedExpression> read_condition(const yaml::Node& node, std::string_view name,
                                                               const Absent& absent = {});
  /// Whether any that was read so far refers to `variable`.
  [[nodiscard]] bool refers_to(Variable variable) const;

 private:
  std::optional<PlacedExpression> read_terms(const yaml::Node& node, std::string_view name,
                                             const Absent& absent);
  std::optional<PlacedExpression> compile(ExpressionSite site, std::string_view source, std::string_view name,
                                          Wanted wanted, const Absent& absent);

  Findings& findings_;
  const Environment& environment_;
  std::vector<std::uint32_t> variables_;  ///< referred to, each once
};

/// J037 for each reading of what is absent.
void refuse_absent(Findings& findings, const PlacedExpression& expression, std::string_view name,
                   const Absent& absent);

/// The type in an author's words: "a number".
[[nodiscard]] std::string_view word_for(const Type& type);

/// Whether a value of type `from` can be kept in a field of type `to`.
[[nodiscard]] bool can_hold(const Type& to, const Type& from);

}  // namespace lotse
