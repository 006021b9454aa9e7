#include "engine/expression/condition.hpp"

#include <catch2/catch.hpp>

#include "tests/expression/support.hpp"

namespace lotse {
namespace {

Value number(std::int64_t value) { return Value(value); }

}  // namespace

TEST_CASE("condition: a mapping's term means the CEL that an author would write", "[expression][condition]") {
  struct Row {
    const char* why;
    ConditionTerm term;
    const char* source;
  };
  using enum ConditionOperator;
  const auto row = GENERATE(
      Row{"eq", {"event.product", eq, Value("broadband")}, "event.product == \"broadband\""},
      Row{"ne", {"event.product", ne, Value()}, "event.product != null"},
      Row{"gt", {"event.amount", gt, number(-1)}, "event.amount > -1"},
      Row{"gte", {"event.amount", gte, Value(99.5)}, "event.amount >= 99.5"},
      Row{"lt", {"now", lt, Value(Timestamp{0, 0})}, "now < timestamp(\"1970-01-01T00:00:00Z\")"},
      Row{"lte", {"context.plan", lte, Value("m")}, "context.plan <= \"m\""},
      Row{"in", {"channel", in, Value(List{Value("web"), Value("app")})}, "channel in [\"web\", \"app\"]"},
      Row{"not_in", {"channel", not_in, Value(List{Value("web")})}, "!(channel in [\"web\"])"},
      Row{"exists", {"event.amount", exists, Value(true)}, "has(event.amount)"},
      Row{"does not exist", {"event.amount", exists, Value(false)}, "!has(event.amount)"},
      Row{"contains", {"event.items", contains, Value("router")}, "event.items.contains(\"router\")"},
      Row{"starts_with", {"event.sku", starts_with, Value("FB-")}, "event.sku.startsWith(\"FB-\")"},
      Row{"ends_with", {"event.sku", ends_with, Value("-DE")}, "event.sku.endsWith(\"-DE\")"},
      Row{"matches", {"event.sku", matches, Value("^FB-\\d+$")}, "event.sku.matches(\"^FB-\\\\d+$\")"},
      Row{"a part that is no identifier", {"visits.call-back", gt, number(1)}, "visits[\"call-back\"] > 1"},
      Row{"deep", {"event.address.postal-code", exists, Value(true)}, "has(event.address[\"postal-code\"])"});
  CAPTURE(row.why);

  const auto text = condition_from_terms(std::vector{row.term});

  REQUIRE(text.has_value());
  CHECK(text->source == row.source);
  const auto compiled = Expression::compile(text->source, test::journey_environment());
  REQUIRE(compiled.has_value());
  CHECK(describe(compiled->type()) == "bool");
}

TEST_CASE("condition: terms are joined, and an offset finds its term", "[expression][condition]") {
  const std::vector<ConditionTerm> terms{{"event.amount", ConditionOperator::gte, number(100)},
                                         {"context.paln", ConditionOperator::eq, Value("fibre")}};

  const auto text = condition_from_terms(terms);

  REQUIRE(text.has_value());
  CHECK(text->source == "event.amount >= 100 && context.paln == \"fibre\"");
  const auto compiled = Expression::compile(text->source, test::journey_environment());
  REQUIRE_FALSE(compiled.has_value());
  CHECK(text->term_at(compiled.error().front().offset) == 1);
  CHECK(text->term_at(0) == 0);
  CHECK(text->term_at(text->starts[1] - 1) == 0);
  CHECK(text->term_at(text->starts[1]) == 1);
}

TEST_CASE("condition: no terms always hold", "[expression][condition]") {
  CHECK(condition_from_terms({})->source == "true");
}

TEST_CASE("condition: a term that makes no condition says what it wants", "[expression][condition]") {
  using enum ConditionOperator;
  const std::vector<ConditionTerm> terms{{"channel", in, Value("web")},  {"event.amount", exists, number(1)},
                                         {"event", exists, Value(true)}, {"event.sku", matches, number(5)},
                                         {"event.amount", gt, Value()},  {"event..x", eq, number(1)},
                                         {"9.lives", eq, number(1)},     {"event.fine", eq, number(1)}};

  const auto text = condition_from_terms(terms);

  REQUIRE_FALSE(text.has_value());
  CHECK(text.error() ==
        std::vector<ConditionTermError>{
            {0, "`in` wants a list: [a, b], not \"web\""},
            {1, "`exists` wants true or false, not 1"},
            {2, "`exists` asks for a field: `event` is a whole variable"},
            {3, "`matches` wants a text, not 5"},
            {4, "`gt` wants a number, a text or a time, not null"},
            {5, "`event..x` is no path: expected names joined by points, as in event.amount"},
            {6, "`9.lives` is no path: expected names joined by points, as in event.amount"}});
}

TEST_CASE("condition: operators are known by their words", "[expression][condition]") {
  for (const std::string_view word : condition_operators()) CHECK(condition_operator(word).has_value());
  CHECK(condition_operators().size() == 13);
  CHECK(condition_operator("matches") == ConditionOperator::matches);
  CHECK(condition_operator("not_in") == ConditionOperator::not_in);
  CHECK(condition_operator("gtee") == std::nullopt);
  CHECK(default_operator(Value(List{})) == ConditionOperator::in);
  CHECK(default_operator(Value("a")) == ConditionOperator::eq);
}

}  // namespace lotse
