#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <charconv>
#include <iostream>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/expression/expression.hpp"
#include "tests/support/skip.hpp"

/// The official CEL conformance tests (npm @bufbuild/cel-spec) without protobuf, as ../shared/vectors/cel has
/// them.
namespace lotse {
namespace {

constexpr std::string_view core_files[] = {
    "basic", "comparisons", "conversions", "fields", "fp_math",  "integer_math", "lists",
    "logic", "macros",      "namespace",   "parse",  "plumbing", "string",       "timestamps"};
constexpr std::size_t core_tests = 1089;

/// Files, or tests whose expression has a certain word, that are not attempted, and why. None is a core file.
struct Skip {
  std::string_view file;
  std::string_view word;  ///< empty: the whole file
  std::string_view reason;
};
constexpr Skip skips[] = {
    {"network_ext", "", "extension left out: IP addresses"},
    {"block_ext", "", "extension left out: cel.block, an optimiser's form"},
    {"encoders_ext", "", "extension left out: base64"},
    {"optionals", "", "extension left out: optional values"},
    {"type_deduction", "optional.", "extension left out: optional values"},
    {"type_deduction", "fn(", "declares a function that the vectors do not carry"},
    {"type_deduction", "tuple(", "declares a function that the vectors do not carry"},
};

std::string decode_base64(std::string_view text) {
  static constexpr std::string_view digits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string bytes;
  std::uint32_t bits = 0;
  int held = 0;
  for (const char c : text) {
    if (c == '=') break;
    bits = bits << 6U | static_cast<std::uint32_t>(digits.find(c));
    held += 6;
    if (held >= 8) {
      held -= 8;
      bytes += static_cast<char>(bits >> static_cast<unsigned>(held) & 0xFFU);
    }
  }
  return bytes;
}

template <class T>
T number_in(std::string_view text) {
  T value{};
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  REQUIRE(read.ec == std::errc{});
  REQUIRE(read.ptr == text.data() + text.size());
  return value;
}

Value read_value(simdjson::dom::element json) {
  const auto field = *simdjson::dom::object(json).begin();
  const std::string_view kind = field.key;
  if (kind == "null") return Value();
  if (kind == "bool") return Value(bool{field.value});
  if (kind == "list") {
    List list;
    for (const auto element : simdjson::dom::array(field.value)) list.push_back(read_value(element));
    return Value(std::move(list));
  }
  if (kind == "map") {
    Map map;
    for (const auto entry : simdjson::dom::array(field.value)) {
      map.emplace_back(read_value(entry.at(0)), read_value(entry.at(1)));
    }
    return Value(std::move(map));
  }
  const std::string_view text{field.value};
  if (kind == "int") return Value(number_in<std::int64_t>(text));
  if (kind == "uint") return Value(number_in<std::uint64_t>(text));
  if (kind == "double") return Value(number_in<double>(text));
  if (kind == "string") return Value(text);
  if (kind == "bytes_b64") return Value(Bytes{decode_base64(text)});
  if (kind == "type") return Value(TypeName{std::string(text)});
  FAIL("unknown kind of value: " << kind);
  return Value();
}

/// Same type and content all the way down; maps in any order.
bool same(const Value& a, const Value& b) {
  if (a.rep().index() != b.rep().index()) return false;
  if (const List* list = a.list()) {
    return std::equal(list->begin(), list->end(), b.list()->begin(), b.list()->end(), same);
  }
  if (const Map* map = a.map()) {
    return map->size() == b.map()->size() && std::all_of(map->begin(), map->end(), [&](const auto& entry) {
             return std::any_of(b.map()->begin(), b.map()->end(), [&](const auto& other) {
               return same(entry.first, other.first) && same(entry.second, other.second);
             });
           });
  }
  return a.identical(b);
}

Type type_of(const Value& value) {
  static constexpr TypeKind kinds[] = {
      TypeKind::null,     TypeKind::boolean, TypeKind::integer, TypeKind::unsigned_integer,
      TypeKind::floating, TypeKind::string,  TypeKind::bytes,   TypeKind::timestamp,
      TypeKind::duration, TypeKind::list,    TypeKind::map,     TypeKind::type};
  return {kinds[value.rep().index()], {}};
}

class Bindings final : public Activation {
 public:
  std::vector<Value> values;
  const Value* variable(std::uint32_t variable, Value&) const override { return &values[variable]; }
  const Value* field(std::uint32_t, std::uint32_t, Value&) const override { return nullptr; }
};

struct Outcome {
  std::optional<Value> value;
  std::string failure;
  bool refused = false;  ///< by the checker
};

Outcome outcome(const std::string& expression, const Environment& environment, const Bindings& bindings,
                const ExpressionLimits& limits = {}) {
  const auto compiled = Expression::compile(expression, environment, limits);
  if (!compiled) return {std::nullopt, compiled.error().front().message, true};
  auto value = compiled->evaluate(bindings);
  if (!value) return {std::nullopt, value.error().message, false};
  return {*std::move(value), {}, false};
}

struct Tally {
  std::size_t passed = 0;
  std::size_t attempted = 0;
  std::map<std::string_view, std::size_t> skipped;
  std::size_t refused = 0;  ///< expected errors that the checker finds before the run does
};

std::optional<std::string_view> skip_reason(std::string_view file, std::string_view expression) {
  for (const Skip& skip : skips) {
    if (skip.file == file && expression.find(skip.word) != std::string_view::npos) return skip.reason;
  }
  return std::nullopt;
}

/// Empty where the test passes, else what was found.
std::string failure_of(simdjson::dom::element test, Tally& tally) {
  const std::string expression{std::string_view(test["expr"])};
  Environment environment;
  Bindings bindings;
  for (const auto binding : simdjson::dom::object(test["bindings"])) {
    bindings.values.push_back(read_value(binding.value));
    environment.variables.push_back({std::string(binding.key), type_of(bindings.values.back()), {}, false});
  }
  std::string_view container;
  if (test["container"].get(container) == simdjson::SUCCESS) environment.container = container;
  bool unchecked = false;
  environment.checked = test["disable_check"].get(unchecked) != simdjson::SUCCESS || !unchecked;

  Outcome found = outcome(expression, environment, bindings);
  simdjson::dom::element wanted;
  if (test["value"].get(wanted) == simdjson::SUCCESS) {
    const Value value = read_value(wanted);
    if (!found.value) return fmt::format("fails: {}", found.failure);
    if (!same(*found.value, value))
      return fmt::format("gives {}, not {}", describe(*found.value), describe(value));
    found = outcome(expression, environment, bindings, {.fold_steps = 0});
    if (!found.value || !same(*found.value, value)) return "gives something else without folding";
    environment.checked = false;
    found = outcome(expression, environment, bindings);
    if (!found.value || !same(*found.value, value)) return "gives something else without the type check";
    return {};
  }
  if (test["error"].get(wanted) == simdjson::SUCCESS) {
    if (found.value) return fmt::format("gives {}, not an error", describe(*found.value));
    if (!found.refused) {
      found = outcome(expression, environment, bindings, {.fold_steps = 0});
      return found.value ? "gives a value without folding" : "";
    }
    ++tally.refused;
    environment.checked = false;  // what the checker refuses must fail at run time, too
    found = outcome(expression, environment, bindings);
    return found.value || found.refused ? fmt::format("is refused, but: {}", found.failure) : std::string{};
  }
  return found.refused ? fmt::format("is refused: {}", found.failure) : std::string{};
}

}  // namespace

TEST_CASE("conformance: every test of CEL's core files passes, and none is skipped silently",
          "[expression][conformance]") {
  const auto path = test::shared("vectors/cel/cel_nonproto.json");
  if (!path) LOTSE_SKIP("../shared/vectors/cel/cel_nonproto.json is absent");
  simdjson::dom::parser parser;
  const simdjson::dom::element tests = parser.load(path->string());
  std::map<std::string, Tally> tallies;

  for (const auto test : simdjson::dom::array(tests)) {
    const std::string_view file{test["file"]};
    const std::string_view expression{test["expr"]};
    Tally& tally = tallies[std::string(file)];
    if (const auto reason = skip_reason(file, expression)) {
      ++tally.skipped[*reason];
      continue;
    }
    ++tally.attempted;
    const std::string failure = failure_of(test, tally);
    if (failure.empty()) ++tally.passed;
    INFO(file << "/" << std::string_view(test["section"]) << "/" << std::string_view(test["name"]) << ": "
              << expression);
    CHECK(failure == "");
  }

  Tally core;
  const auto print = [](std::string_view name, const Tally& tally) {
    std::cout << fmt::format("{:<16}{:>5} of {:>4} passed", name, tally.passed, tally.attempted);
    if (tally.refused > 0)
      std::cout << fmt::format(", {} expected errors found by the checker", tally.refused);
    for (const auto& [reason, count] : tally.skipped)
      std::cout << fmt::format(", {} skipped ({})", count, reason);
    std::cout << '\n';
  };
  for (const auto& [name, tally] : tallies) {
    print(name, tally);
    if (std::find(std::begin(core_files), std::end(core_files), name) == std::end(core_files)) continue;
    core.passed += tally.passed;
    core.attempted += tally.attempted;
    CHECK(tally.skipped.empty());
  }
  print("core, in all", core);
  CHECK(core.attempted == core_tests);
  CHECK(core.passed == core_tests);
}

}  // namespace lotse
