#include <cmath>

#include "engine/expression/functions.hpp"
#include "engine/expression/operators.hpp"
#include "engine/expression/types.hpp"

/// CEL's extension `math`: https://github.com/google/cel-go/tree/master/ext#math
namespace lotse::cel {
namespace {

using Args = const Value* const*;

bool is_number(const Value& value) { return value.number().has_value(); }

/// The greatest or least of the arguments, or of the one list; the first of equals.
template <bool greatest>
bool extreme(Run& run, Args args, std::size_t count, Value& out) {
  const char* name = greatest ? "math.greatest" : "math.least";
  const List* list = count == 1 ? args[0]->list() : nullptr;
  const std::size_t size = list == nullptr ? count : list->size();
  if (size == 0) return run.fail([&] { return std::string(name) + " of no numbers"; });
  if (!run.budget().take(size)) return false;
  const Value* best = nullptr;
  for (std::size_t i = 0; i < size; ++i) {
    const Value& candidate = list == nullptr ? *args[i] : (*list)[i];
    if (!is_number(candidate)) return no_overload(run, name, args, count);
    const bool better =
        best == nullptr || (greatest ? compare(candidate, *best) == std::partial_ordering::greater
                                     : compare(candidate, *best) == std::partial_ordering::less);
    if (better) best = &candidate;
  }
  out = *best;
  return true;
}

using Rounding = double (*)(double);
struct RoundingFunction {
  const char* name;
  Rounding apply;
};
constexpr RoundingFunction roundings[] = {{"math.ceil", [](double x) { return std::ceil(x); }},
                                          {"math.floor", [](double x) { return std::floor(x); }},
                                          {"math.round", [](double x) { return std::round(x); }},
                                          {"math.trunc", [](double x) { return std::trunc(x); }}};
template <std::size_t I>
bool rounded(Run& run, Args args, std::size_t count, Value& out) {
  const auto* x = std::get_if<double>(&args[0]->rep());
  if (x == nullptr) return no_overload(run, roundings[I].name, args, count);
  out = Value(roundings[I].apply(*x));
  return true;
}

using Test = bool (*)(double);
struct TestFunction {
  const char* name;
  Test apply;
};
constexpr TestFunction tests[] = {{"math.isNaN", [](double x) { return std::isnan(x); }},
                                  {"math.isInf", [](double x) { return std::isinf(x); }},
                                  {"math.isFinite", [](double x) { return std::isfinite(x); }}};
template <std::size_t I>
bool tested(Run& run, Args args, std::size_t count, Value& out) {
  const auto* x = std::get_if<double>(&args[0]->rep());
  if (x == nullptr) return no_overload(run, tests[I].name, args, count);
  out = Value(tests[I].apply(*x));
  return true;
}

bool absolute(Run& run, Args args, std::size_t count, Value& out) {
  if (const auto* integer = std::get_if<std::int64_t>(&args[0]->rep())) {
    if (*integer == INT64_MIN) return run.fail("integer overflow");
    out = Value(*integer < 0 ? -*integer : *integer);
  } else if (const auto* floating = std::get_if<double>(&args[0]->rep())) {
    out = Value(std::fabs(*floating));
  } else if (is_number(*args[0])) {
    out = *args[0];
  } else {
    return no_overload(run, "math.abs", args, count);
  }
  return true;
}

bool sign(Run& run, Args args, std::size_t count, Value& out) {
  if (const auto* integer = std::get_if<std::int64_t>(&args[0]->rep())) {
    out = Value(std::int64_t{(*integer > 0) - (*integer < 0)});
  } else if (const auto* natural = std::get_if<std::uint64_t>(&args[0]->rep())) {
    out = Value(std::uint64_t{*natural > 0 ? 1U : 0U});
  } else if (const auto* floating = std::get_if<double>(&args[0]->rep())) {
    out = Value(*floating > 0 ? 1.0 : *floating < 0 ? -1.0 : *floating);
  } else {
    return no_overload(run, "math.sign", args, count);
  }
  return true;
}

bool square_root(Run& run, Args args, std::size_t count, Value& out) {
  const auto x = args[0]->number();
  if (!x) return no_overload(run, "math.sqrt", args, count);
  out = Value(std::sqrt(*x));
  return true;
}

/// Bits of an int or a uint.
std::optional<std::uint64_t> bits(const Value& value) {
  if (const auto* integer = std::get_if<std::int64_t>(&value.rep()))
    return static_cast<std::uint64_t>(*integer);
  if (const auto* natural = std::get_if<std::uint64_t>(&value.rep())) return *natural;
  return std::nullopt;
}
/// Bits as a value of the type that `like` has.
Value from_bits(std::uint64_t pattern, const Value& like) {
  const bool is_signed = std::holds_alternative<std::int64_t>(like.rep());
  return is_signed ? Value(static_cast<std::int64_t>(pattern)) : Value(pattern);
}

using BitOperation = std::uint64_t (*)(std::uint64_t, std::uint64_t);
struct BitFunction {
  const char* name;
  BitOperation apply;
};
constexpr BitFunction bit_functions[] = {
    {"math.bitAnd", [](std::uint64_t a, std::uint64_t b) { return a & b; }},
    {"math.bitOr", [](std::uint64_t a, std::uint64_t b) { return a | b; }},
    {"math.bitXor", [](std::uint64_t a, std::uint64_t b) { return a ^ b; }},
    // The shifts take their distance as it is: 64 and more leave nothing. To the right zeros come in, for
    // ints too.
    {"math.bitShiftLeft", [](std::uint64_t a, std::uint64_t b) { return b > 63 ? 0 : a << b; }},
    {"math.bitShiftRight", [](std::uint64_t a, std::uint64_t b) { return b > 63 ? 0 : a >> b; }}};
template <std::size_t I>
bool bitwise(Run& run, Args args, std::size_t count, Value& out) {
  constexpr bool shifts = I >= 3;
  const auto a = bits(*args[0]);
  const auto b = bits(*args[1]);
  const bool same = args[0]->rep().index() == args[1]->rep().index();
  const auto* distance = std::get_if<std::int64_t>(&args[1]->rep());
  if (!a || !b || (shifts ? distance == nullptr : !same))
    return no_overload(run, bit_functions[I].name, args, count);
  if (shifts && *distance < 0) return run.fail("negative offset of a shift");
  out = from_bits(bit_functions[I].apply(*a, *b), *args[0]);
  return true;
}

bool bit_not(Run& run, Args args, std::size_t count, Value& out) {
  const auto a = bits(*args[0]);
  if (!a) return no_overload(run, "math.bitNot", args, count);
  out = from_bits(~*a, *args[0]);
  return true;
}

}  // namespace

void append_math_functions(std::vector<Overload>& all) {
  const Type dyn = dynamic();
  const Type boolean = type_of(TypeKind::boolean);
  const Type integer = type_of(TypeKind::integer);
  const Type natural = type_of(TypeKind::unsigned_integer);
  const Type floating = type_of(TypeKind::floating);

  for (const Type& number : {integer, natural, floating}) {
    all.push_back({"math.greatest", false, {number}, number, extreme<true>, true});
    all.push_back({"math.least", false, {number}, number, extreme<false>, true});
    all.push_back({"math.abs", false, {number}, number, absolute});
    all.push_back({"math.sign", false, {number}, number, sign});
    all.push_back({"math.sqrt", false, {number}, floating, square_root});
  }
  for (const Type& first : {integer, natural, floating}) {
    for (const Type& second : {integer, natural, floating, dyn}) {
      if (first == second) continue;
      all.push_back({"math.greatest", false, {first, second, dyn}, dyn, extreme<true>, true});
      all.push_back({"math.least", false, {first, second, dyn}, dyn, extreme<false>, true});
      all.push_back({"math.greatest", false, {first, second}, dyn, extreme<true>});
      all.push_back({"math.least", false, {first, second}, dyn, extreme<false>});
    }
  }
  all.push_back({"math.greatest", false, {list_of(dyn)}, dyn, extreme<true>});
  all.push_back({"math.least", false, {list_of(dyn)}, dyn, extreme<false>});
  all.push_back({"math.ceil", false, {floating}, floating, rounded<0>});
  all.push_back({"math.floor", false, {floating}, floating, rounded<1>});
  all.push_back({"math.round", false, {floating}, floating, rounded<2>});
  all.push_back({"math.trunc", false, {floating}, floating, rounded<3>});
  all.push_back({"math.isNaN", false, {floating}, boolean, tested<0>});
  all.push_back({"math.isInf", false, {floating}, boolean, tested<1>});
  all.push_back({"math.isFinite", false, {floating}, boolean, tested<2>});
  for (const Type& whole : {integer, natural}) {
    all.push_back({"math.bitAnd", false, {whole, whole}, whole, bitwise<0>});
    all.push_back({"math.bitOr", false, {whole, whole}, whole, bitwise<1>});
    all.push_back({"math.bitXor", false, {whole, whole}, whole, bitwise<2>});
    all.push_back({"math.bitShiftLeft", false, {whole, integer}, whole, bitwise<3>});
    all.push_back({"math.bitShiftRight", false, {whole, integer}, whole, bitwise<4>});
    all.push_back({"math.bitNot", false, {whole}, whole, bit_not});
  }
}

}  // namespace lotse::cel
