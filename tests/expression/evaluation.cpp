#include <catch2/catch.hpp>

#include "engine/expression/expression.hpp"
#include "tests/expression/support.hpp"

/// What the conformance tests do not hold: Lotse's own choices, and how an expression meets its activation.
namespace lotse {
namespace {

using test::outcome;

Expression compiled(std::string_view source, const Environment& environment) {
  const auto result = Expression::compile(source, environment);
  REQUIRE(result.has_value());
  return *result;
}

test::JourneyActivation ordered() {
  test::JourneyActivation activation;
  activation.event = Value(Map{{Value("product"), Value("broadband")},
                               {Value("amount"), Value(std::int64_t{120})},
                               {Value("share"), Value(0.5)},
                               {Value("slot"), Value("2024-03-01T09:00:00Z")},
                               {Value("items"), Value(List{Value("router"), Value("cable")})},
                               {Value("postal-code"), Value("10115")}});
  activation.context[0] = Value("fibre");
  activation.visits = {2, 1};
  activation.now = Instant{Duration{1'709'283'600'000}};  // 2024-03-01T09:00:00Z
  return activation;
}

}  // namespace

TEST_CASE("evaluation: Lotse's own choices beside CEL's", "[expression]") {
  struct Row {
    const char* why;
    const char* source;
    const char* outcome;
  };
  const auto row = GENERATE(
      Row{"int and double mix, since JSON writes 12 for 12.0", "12 * 1.5", "18.0"},
      Row{"a double makes the result one", "1 + 1.0", "2.0"}, Row{"int and uint give an int", "3u - 5", "-2"},
      Row{"two uints stay one", "3u + 5u", "8u"},
      Row{"beyond 64 bits is an error, never a wrap", "18446744073709551615u + 1", "error: integer overflow"},
      Row{"division by a double zero is IEEE's", "1 / 0.0", "double(\"inf\")"},
      Row{"the remainder is for whole numbers", "dyn(5) % 2.0",
          "mistake: `%` does not apply to a dyn and a double"},
      Row{"a duration may be told in days", "duration(\"1d12h\")", "duration(\"129600s\")"},
      Row{"and in weeks and by ISO 8601", "duration(\"1w\") == duration(\"P7D\")", "true"},
      Row{"a list contains an element", "[\"router\", \"cable\"].contains(\"cable\")", "true"},
      Row{"a conditional may give either type", "[true ? 1 : \"a\"]", "[1]"},
      Row{"null may be compared with everything", "\"a\" == null", "false"},
      Row{"a local clock in a named zone", "timestamp(\"2024-07-01T22:30:00Z\").getHours(\"Europe/Berlin\")",
          "0"},
      Row{"milliseconds of a duration are its fraction", "duration(\"61.25s\").getMilliseconds()", "250"},
      Row{"a filter before a transformation", "[1, 2, 3].map(x, x > 1, x * 10)", "[20, 30]"},
      Row{"an inner comprehension that reads the outer's name", "[1, 2].map(x, [10].map(y, x + y))",
          "[[11], [12]]"},
      Row{"a name for a value", "cel.bind(x, 2 + 3, x * x)", "25"},
      Row{"bind gives an element of what it bound", "cel.bind(x, [[1], [2]], x[1])", "[2]"},
      Row{"comments", "1 + // one\n 1", "2"},
      Row{"an error that both sides share is the first", "1 / 0 == 1 || [1][2] == 1",
          "error: division by zero"},
      Row{"the index is in the message", "[1, 2][2]", "error: index out of range: 2 of 2"},
      Row{"the key is in the message", "{\"a\": 1}[\"b\"]", "error: no such key: b"},
      Row{"the types are in the message", "dyn(1) + \"a\"", "error: no such overload: int + string"},
      Row{"what reads a text is in the message", "dyn(\"2024-01-01T00:00:00Z\") < timestamp(0)",
          "error: no such overload: string < timestamp; timestamp(…) reads a text"},
      Row{"a function's types are in the message", "size(dyn(1))", "error: no such overload: size(int)"},
      Row{"a pattern made at run time may be bad", "\"a\".matches(\"(\" + [\"\"][0])",
          "mistake: \"(\" is no regular expression: missing ): ("},
      Row{"one condition of another type is no condition", "dyn(1) && true",
          "error: no such overload: int is no condition"});
  CAPTURE(row.why, row.source);

  CHECK(outcome(row.source) == row.outcome);
}

TEST_CASE("evaluation: a journey's names are found where the activation keeps them", "[expression]") {
  struct Row {
    const char* why;
    const char* source;
    const char* outcome;
  };
  const auto row = GENERATE(
      Row{"a key of the open event", "event.product == \"broadband\"", "true"},
      Row{"an int meets a double", "event.amount * event.share", "60.0"},
      Row{"a key that is no identifier", "event[\"postal-code\"]", "\"10115\""},
      Row{"a key in back-ticks", "event.`postal-code`", "\"10115\""},
      Row{"a key that is not there", "event.missing", "error: no such key: missing"},
      Row{"has() asks without failing", "has(event.missing)", "false"},
      Row{"has() of a key that is there", "has(event.amount) && event.amount > 100", "true"},
      Row{"a dotted variable goes before the key of the shorter one", "has(event.meta.id)", "false"},
      Row{"a field by slot", "context.plan", "\"fibre\""},
      Row{"a field without a value", "context.order_value > 1", "error: `context.order_value` has no value"},
      Row{"has() of a field without a value", "has(context.order_value)", "false"},
      Row{"a record as a whole is a map", "context", "{\"plan\": \"fibre\"}"},
      Row{"a value that is made when asked for", "visits.order + visits[\"call-back\"]", "3"},
      Row{"a text of an event as a time", "timestamp(event.slot) <= now", "true"},
      Row{"a list of an event", "event.items.exists(item, item.startsWith(\"rou\"))", "true"},
      Row{"a name of a comprehension hides a variable", "[1].exists(event, event == 1)", "true"},
      Row{"a whole variable", "channel in [\"web\", \"app\"]", "true"},
      Row{"a variable without a value", "event.meta", "error: `event.meta` has no value"});
  CAPTURE(row.why, row.source);

  CHECK(outcome(row.source, test::journey_environment(), ordered()) == row.outcome);
}

TEST_CASE("evaluation: holds is evaluate's answer to a condition", "[expression]") {
  const Environment environment = test::journey_environment();
  const auto holds = [&](std::string_view source) { return compiled(source, environment).holds(ordered()); };

  CHECK(holds("event.amount > 100") == std::optional(true));
  CHECK(holds("event.amount > 200") == std::optional(false));
  CHECK(holds("event.missing > 200") == std::nullopt);
  CHECK(holds("event.missing > 200 || true") == std::optional(true));
  CHECK(holds("event.amount") == std::nullopt);
  CHECK(holds("has(event.amount) ? event.amount > 1 : false") == std::optional(true));
}

TEST_CASE("evaluation: a failure says where in the text", "[expression]") {
  const auto value = compiled("1 < 2 && event.missing > 3", test::journey_environment()).evaluate(ordered());

  REQUIRE_FALSE(value.has_value());
  CHECK(value.error() == EvaluationError{"no such key: missing", 15});
}

TEST_CASE("evaluation: what depends on no input is folded", "[expression]") {
  struct Row {
    const char* why;
    const char* source;
    const char* constant;  ///< empty: none
  };
  const auto row = GENERATE(
      Row{"a literal", "3", "3"}, Row{"arithmetic", "2 * 3 + 4", "10"},
      Row{"an or that is decided whatever the event says", "event.amount > 3 || 1 < 2", "true"},
      Row{"an and likewise", "event.amount > 3 && 2 < 1", "false"},
      Row{"a condition that is decided", "1 < 2 ? \"a\" : event.b", "\"a\""},
      Row{"a comprehension over a literal", "[1, 2, 3].filter(x, x > 1).map(y, y * 2)", "[4, 6]"},
      Row{"a nested one that reads only its own names", "[1, 2].all(x, [x].exists(y, y == x))", "true"},
      Row{"a time", "duration(\"1h\") + duration(\"30m\")", "duration(\"5400s\")"},
      Row{"nothing that reads the event", "event.amount == event.amount", ""},
      Row{"nothing within a comprehension that does", "[1].exists(x, x == event.amount)", ""},
      Row{"nothing that fails: it fails when it is reached", "1 / 0", ""},
      Row{"nothing that is large",
          "[0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map(a, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map(b, [0, 1, "
          "2, 3, 4, 5, 6, 7, 8, 9].map(c, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map(d, d))))",
          ""});
  CAPTURE(row.why, row.source);

  const Expression expression = compiled(row.source, test::journey_environment());

  CHECK((expression.constant() ? describe(*expression.constant()) : "") == row.constant);
}

TEST_CASE("evaluation: references name what the text reads, and what it only asks for", "[expression]") {
  const Environment environment = test::journey_environment();
  const std::string source =
      "has(context.plan) && context.plan == event.product || event.meta.id == event[\"x\"] || size(event) > "
      "1 || "
      "(true || visits.order > 1)";
  const auto at = [&](std::string_view text) { return static_cast<std::uint32_t>(source.find(text)); };

  const auto references = compiled(source, environment).references();

  using Reference = Expression::Reference;
  const std::vector<Reference> wanted{{2, 0, "plan", at("context"), true},
                                      {2, 0, "plan", at("context.plan =="), false},
                                      {0, std::nullopt, "product", at("event.product"), false},
                                      {1, 0, "id", at("event.meta"), false},
                                      {0, std::nullopt, "x", at("event["), false},
                                      {0, std::nullopt, "", at("event) "), false},
                                      {3, 0, "order", at("visits"), false}};
  REQUIRE(references.size() == wanted.size());
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    CAPTURE(i, references[i].name, references[i].offset);
    CHECK(references[i] == wanted[i]);
  }
}

TEST_CASE("evaluation: the checker knows the result's type", "[expression]") {
  struct Row {
    const char* source;
    const char* type;
  };
  const auto row = GENERATE(
      Row{"context.plan", "string"}, Row{"event.amount", "dyn"}, Row{"event.amount > 1", "bool"},
      Row{"context.order_value + 1", "double"}, Row{"now - duration(\"1h\")", "timestamp"},
      Row{"now - now", "duration"}, Row{"[1, 2]", "list(int)"}, Row{"[1, \"a\"]", "list"},
      Row{"{\"a\": [1.5]}", "map(string, list(double))"}, Row{"[1, 2].map(x, string(x))", "list(string)"},
      Row{"{\"a\": 1}.filter(k, true)", "list(string)"}, Row{"size(event.items)", "int"},
      Row{"true ? 1 : 1.5", "dyn"}, Row{"null", "null"}, Row{"type(1)", "type"},
      Row{"visits", "map(string, dyn)"}, Row{"event.a + \"x\"", "string"}, Row{"event.a + 1", "dyn"},
      Row{"event.a * 1.5", "double"});
  CAPTURE(row.source);

  CHECK(describe(compiled(row.source, test::journey_environment()).type()) == row.type);
}

TEST_CASE("evaluation: && and || absorb failures from either side, folded or not", "[expression]") {
  const auto fold_steps = GENERATE(0U, 1000U);
  const auto outcome_of = [&](const std::string& source) {
    return outcome(source, {}, test::JourneyActivation{}, {.fold_steps = fold_steps});
  };
  constexpr int fails = 2;
  const std::string operands[] = {"false", "true", "(1 / 0 == 1)"};
  for (int a = 0; a <= fails; ++a) {
    for (int b = 0; b <= fails; ++b) {
      const std::string both = operands[a] + " && " + operands[b];
      const std::string either = operands[a] + " || " + operands[b];
      const bool failure = a == fails || b == fails;
      CAPTURE(both, either);
      CHECK(outcome_of(both) == (a == 0 || b == 0 ? "false" : failure ? "error: division by zero" : "true"));
      CHECK(outcome_of(either) == (a == 1 || b == 1 ? "true"
                                   : failure        ? "error: division by zero"
                                                    : "false"));
    }
  }
}

}  // namespace lotse
