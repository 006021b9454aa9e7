#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <utility>

#include "engine/expression/program.hpp"

namespace lotse::cel {

/// How many more steps an evaluation may take.
class Budget {
 public:
  explicit Budget(std::uint32_t steps) : left_(steps) {}
  /// Takes `steps`; false, from then on for ever, when there are not so many.
  bool take(std::size_t steps) {
    if (steps <= left_) {
      left_ -= static_cast<std::uint32_t>(steps);
      return true;
    }
    left_ = 0;
    exhausted_ = true;
    return false;
  }
  [[nodiscard]] std::uint32_t left() const { return left_; }
  [[nodiscard]] bool exhausted() const { return exhausted_; }

 private:
  std::uint32_t left_;
  bool exhausted_ = false;
};

/// What a condition gives.
enum class Truth : std::uint8_t { no, yes, failed };

/// One evaluation of a Program.
class Run {
 public:
  /// `explain` off makes no text of a failure.
  Run(const Expression::Program& program, const Activation& activation, std::uint32_t steps, bool explain)
      : program_(program), activation_(activation), budget_(steps), explain_(explain) {}

  /// The node's value: `made`, or a place that lives as long as `made` is left alone. nullptr: it failed,
  /// failure() says why. What `made` held before is lost.
  const Value* evaluate(std::uint32_t node, Value& made);

  /// The node as a condition, without a Value where it need not be; `failed` also where it is no boolean.
  [[nodiscard]] Truth truth(std::uint32_t node);

  [[nodiscard]] Budget& budget() { return budget_; }
  [[nodiscard]] EvaluationError& failure() { return failure_; }

  /// Says why a function fails; `text` is called only if somebody will read it.
  template <class Text>
  bool fail(const Text& text) {
    if (explain_) failure_ = {text(), here_};
    return false;
  }
  bool fail(const char* text) {
    return fail([text] { return std::string(text); });
  }

 private:
  template <class Text>
  const Value* fail(const Node& node, const Text& text) {
    if (explain_) failure_ = {text(), node.offset};
    return nullptr;
  }
  template <class Text>
  Truth untrue(const Node& node, const Text& text) {
    fail(node, text);
    return Truth::failed;
  }
  Truth spent(const Node& node) {
    fail(node, [] { return std::string("step limit reached"); });
    return Truth::failed;
  }
  Truth not_boolean(const Node& node, const Value& value);
  [[nodiscard]] std::uint32_t child(const Node& node, std::size_t i) const {
    return program_.children[node.first + i];
  }
  [[nodiscard]] const Value* out_of_steps(const Node& node);
  /// Why a variable or field node fails.
  [[nodiscard]] std::string no_value(const Node& node) const;

  const Value* variable(const Node& node, Value& made);
  const Value* field(const Node& node, Value& made);
  const Value* member(const Node& node, Value& made);
  const Value* select(const Node& node, Value& made);
  Truth has(const Node& node);
  const Value* index(const Node& node, Value& made);
  const Value* list(const Node& node, Value& made);
  const Value* map(const Node& node, Value& made);
  Truth logical(const Node& node, bool decisive);
  const Value* conditional(const Node& node, Value& made);
  const Value* negative(const Node& node, Value& made);
  const Value* arithmetic(const Node& node, Value& made);
  Truth comparison(const Node& node);
  Truth membership(const Node& node);
  const Value* call(const Node& node, Value& made);
  Truth condition(const Node& node);
  Truth matches(const Node& node);
  Truth quantifier(const Node& node);
  Truth exists_one(const Node& node);
  const Value* transform(const Node& node, Value& made);
  const Value* bind(const Node& node, Value& made);

  /// Calls `body(key_or_index, value)` over a list or a map; false where it says so or the range is neither.
  template <class Body>
  bool iterate(const Node& node, const Value& range, const Body& body);

  const Expression::Program& program_;
  const Activation& activation_;
  Budget budget_;
  bool explain_;
  std::uint32_t here_ = 0;
  EvaluationError failure_;
  std::array<const Value*, max_locals> locals_{};
};

}  // namespace lotse::cel
