#include "engine/expression/constraints.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/expression/operators.hpp"

namespace lotse::cel {
namespace {

constexpr double exact_max = 9007199254740991.0;     // 2^53 - 1
constexpr std::int64_t listed_integers_max = 1'000;  // tried one by one against what is ruled out

bool is_negated_order(Asks asks) { return asks >= Asks::not_less && asks <= Asks::not_greater_equal; }

/// Of a comparison that orders: what it asks of a value that is no NaN.
Asks order_of(Asks asks) {
  switch (asks) {
    case Asks::not_less:
      return Asks::greater_equal;
    case Asks::not_less_equal:
      return Asks::greater;
    case Asks::not_greater:
      return Asks::less_equal;
    case Asks::not_greater_equal:
      return Asks::less;
    default:
      return asks;
  }
}

bool is_equal(const Value& a, const Value& b) {
  Budget budget(std::numeric_limits<std::uint32_t>::max());
  return equal(a, b, budget);
}

bool is_any_of(const Value& value, const std::vector<Value>& others) {
  return std::ranges::any_of(others, [&](const Value& other) { return is_equal(value, other); });
}

bool meets_order(const Value& value, Asks asks, const Value& constant) {
  const auto order = compare(value, constant);
  if (!order) return false;  // the comparison fails
  switch (order_of(asks)) {
    case Asks::less:
      return *order < 0;
    case Asks::less_equal:
      return *order <= 0;
    case Asks::greater:
      return *order > 0;
    case Asks::greater_equal:
      return *order >= 0;
    default:
      return true;
  }
}

bool meets(const Value& value, const Constraint& constraint) {
  switch (constraint.asks) {
    case Asks::absent:
      return false;
    case Asks::present:
      return true;
    case Asks::one_of:
      return is_any_of(value, constraint.constants);
    case Asks::none_of:
      return !is_any_of(value, constraint.constants);
    default:
      return meets_order(value, constraint.asks, constraint.constants.front());
  }
}

/// All that is asked of one path.
class Question {
 public:
  Question(std::vector<const Constraint*> constraints, const KnownValue& known)
      : constraints_(std::move(constraints)), known_(known) {}

  [[nodiscard]] bool can_be_met() const {
    if (const auto listed = candidates()) {
      return std::ranges::any_of(*listed, [&](const Value& value) { return is_met_by(value); });
    }
    return a_nan_meets_it() || something_between_meets_it();
  }

 private:
  /// The few values that it can be, where there are few.
  [[nodiscard]] std::optional<std::vector<Value>> candidates() const {
    for (const Constraint* constraint : constraints_) {
      if (constraint->asks == Asks::one_of) return constraint->constants;
    }
    if (!known_.one_of.empty()) return known_.one_of;
    if (known_.kind == TypeKind::boolean) return std::vector<Value>{Value(true), Value(false)};
    return std::nullopt;
  }

  [[nodiscard]] bool is_met_by(const Value& value) const {
    if (!known_.one_of.empty() && !is_any_of(value, known_.one_of)) return false;
    const auto number = value.number();
    if (number && known_.kind == TypeKind::integer) {
      if (*number != std::trunc(*number)) return false;
      if (known_.least && *number < static_cast<double>(*known_.least)) return false;
      if (known_.most && *number > static_cast<double>(*known_.most)) return false;
    }
    return std::ranges::all_of(constraints_,
                               [&](const Constraint* constraint) { return meets(value, *constraint); });
  }

  [[nodiscard]] bool a_nan_meets_it() const {
    const bool may_be_nan =
        !known_.finite && (known_.kind == TypeKind::dyn || known_.kind == TypeKind::floating);
    return may_be_nan && std::ranges::all_of(constraints_, [](const Constraint* constraint) {
             if (is_negated_order(constraint->asks))
               return constraint->constants.front().number().has_value();
             return constraint->asks == Asks::present || constraint->asks == Asks::none_of;
           });
  }

  /// With no candidates each constraint orders, excludes, or only asks for a value.
  [[nodiscard]] bool something_between_meets_it() const {
    std::optional<Value> low;
    std::optional<Value> high;
    bool low_open = false;
    bool high_open = false;
    for (const Constraint* constraint : constraints_) {
      const Asks asks = order_of(constraint->asks);
      const bool from_below = asks == Asks::greater || asks == Asks::greater_equal;
      const bool from_above = asks == Asks::less || asks == Asks::less_equal;
      if (!from_below && !from_above) continue;
      const Value& constant = constraint->constants.front();
      const bool open = asks == Asks::greater || asks == Asks::less;
      std::optional<Value>& bound = from_below ? low : high;
      bool& bound_open = from_below ? low_open : high_open;
      const std::optional<Value>& other = from_below ? high : low;
      if (other && !compare(*other, constant)) return false;  // of different kinds: one comparison fails
      const auto order = bound ? compare(constant, *bound) : std::partial_ordering::equivalent;
      if (!order) return false;
      const bool tighter = !bound || (from_below ? *order > 0 : *order < 0);
      if (tighter) {
        bound = constant;
        bound_open = open;
      } else if (*order == 0) {
        bound_open = bound_open || open;
      }
    }
    if (known_.kind == TypeKind::integer) return some_integer_meets_it(low, low_open, high, high_open);
    if (!low || !high) return true;
    const auto order = *compare(*low, *high);
    if (order == 0) return !low_open && !high_open && is_met_by(*low);
    return order < 0;
  }

  [[nodiscard]] bool some_integer_meets_it(const std::optional<Value>& low, bool low_open,
                                           const std::optional<Value>& high, bool high_open) const {
    double least = -std::numeric_limits<double>::infinity();
    double most = std::numeric_limits<double>::infinity();
    if (low && low->number())
      least = std::floor(*low->number()) == *low->number() && !low_open ? *low->number()
                                                                        : std::floor(*low->number()) + 1;
    if (high && high->number())
      most = std::ceil(*high->number()) == *high->number() && !high_open ? *high->number()
                                                                         : std::ceil(*high->number()) - 1;
    if (known_.least) least = std::max(least, static_cast<double>(*known_.least));
    if (known_.most) most = std::min(most, static_cast<double>(*known_.most));
    if (least > most) return false;
    if (most - least >= static_cast<double>(listed_integers_max)) return true;
    for (auto value = static_cast<std::int64_t>(least); value <= static_cast<std::int64_t>(most); ++value) {
      if (is_met_by(Value(value))) return true;
    }
    return false;
  }

  std::vector<const Constraint*> constraints_;
  const KnownValue& known_;
};

}  // namespace

bool is_plain(const Value& value) {
  if (const auto number = value.number()) return std::abs(*number) <= exact_max;
  return value.list() == nullptr && value.map() == nullptr &&
         !std::holds_alternative<Value::Shared<Bytes>>(value.rep()) &&
         !std::holds_alternative<Value::Shared<TypeName>>(value.rep());
}

bool can_meet_last(const std::vector<Constraint>& constraints, const KnownValue& known) {
  const std::string& path = constraints.back().path;
  const auto is_at_or_below = [](const std::string& inner, const std::string& outer) {
    return inner == outer || inner.starts_with(outer + ".");
  };
  if (constraints.back().asks == Asks::absent) {
    return !known.there && std::ranges::none_of(constraints, [&](const Constraint& other) {
      return other.asks != Asks::absent && is_at_or_below(other.path, path);
    });
  }
  std::vector<const Constraint*> about;
  for (const Constraint& other : constraints) {
    if (other.asks == Asks::absent && is_at_or_below(path, other.path)) return false;
    if (other.path == path) about.push_back(&other);
  }
  return Question(std::move(about), known).can_be_met();
}

}  // namespace lotse::cel
