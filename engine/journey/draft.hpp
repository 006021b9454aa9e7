#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "engine/journey/findings.hpp"
#include "engine/journey/journey.hpp"
#include "engine/journey/yaml.hpp"

namespace lotse {

/// Where the text of an expression stands in the file.
struct ExpressionSite {
  const yaml::Node* node = nullptr;
  std::vector<std::uint32_t> term_starts;     ///< of a condition written as a mapping: where each term begins
  std::vector<const yaml::Node*> term_nodes;  ///< and its key

  /// The place of byte `offset` of the compiled text.
  [[nodiscard]] Mark place(const Findings& findings, std::uint32_t offset) const;
};

/// An expression with its site, so that a later check can point into it.
struct PlacedExpression {
  Expression expression;
  ExpressionSite site;
};

/// Where a transition stands in the file, beside Touchpoint::next or Journey::anywhere.
struct TransitionSource {
  const yaml::Node* node = nullptr;  ///< a mapping, or the bare id
  std::optional<PlacedExpression> when;
  std::optional<PlacedExpression> from;
  bool at_once = false;  ///< may follow an outbound without a pause
};

/// Where a touchpoint stands in the file, beside Journey::touchpoints.
struct TouchpointSource {
  const yaml::Node* key = nullptr;
  const yaml::Node* node = nullptr;
  std::optional<PlacedExpression> when;
  std::vector<PlacedExpression> capture;
  std::vector<PlacedExpression> with;
  std::optional<PlacedExpression> promise;
  std::vector<TransitionSource> next;
};

/// A journey while it is read: what could be understood, and where it stands.
struct Draft {
  Journey journey;
  std::vector<TouchpointSource> touchpoints;
  std::vector<TransitionSource> anywhere;
  /// Expressions of value, segments, remember, exit_when, promises and feedback.
  std::vector<PlacedExpression> elsewhere;
  /// Those of them that are conditions.
  std::vector<PlacedExpression> rule_conditions;
  const yaml::Node* root = nullptr;
  bool expressions_read = true;  ///< else some are missing, and nothing can be concluded from their absence
};

}  // namespace lotse
