#include "engine/expression/evaluator.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <vector>

#include "engine/expression/operators.hpp"

namespace lotse::cel {
namespace {

constexpr std::string_view spelling(Op op) {
  switch (op) {
    case Op::add:
      return "+";
    case Op::subtract:
      return "-";
    case Op::multiply:
      return "*";
    case Op::divide:
      return "/";
    case Op::modulo:
      return "%";
    case Op::less:
      return "<";
    case Op::less_equal:
      return "<=";
    case Op::greater:
      return ">";
    case Op::greater_equal:
      return ">=";
    case Op::logical_and:
      return "&&";
    case Op::logical_or:
      return "||";
    default:
      return "";
  }
}

constexpr Truth truth_of(bool truth) { return truth ? Truth::yes : Truth::no; }

/// A value in a message: a scalar as it is, else its type.
std::string brief(const Value& value) {
  const bool large = value.list() != nullptr || value.map() != nullptr ||
                     (value.string() != nullptr && value.string()->size() > 80);
  return large ? std::string(kind_name(value)) : describe(value);
}

/// How a key is named in "no such key: amount".
std::string key_text(const Value& key) {
  const std::string* text = key.string();
  return text != nullptr && text->size() <= 80 ? *text : brief(key);
}

std::string describe_fault(Fault fault, Op op, const Value& a, const Value& b) {
  switch (fault) {
    case Fault::overflow:
      return "integer overflow";
    case Fault::divide_by_zero:
      return "division by zero";
    case Fault::modulo_by_zero:
      return "modulus by zero";
    case Fault::range:
      return "timestamp or duration out of range";
    case Fault::none:
    case Fault::no_overload:
      break;
  }
  const auto is_time = [](const Value& value) {
    return std::holds_alternative<Timestamp>(value.rep()) || std::holds_alternative<CelDuration>(value.rep());
  };
  const Value& text = a.string() != nullptr ? a : b;
  const Value& time = a.string() != nullptr ? b : a;
  const bool unread = text.string() != nullptr && is_time(time);  // JSON knows times only as texts
  return fmt::format("no such overload: {} {} {}{}", kind_name(a), spelling(op), kind_name(b),
                     unread ? fmt::format("; {}(…) reads a text", kind_name(time)) : "");
}

}  // namespace

const Value* Run::out_of_steps(const Node& node) {
  return fail(node, [] { return std::string("step limit reached"); });
}

const Value* Run::evaluate(std::uint32_t id, Value& made) {
  const Node& node = program_.nodes[id];
  if (node.op == Op::literal) return &program_.literals[node.a];
  if (!budget_.take(1)) return out_of_steps(node);
  if (is_condition(node.op)) {
    const Truth truth = condition(node);
    if (truth == Truth::failed) return nullptr;
    made = Value(truth == Truth::yes);
    return &made;
  }
  switch (node.op) {
    case Op::variable:
      return variable(node, made);
    case Op::field:
      return field(node, made);
    case Op::member:
      return member(node, made);
    case Op::local:
      return locals_[node.a];
    case Op::select:
      return select(node, made);
    case Op::index:
      return index(node, made);
    case Op::list:
      return list(node, made);
    case Op::map:
      return map(node, made);
    case Op::conditional:
      return conditional(node, made);
    case Op::negate:
      return negative(node, made);
    case Op::add:
    case Op::subtract:
    case Op::multiply:
    case Op::divide:
    case Op::modulo:
      return arithmetic(node, made);
    case Op::call:
      return call(node, made);
    case Op::filter:
    case Op::to_list:
    case Op::to_map:
      return transform(node, made);
    case Op::bind:
      return bind(node, made);
    case Op::fail:
      return fail(node, [&] { return program_.names[node.a]; });
    default:
      return nullptr;
  }
}

Truth Run::truth(std::uint32_t id) {
  const Node& node = program_.nodes[id];
  if (is_condition(node.op)) return budget_.take(1) ? condition(node) : spent(node);
  Value made;
  const Value* value = evaluate(id, made);
  if (value == nullptr) return Truth::failed;
  const bool* truth = value->boolean();
  return truth == nullptr ? not_boolean(node, *value) : truth_of(*truth);
}

Truth Run::not_boolean(const Node& node, const Value& value) {
  return untrue(node, [&] { return fmt::format("no such overload: {} is no condition", kind_name(value)); });
}

/// The nodes that give a boolean or fail.
Truth Run::condition(const Node& node) {
  switch (node.op) {
    case Op::logical_and:
      return logical(node, false);
    case Op::logical_or:
      return logical(node, true);
    case Op::logical_not: {
      const Truth operand = truth(child(node, 0));
      return operand == Truth::failed ? operand : truth_of(operand == Truth::no);
    }
    case Op::in:
      return membership(node);
    case Op::matches:
      return matches(node);
    case Op::all:
    case Op::exists:
      return quantifier(node);
    case Op::exists_one:
      return exists_one(node);
    case Op::has_variable:
    case Op::has_field:
    case Op::has_member:
    case Op::has_select:
      return has(node);
    default:
      return comparison(node);
  }
}

// ---- reading

std::string Run::no_value(const Node& node) const {
  const auto id = static_cast<std::uint32_t>(&node - program_.nodes.data());
  const auto read = std::ranges::find(program_.reads, id, &Expression::Program::Read::node);
  return fmt::format("`{}` has no value", read->name);
}

const Value* Run::variable(const Node& node, Value& made) {
  const Value* found = activation_.variable(node.a, made);
  if (found != nullptr) return found;
  return fail(node, [&] { return no_value(node); });
}

const Value* Run::field(const Node& node, Value& made) {
  const Value* found = activation_.field(node.a, node.b, made);
  if (found != nullptr) return found;
  return fail(node, [&] { return no_value(node); });
}

const Value* Run::member(const Node& node, Value& made) {
  const Value* found = activation_.member(node.a, program_.names[node.b], made);
  if (found != nullptr) return found;
  return fail(node, [&] { return "no such key: " + program_.names[node.b]; });
}

const Value* Run::select(const Node& node, Value& made) {
  const Value* operand = evaluate(child(node, 0), made);
  if (operand == nullptr) return nullptr;
  if (operand->map() == nullptr) {
    return fail(node, [&] {
      return fmt::format("no such overload: {}.{}", kind_name(*operand), program_.names[node.b]);
    });
  }
  const Value* found = operand->find(program_.names[node.b]);
  if (found == nullptr) return fail(node, [&] { return "no such key: " + program_.names[node.b]; });
  return found;  // perhaps inside `made`, which keeps it alive
}

Truth Run::has(const Node& node) {
  Value made;
  if (node.op == Op::has_variable) return truth_of(activation_.variable(node.a, made) != nullptr);
  if (node.op == Op::has_field) return truth_of(activation_.field(node.a, node.b, made) != nullptr);
  if (node.op == Op::has_member) {
    return truth_of(activation_.member(node.a, program_.names[node.b], made) != nullptr);
  }
  const Value* operand = evaluate(child(node, 0), made);
  if (operand == nullptr) return Truth::failed;
  if (operand->map() == nullptr) {
    return untrue(node, [&] { return fmt::format("no such overload: has({}.…)", kind_name(*operand)); });
  }
  return truth_of(operand->find(program_.names[node.b]) != nullptr);
}

const Value* Run::index(const Node& node, Value& made) {
  Value key_made;
  const Value* operand = evaluate(child(node, 0), made);
  if (operand == nullptr) return nullptr;
  const Value* key = evaluate(child(node, 1), key_made);
  if (key == nullptr) return nullptr;

  const Value* found = nullptr;
  if (const Map* entries = operand->map()) {
    found = find(*entries, *key, budget_);
    if (budget_.exhausted()) return out_of_steps(node);
    if (found == nullptr) return fail(node, [&] { return "no such key: " + key_text(*key); });
  } else if (const List* elements = operand->list()) {
    const auto position = as_index(*key);
    if (!position) return fail(node, [&] { return fmt::format("no such overload: list[{}]", brief(*key)); });
    if (*position < 0 || static_cast<std::uint64_t>(*position) >= elements->size()) {
      return fail(node,
                  [&] { return fmt::format("index out of range: {} of {}", *position, elements->size()); });
    }
    found = &(*elements)[static_cast<std::size_t>(*position)];
  } else {
    return fail(
        node, [&] { return fmt::format("no such overload: {}[{}]", kind_name(*operand), kind_name(*key)); });
  }
  return found;
}

// ---- making lists and maps

const Value* Run::list(const Node& node, Value& made) {
  List elements;
  elements.reserve(node.count);
  for (std::size_t i = 0; i < node.count; ++i) {
    Value element_made;
    const Value* element = evaluate(child(node, i), element_made);
    if (element == nullptr) return nullptr;
    elements.push_back(*element);
  }
  made = Value(std::move(elements));
  return &made;
}

const Value* Run::map(const Node& node, Value& made) {
  Map entries;
  entries.reserve(node.count / 2);
  for (std::size_t i = 0; i < node.count; i += 2) {
    Value key_made;
    Value value_made;
    const Value* key = evaluate(child(node, i), key_made);
    if (key == nullptr) return nullptr;
    if (!is_key(*key)) {
      return fail(node, [&] { return fmt::format("unsupported key type: {}", kind_name(*key)); });
    }
    if (find(entries, *key, budget_) != nullptr) {
      return fail(node, [&] { return "repeated key: " + key_text(*key); });
    }
    const Value* value = evaluate(child(node, i + 1), value_made);
    if (value == nullptr) return nullptr;
    entries.emplace_back(*key, *value);
  }
  if (budget_.exhausted()) return out_of_steps(node);
  made = Value(std::move(entries));
  return &made;
}

// ---- logic

/// `&&` and `||` over two or more: one operand that decides (false, true) outweighs failures of the others.
Truth Run::logical(const Node& node, bool decisive) {
  bool failed = false;
  EvaluationError first_failure;
  for (std::size_t i = 0; i < node.count; ++i) {
    const Truth operand = truth(child(node, i));
    if (operand == truth_of(decisive)) return operand;
    if (operand != Truth::failed) continue;
    if (budget_.exhausted()) return operand;
    if (!failed) first_failure = std::move(failure_);
    failed = true;
  }
  if (!failed) return truth_of(!decisive);
  failure_ = std::move(first_failure);
  return Truth::failed;
}

const Value* Run::conditional(const Node& node, Value& made) {
  const Truth condition = truth(child(node, 0));
  if (condition == Truth::failed) return nullptr;
  return evaluate(child(node, condition == Truth::yes ? 1 : 2), made);
}

const Value* Run::negative(const Node& node, Value& made) {
  Value operand_made;
  const Value* operand = evaluate(child(node, 0), operand_made);
  if (operand == nullptr) return nullptr;
  const Fault fault = negate(*operand, made);
  if (fault == Fault::none) return &made;
  return fail(node, [&] {
    return fault == Fault::overflow ? std::string("integer overflow")
                                    : fmt::format("no such overload: -{}", kind_name(*operand));
  });
}

// ---- arithmetic and comparison

const Value* Run::arithmetic(const Node& node, Value& made) {
  Value left_made;
  Value right_made;
  const Value* left = evaluate(child(node, 0), left_made);
  if (left == nullptr) return nullptr;
  const Value* right = evaluate(child(node, 1), right_made);
  if (right == nullptr) return nullptr;
  const Fault fault = cel::arithmetic(node.op, *left, *right, made, budget_);
  if (budget_.exhausted()) return out_of_steps(node);
  if (fault == Fault::none) return &made;
  return fail(node, [&] { return describe_fault(fault, node.op, *left, *right); });
}

Truth Run::comparison(const Node& node) {
  Value left_made;
  Value right_made;
  const Value* left = evaluate(child(node, 0), left_made);
  if (left == nullptr) return Truth::failed;
  const Value* right = evaluate(child(node, 1), right_made);
  if (right == nullptr) return Truth::failed;

  if (node.op == Op::equal || node.op == Op::not_equal) {
    const bool same = equal(*left, *right, budget_);
    if (budget_.exhausted()) return spent(node);
    return truth_of(same == (node.op == Op::equal));
  }
  const auto order = compare(*left, *right);
  if (!order) return untrue(node, [&] { return describe_fault(Fault::no_overload, node.op, *left, *right); });
  switch (node.op) {
    case Op::less:
      return truth_of(*order < 0);
    case Op::less_equal:
      return truth_of(*order <= 0);
    case Op::greater:
      return truth_of(*order > 0);
    default:
      return truth_of(*order >= 0);
  }
}

Truth Run::membership(const Node& node) {
  Value element_made;
  Value range_made;
  const Value* element = evaluate(child(node, 0), element_made);
  if (element == nullptr) return Truth::failed;
  const Value* range = evaluate(child(node, 1), range_made);
  if (range == nullptr) return Truth::failed;

  bool found = false;
  if (const List* elements = range->list()) {
    for (const Value& candidate : *elements) {
      found = equal(candidate, *element, budget_);
      if (found || budget_.exhausted()) break;
    }
  } else if (const Map* entries = range->map()) {
    found = find(*entries, *element, budget_) != nullptr;
  } else {
    return untrue(node, [&] {
      return fmt::format("no such overload: {} in {}", kind_name(*element), kind_name(*range));
    });
  }
  if (budget_.exhausted()) return spent(node);
  return truth_of(found);
}

// ---- functions

const Value* Run::call(const Node& node, Value& made) {
  static constexpr std::size_t few = 3;
  std::array<Value, few> made_few;
  std::vector<Value> made_many(node.count > few ? node.count : 0);
  std::array<const Value*, few> few_arguments{};
  std::vector<const Value*> many_arguments(node.count > few ? node.count : 0);
  Value* room = node.count > few ? made_many.data() : made_few.data();
  const Value** arguments = node.count > few ? many_arguments.data() : few_arguments.data();
  for (std::size_t i = 0; i < node.count; ++i) {
    arguments[i] = evaluate(child(node, i), room[i]);
    if (arguments[i] == nullptr) return nullptr;
  }
  here_ = node.offset;
  const bool done = program_.functions[node.a](*this, arguments, node.count, made);
  if (budget_.exhausted()) return out_of_steps(node);
  return done ? &made : nullptr;
}

Truth Run::matches(const Node& node) {
  Value subject_made;
  const Value* subject = evaluate(child(node, 0), subject_made);
  if (subject == nullptr) return Truth::failed;
  const std::string* text = subject->string();
  if (text == nullptr) {
    return untrue(node,
                  [&] { return fmt::format("no such overload: {}.matches(string)", kind_name(*subject)); });
  }
  if (!budget_.take(text->size())) return spent(node);
  return truth_of(re2::RE2::PartialMatch(*text, *program_.patterns[node.a]));
}

// ---- comprehensions

template <class Body>
bool Run::iterate(const Node& node, const Value& range, const Body& body) {
  if (const List* elements = range.list()) {
    std::int64_t position = 0;
    for (const Value& element : *elements) {
      const Value index(position++);
      if (node.b == 1) {
        locals_[node.a] = &element;
      } else {
        locals_[node.a] = &index;
        locals_[node.a + 1] = &element;
      }
      if (!budget_.take(1)) return out_of_steps(node) != nullptr;
      if (!body(index)) return false;
    }
    return true;
  }
  if (const Map* entries = range.map()) {
    for (const auto& [key, value] : *entries) {
      locals_[node.a] = &key;
      if (node.b == 2) locals_[node.a + 1] = &value;
      if (!budget_.take(1)) return out_of_steps(node) != nullptr;
      if (!body(key)) return false;
    }
    return true;
  }
  fail(node, [&] { return fmt::format("no such overload: a {} has no elements", kind_name(range)); });
  return false;
}

Truth Run::quantifier(const Node& node) {
  const Truth decisive = truth_of(node.op == Op::exists);
  Value range_made;
  const Value* range = evaluate(child(node, 0), range_made);
  if (range == nullptr) return Truth::failed;

  bool decided = false;
  bool failed = false;
  EvaluationError first_failure;
  const bool ran = iterate(node, *range, [&](const Value&) {
    const Truth holds = truth(child(node, 1));
    decided = holds == decisive;
    if (holds != Truth::failed) return !decided;
    if (!failed) first_failure = std::move(failure_);
    failed = true;
    return !budget_.exhausted();
  });
  if (decided) return decisive;
  if (failed) failure_ = std::move(first_failure);
  if (!ran || failed) return Truth::failed;
  return decisive == Truth::yes ? Truth::no : Truth::yes;
}

Truth Run::exists_one(const Node& node) {
  Value range_made;
  const Value* range = evaluate(child(node, 0), range_made);
  if (range == nullptr) return Truth::failed;
  std::uint32_t found = 0;
  const bool ran = iterate(node, *range, [&](const Value&) {
    const Truth holds = truth(child(node, 1));
    if (holds == Truth::yes) ++found;
    return holds != Truth::failed;
  });
  return ran ? truth_of(found == 1) : Truth::failed;
}

const Value* Run::transform(const Node& node, Value& made) {
  Value range_made;
  const Value* range = evaluate(child(node, 0), range_made);
  if (range == nullptr) return nullptr;
  List elements;
  Map entries;
  const bool filters = node.op == Op::filter || node.count == 3;
  const bool ran = iterate(node, *range, [&](const Value& key) {
    // The body may reuse the slots only for comprehensions within; ours are still set after it.
    const Value* element = locals_[node.a];
    if (filters) {
      const Truth passes = truth(child(node, 1));
      if (passes != Truth::yes) return passes == Truth::no;
    }
    if (node.op == Op::filter) {
      elements.push_back(*element);
      return true;
    }
    Value result_made;
    const Value* result = evaluate(child(node, filters ? 2 : 1), result_made);
    if (result == nullptr) return false;
    if (node.op == Op::to_list) {
      elements.push_back(*result);
    } else {
      entries.emplace_back(key, *result);
    }
    return true;
  });
  if (!ran) return nullptr;
  made = node.op == Op::to_map ? Value(std::move(entries)) : Value(std::move(elements));
  return &made;
}

const Value* Run::bind(const Node& node, Value& made) {
  Value bound_made;
  const Value* bound = evaluate(child(node, 0), bound_made);
  if (bound == nullptr) return nullptr;
  locals_[node.a] = bound;
  const Value* result = evaluate(child(node, 1), made);
  if (result == nullptr || result == &made) return result;
  Value kept = *result;  // it may lie inside `bound_made`, or inside `made` itself
  made = std::move(kept);
  return &made;
}

}  // namespace lotse::cel
