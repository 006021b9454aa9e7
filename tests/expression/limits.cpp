#include <catch2/catch.hpp>
#include <chrono>
#include <string>

#include "engine/expression/expression.hpp"
#include "tests/expression/support.hpp"

namespace lotse {
namespace {

std::string repeated(std::string_view text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}

}  // namespace

TEST_CASE("limits: what is too large to compile says which bound it meets", "[expression][limits]") {
  struct Row {
    const char* why;
    std::string source;
    const char* outcome;
  };
  const auto row = GENERATE(
      Row{"too long", "1 == " + std::string(9000, '1'),
          "mistake: the expression has 9005 bytes, more than 8192"},
      Row{"parentheses", std::string(65, '(') + "1" + std::string(65, ')'),
          "mistake: the expression is nested more than 64 levels deep"},
      Row{"parentheses without end", std::string(8000, '('),
          "mistake: the expression is nested more than 64 levels deep"},
      Row{"brackets", repeated("[", 4000) + repeated("]", 4000),
          "mistake: the expression is nested more than 64 levels deep"},
      Row{"negations", std::string(8000, '!') + "true",
          "mistake: the expression is nested more than 64 levels deep"},
      Row{"signs", std::string(8000, '-') + "1",
          "mistake: the expression is nested more than 64 levels deep"},
      Row{"a chain of additions", "1" + repeated(" + 1", 100),
          "mistake: the expression is nested more than 64 levels deep"},
      Row{"a chain of keys", "{}" + repeated(".a", 100),
          "mistake: the expression is nested more than 64 levels deep"},
      Row{"conditionals", repeated("true ? 1 : ", 100) + "1",
          "mistake: the expression is nested more than 64 levels deep"},
      Row{"nodes", "[1" + repeated(",1", 3000) + "]", "mistake: the expression has more than 2048 parts"},
      Row{"a chain of && is one level", "true" + repeated(" && true", 900), "true"},
      Row{"names in sight", repeated("[1].all(x, ", 17) + "true" + std::string(17, ')'),
          "mistake: more than 16 names in nested `all`"},
      Row{"text that is no text", "\"\xc3\x28\"", "mistake: the text is not UTF-8"});
  CAPTURE(row.why);

  CHECK(test::outcome(row.source) == row.outcome);
}

TEST_CASE("limits: steps bound what an evaluation may cost", "[expression][limits]") {
  const std::string ten = "[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]";
  struct Row {
    const char* why;
    std::string source;
  };
  const auto row = GENERATE_COPY(
      Row{"nested comprehensions", ten + ".map(a, " + ten + ".map(b, " + ten + ".map(c, " + ten + ".map(d, " +
                                       ten + ".map(e, " + ten + ".map(f, e))))))"},
      Row{"a failure inside does not hide it", ten + ".all(a, " + ten + ".all(b, " + ten + ".all(c, " + ten +
                                                   ".all(d, " + ten + ".all(e, 1 / 0 == 1)))))"},
      Row{"a text that doubles", "[0].map(x, \"0123456789abcdef\")" + repeated(".map(x, x + x)", 20)},
      Row{"a list that doubles without growing, and its comparison",
          "[0]" + repeated(".map(x, [x, x])", 40) + " == [0]" + repeated(".map(x, [x, x])", 40)},
      Row{"the same as a result", "[0]" + repeated(".map(x, [x, x])", 40)},
      Row{"a long text searched often", ten + ".map(a, " + ten + ".map(b, [\"" + std::string(4000, 'a') +
                                            "\"][a - a].matches(\"(a|b)*c\")))"});
  CAPTURE(row.why);
  const auto start = std::chrono::steady_clock::now();

  const std::string outcome = test::outcome(row.source);

  CHECK(outcome == "error: step limit reached");
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(5));
}

TEST_CASE("limits: the bounds are the caller's to set", "[expression][limits]") {
  const test::JourneyActivation activation;

  CHECK(test::outcome("1 + 1", {}, activation, {.source_bytes = 4}) ==
        "mistake: the expression has 5 bytes, more than 4");
  CHECK(test::outcome("[[1]]", {}, activation, {.depth = 2}) ==
        "mistake: the expression is nested more than 2 levels deep");
  CHECK(test::outcome("[1, 2]", {}, activation, {.nodes = 2}) ==
        "mistake: the expression has more than 2 parts");
  CHECK(test::outcome("channel == \"web\"", test::journey_environment(), activation, {.steps = 2}) ==
        "error: step limit reached");
}

}  // namespace lotse
