#include "engine/expression/outcomes.hpp"

#include <rapidcheck.h>

#include <catch2/catch.hpp>
#include <cmath>
#include <string>
#include <vector>

#include "tests/expression/support.hpp"

namespace lotse::test {
namespace {

/// What the loader knows of every journey: visits are counted, `now` is there, events have no NaN.
KnownValues known_values() {
  KnownValues known;
  known["event"] = {.finite = true};
  known["visits.order"] = {.kind = TypeKind::integer, .there = true, .least = 0};
  known["now"] = {.kind = TypeKind::timestamp, .there = true};
  known["context.plan"] = {.kind = TypeKind::string, .there = true};
  known["channel"] = {.kind = TypeKind::string, .there = true, .one_of = {Value("web"), Value("app")}};
  return known;
}

Outcomes outcomes_of(const std::string& text, const KnownValues& known) {
  const auto condition = Expression::compile(text, journey_environment());
  REQUIRE(condition);
  return possible_outcomes(*condition, known);
}

/// `never`, `always`, `never false` (it may only fail), or `open`.
std::string verdict(const std::string& text, const KnownValues& known = known_values()) {
  const Outcomes possible = outcomes_of(text, known);
  if (!possible.holds) return "never";
  if (possible.refuses) return "open";
  return possible.fails ? "never false" : "always";
}

}  // namespace

TEST_CASE("outcomes: what a condition can come to", "[expression][outcomes]") {
  struct Row {
    const char* why;
    const char* text;
    const char* verdict;
  };
  const auto row = GENERATE(
      Row{"a value is one thing at a time", R"(event.a == "x" && event.a == "y")", "never"},
      Row{"either may be", R"(event.a == "x" || event.a == "y")", "open"},
      Row{"nothing lies between", "event.a > 5 && event.a < 5", "never"},
      Row{"5 does", "event.a >= 5 && event.a <= 5", "open"},
      Row{"5 is ruled out", "event.a >= 5 && event.a <= 5 && event.a != 5", "never"},
      Row{"the constant may stand first", "3 > event.a && 4 < event.a", "never"},
      Row{"3.5 does", "event.a > 3 && event.a < 4", "open"},
      Row{"a count is whole", "visits.order > 3 && visits.order < 4", "never"},
      Row{"and never negative", "visits.order < 0", "never"},
      Row{"so it is at least 0", "visits.order >= 0", "always"},
      Row{"a count may be 0", "visits.order > 0", "open"},
      Row{"all counts from 1 to 3 are ruled out",
          "visits.order >= 1 && visits.order <= 3 && !(visits.order in [1, 2, 3])", "never"},
      Row{"2 is left", "visits.order >= 1 && visits.order <= 3 && !(visits.order in [1, 3])", "open"},
      Row{"a number is one or the other, but it may not be there", "event.a < 5 || event.a >= 5",
          "never false"},
      Row{"5 is missed", "event.a < 5 || event.a > 5", "open"},
      Row{"a sum may be no number: 1e308 + 1e308 - …", "event.a + 1 < 5 || event.a + 1 >= 5", "open"},
      Row{"a count is always there", "visits.order < 5 || visits.order >= 5", "always"},
      Row{"a text is not a number, and its order with one fails", R"(event.a > 3 && event.a < "x")", "never"},
      Row{"but it differs from one", R"(event.a > 3 && event.a != "x")", "open"},
      Row{"none of the channels", R"(channel == "sms")", "never"},
      Row{"all of them", R"(channel in ["app", "web", "store"])", "always"},
      Row{"one of them", R"(channel == "web")", "open"},
      Row{"what is not there has no value", "!has(event.a) && event.a > 3", "never"},
      Row{"and nothing below it", R"(!has(event.a) && event.a.b == "x")", "never"},
      Row{"asked and not asked", "has(event.a) && !has(event.a)", "never"},
      Row{"asked first", "has(event.a) && event.a > 3", "open"},
      Row{"one side decides, whatever fails", "!has(event.a) || event.a > 3", "open"},
      Row{"it is always there", "has(context.plan)", "always"},
      Row{"a part that is not understood contradicts itself",
          R"(event.a.startsWith("x") && !event.a.startsWith( "x" ))", "never"},
      Row{"two parts that are not understood", R"(event.a.startsWith("x") && !event.a.startsWith("y"))",
          "open"},
      Row{"a condition as a field", "event.a && !event.a", "never"},
      Row{"a key in brackets is the same key", R"(event["a"] == 1 && event.a == 2)", "never"},
      Row{"numbers of different types are one", "event.a == 1 && event.a == 1.0 && event.a == 1u", "open"},
      Row{"numbers that a double does not tell apart are left alone",
          "event.a == 9007199254740993 && event.a == 9007199254740992.0", "open"},
      Row{"constants are worked out",
          R"(now > timestamp("2024-01-02T00:00:00Z") && now < timestamp("2024-01-01T00:00:00Z"))", "never"},
      Row{"the choice decides", "(event.b ? event.a > 3 : event.a > 5) && event.a < 2", "never"},
      Row{"by the other branch", "(event.b ? event.a > 3 : event.a < 5) && event.a < 2", "open"},
      Row{"not both, turned round", "!(event.a != 1 || event.a == 1)", "never"},
      Row{"a list rules out what is compared with it", R"(event.a in ["x", "y"] && event.a == "z")", "never"},
      Row{"an empty list has nothing", "event.a in []", "never"});
  CAPTURE(row.why, row.text);

  CHECK(verdict(row.text) == row.verdict);
}

TEST_CASE("outcomes: more cases than can be told apart count as possible", "[expression][outcomes]") {
  std::string text = "event.a == 1 && event.a == 2";
  for (int i = 0; i < 12; ++i) text = "(event.b == " + std::to_string(i) + " || " + text + " || event.c > 0)";

  CHECK(verdict(text) == "open");
}

namespace {

std::string atom() {
  static const std::vector<std::string> paths = {"event.a", "event.b", "visits.order"};
  static const std::vector<std::string> constants = {"0", "1", "1.5", "2u", "\"x\"", "null", "true"};
  const std::string path = *rc::gen::elementOf(paths);
  switch (*rc::gen::inRange(0, 6)) {
    case 0:
      return path == "visits.order" ? "has(visits.order)" : "has(" + path + ")";
    case 1:
      return "event.b";
    case 2:
      return path + " in [1, \"x\", 2]";
    default: {
      // What the type check refuses of a count is asked of a property.
      const std::string constant = *rc::gen::elementOf(constants);
      const bool number = constant.find_first_of("0123456789") == 0;
      const std::string op = number ? *rc::gen::element<std::string>("<", "<=", ">", ">=", "==", "!=")
                                    : *rc::gen::element<std::string>("==", "!=");
      return (number ? path : std::string("event.a")) + " " + op + " " + constant;
    }
  }
}

std::string condition(int depth) {
  if (depth == 0) return atom();
  switch (*rc::gen::inRange(0, 5)) {
    case 0:
      return "!(" + condition(depth - 1) + ")";
    case 1:
      return "(" + condition(depth - 1) + " ? " + condition(depth - 1) + " : " + condition(depth - 1) + ")";
    case 2:
      return "(" + condition(depth - 1) + " || " + condition(depth - 1) + ")";
    default:
      return "(" + condition(depth - 1) + " && " + condition(depth - 1) + ")";
  }
}

/// Values on and between the constants of atom(), of every kind, and none.
std::vector<std::optional<Value>> values() {
  std::vector<std::optional<Value>> all = {
      std::nullopt, Value(),    Value(true), Value(false), Value(std::uint64_t{2}),
      Value("x"),   Value("y"), Value(1.5),  Value(1.75),  Value(-1000000.0)};
  for (std::int64_t i = -1; i <= 3; ++i) all.emplace_back(Value(i));
  return all;
}

}  // namespace

TEST_CASE("outcomes: what is called impossible never happens", "[expression][outcomes][property]") {
  KnownValues known;
  known["event"] = {.finite = true};
  known["visits.order"] = {.kind = TypeKind::integer, .there = true, .least = 0};
  int proven = 0;
  REQUIRE(rc::check([&] {
    const std::string text = condition(*rc::gen::inRange(1, 4));
    const auto compiled = Expression::compile(text, journey_environment());
    if (!compiled) return;  // a comparison with null of what is never null
    const Outcomes possible = possible_outcomes(*compiled, known);
    proven += possible.holds && possible.refuses && possible.fails ? 0 : 1;
    for (const auto& a : values()) {
      for (const auto& b : values()) {
        for (const std::int64_t visits : {0, 1, 2, 5}) {
          Map properties;
          if (a) properties.emplace_back(Value("a"), *a);
          if (b) properties.emplace_back(Value("b"), *b);
          JourneyActivation activation;
          activation.event = Value(std::move(properties));
          activation.visits = {visits, 0};
          const auto outcome = compiled->holds(activation);
          const bool said_possible = !outcome ? possible.fails : *outcome ? possible.holds : possible.refuses;
          RC_ASSERT(said_possible);
        }
      }
    }
  }));
  CHECK(proven > 5);
}

}  // namespace lotse::test
