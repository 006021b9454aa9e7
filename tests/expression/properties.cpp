#include <rapidcheck.h>

#include <catch2/catch.hpp>
#include <cmath>
#include <string>
#include <vector>

#include "engine/base/overloaded.hpp"
#include "engine/expression/expression.hpp"
#include "tests/expression/support.hpp"

namespace lotse {
namespace {

// ---- values

Value scalar_value() {
  switch (*rc::gen::inRange(0, 9)) {
    case 0:
      return Value();
    case 1:
      return Value(*rc::gen::arbitrary<bool>());
    case 2:
      return Value(*rc::gen::arbitrary<std::int64_t>());
    case 3:
      return Value(*rc::gen::arbitrary<std::uint64_t>());
    case 4:
      return Value(*rc::gen::arbitrary<double>());
    case 5:
      return Value(Bytes{*rc::gen::arbitrary<std::string>()});
    case 6:
      return Value(Timestamp{*rc::gen::inRange<std::int64_t>(-62135596800, 253402300800),
                             *rc::gen::inRange(0, 1'000'000'000)});
    case 7: {
      const int sign = *rc::gen::element(-1, 1);
      return Value(CelDuration{sign * *rc::gen::inRange<std::int64_t>(0, 9'000'000'000),
                               sign * *rc::gen::inRange(0, 1'000'000'000)});
    }
    default: {
      std::string text;
      for (const int c : *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 128)))
        text += static_cast<char>(c);
      return Value(text + *rc::gen::element<std::string>("", "ü", "🐱"));
    }
  }
}

Value value_of_depth(int depth) {
  const int kind = depth == 0 ? 0 : *rc::gen::inRange(0, 4);
  if (kind == 1) {
    List list;
    for (int i = *rc::gen::inRange(0, 4); i > 0; --i) list.push_back(value_of_depth(depth - 1));
    return Value(std::move(list));
  }
  if (kind == 2) {
    Map map;
    for (int i = *rc::gen::inRange(0, 4); i > 0; --i)
      map.emplace_back(Value(std::int64_t{i}), value_of_depth(depth - 1));
    return Value(std::move(map));
  }
  return scalar_value();
}

// ---- expressions over ints

/// A tree of + - * with its text in two spellings, and its value where 64 bits hold all parts of it.
struct Arithmetic {
  std::string full;     ///< all parentheses
  std::string minimal;  ///< only those that precedence needs
  std::string named;    ///< as minimal, each literal replaced by a variable
  int power = 3;        ///< 1 sum, 2 product, 3 literal
  std::optional<std::int64_t> value;
};

Arithmetic literal(std::vector<std::int64_t>& values) {
  const std::int64_t value =
      *rc::gen::weightedOneOf<std::int64_t>({{5, rc::gen::inRange<std::int64_t>(0, 100)},
                                             {1, rc::gen::inRange<std::int64_t>(INT64_MAX - 10, INT64_MAX)}});
  values.push_back(value);
  const std::string text = std::to_string(value);
  return {text, text, "x" + std::to_string(values.size() - 1), 3, value};
}

Arithmetic tree(int depth, std::vector<std::int64_t>& values) {
  if (depth == 0 || *rc::gen::inRange(0, 4) == 0) return literal(values);
  const Arithmetic left = tree(depth - 1, values);
  const Arithmetic right = tree(depth - 1, values);
  const char op = *rc::gen::element('+', '-', '*');
  Arithmetic made;
  made.power = op == '*' ? 2 : 1;
  const auto wrapped = [](bool wrap, const std::string& text) { return wrap ? "(" + text + ")" : text; };
  made.full = "(" + left.full + " " + op + " " + right.full + ")";
  made.minimal = wrapped(left.power < made.power, left.minimal) + " " + op + " " +
                 wrapped(right.power <= made.power, right.minimal);
  made.named = wrapped(left.power < made.power, left.named) + " " + op + " " +
               wrapped(right.power <= made.power, right.named);
  std::int64_t value = 0;
  if (left.value && right.value) {
    const bool overflow = op == '+'   ? __builtin_add_overflow(*left.value, *right.value, &value)
                          : op == '-' ? __builtin_sub_overflow(*left.value, *right.value, &value)
                                      : __builtin_mul_overflow(*left.value, *right.value, &value);
    if (!overflow) made.value = value;
  }
  return made;
}

class Numbers final : public Activation {
 public:
  explicit Numbers(const std::vector<std::int64_t>& values) {
    for (const std::int64_t value : values) values_.emplace_back(value);
  }
  const Value* variable(std::uint32_t variable, Value&) const override { return &values_[variable]; }
  const Value* field(std::uint32_t, std::uint32_t, Value&) const override { return nullptr; }

 private:
  std::vector<Value> values_;
};

// ---- texts

constexpr std::string_view corpus[] = {
    "event.product == \"broadband\" && context.plan in [\"a\", 'b']",
    "has(event.amount) ? event.amount * 1.2 >= 100 : !(visits.order > 3)",
    "event.items.filter(x, x.startsWith(r\"a\\\")).map(y, {y: [b'\\x00', 1u, 0x1F, -2.5e-3]})",
    "[1, 2].exists_one(i, {1: '''a\"'''}[i].matches(\"^a+$\")) || .now < timestamp(\"2024-01-01T00:00:00Z\")",
    "cel.bind(d, duration(\"1h30m\"), event.meta.time + d > now && event.`odd key`[0][\"x\"].size() % 7 != "
    "0) // end",
    "[[1], [2]].transformList(i, v, i > 0, v + [i]).all(l, type(l) == list && string(l[0]) <= "
    "\"\\u00fc\\U0001F431\\n\")",
};
constexpr std::string_view shards[] = {
    "(", ")", "[", "]", "{", "}",   ".", "..", ",",  "\"", "'",  "\"\"\"", "`",    "&&",   "||",    "!", "-",
    "?", ":", "=", "<", "0", "1e9", "u", "x",  "in", "//", "\\", "\n",     "\xff", "has(", "event", "e+"};

std::string mutated() {
  std::string text(*rc::gen::elementOf(std::vector<std::string_view>(std::begin(corpus), std::end(corpus))));
  for (int i = *rc::gen::inRange(1, 5); i > 0; --i) {
    const auto at = *rc::gen::inRange<std::size_t>(0, text.size() + 1);
    const auto length = *rc::gen::inRange<std::size_t>(0, 6);
    const auto shard =
        *rc::gen::elementOf(std::vector<std::string_view>(std::begin(shards), std::end(shards)));
    switch (*rc::gen::inRange(0, 3)) {
      case 0:
        text.insert(at, shard);
        break;
      case 1:
        text.erase(at, length);
        break;
      default:
        text.replace(at, std::min(length, text.size() - at), text.substr(text.size() / 2, length));
    }
  }
  return text;
}

/// Compiles and, where that succeeds, evaluates; what is wrong must be told within the text.
void try_out(const std::string& source) {
  const auto compiled = Expression::compile(source, test::journey_environment());
  test::JourneyActivation activation;
  activation.event =
      Value(Map{{Value("items"), Value(List{Value("ab"), Value("c")})}, {Value("amount"), Value(3.5)}});
  if (compiled) {
    const auto value = compiled->evaluate(activation);
    if (!value) {
      RC_ASSERT(!value.error().message.empty());
      RC_ASSERT(value.error().offset <= source.size());
    } else if (compiled->constant()) {
      RC_ASSERT(compiled->constant()->identical(*value));
    }
    const bool* truth = value ? value->boolean() : nullptr;
    RC_ASSERT(compiled->holds(activation) == (truth == nullptr ? std::nullopt : std::optional(*truth)));
    return;
  }
  RC_ASSERT(!compiled.error().empty());
  for (const ExpressionError& error : compiled.error()) {
    RC_ASSERT(error.offset <= source.size());
    RC_ASSERT(!error.message.empty());
  }
}

}  // namespace

TEST_CASE("property: a described value compiles to that very value", "[expression][property]") {
  REQUIRE(rc::check([] {
    const Value value = value_of_depth(3);
    const auto compiled = Expression::compile(describe(value), Environment{});
    RC_ASSERT(compiled.has_value());
    const auto again = compiled->evaluate(test::JourneyActivation{});
    RC_ASSERT(again.has_value());
    RC_ASSERT(again->identical(value));
  }));
}

TEST_CASE("property: precedence and overflow are those of exact arithmetic", "[expression][property]") {
  REQUIRE(rc::check([] {
    std::vector<std::int64_t> values;
    const Arithmetic made = tree(4, values);
    const std::string wanted = made.value ? std::to_string(*made.value) : "error: integer overflow";
    RC_ASSERT(test::outcome(made.full) == wanted);
    RC_ASSERT(test::outcome(made.minimal) == wanted);
  }));
}

TEST_CASE("property: folding changes no outcome", "[expression][property]") {
  REQUIRE(rc::check([] {
    std::vector<std::int64_t> values;
    const Arithmetic made = tree(4, values);
    Environment environment;
    for (std::size_t i = 0; i < values.size(); ++i) {
      environment.variables.push_back({"x" + std::to_string(i), test::scalar(TypeKind::integer), {}, false});
    }
    const std::string folded = test::outcome(made.minimal);
    RC_ASSERT(test::outcome(made.named, environment, Numbers(values)) == folded);
    RC_ASSERT(test::outcome(made.minimal, {}, test::JourneyActivation{}, {.fold_steps = 0}) == folded);
  }));
}

TEST_CASE("property: no mutation of an expression does more than fail with a place",
          "[expression][property]") {
  REQUIRE(rc::check([] { try_out(mutated()); }));
}

TEST_CASE("property: no bytes do more than fail with a place", "[expression][property]") {
  REQUIRE(rc::check([] { try_out(*rc::gen::arbitrary<std::string>()); }));
}

}  // namespace lotse
