#include "engine/expression/types.hpp"

#include <fmt/format.h>

#include <utility>

namespace lotse {

std::string describe(const Type& type) {
  const auto element = [&](std::size_t i) { return describe(cel::part(type, i)); };
  switch (type.kind) {
    case TypeKind::dyn:
      return "dyn";
    case TypeKind::null:
      return "null";
    case TypeKind::boolean:
      return "bool";
    case TypeKind::integer:
      return "int";
    case TypeKind::unsigned_integer:
      return "uint";
    case TypeKind::floating:
      return "double";
    case TypeKind::string:
      return "string";
    case TypeKind::bytes:
      return "bytes";
    case TypeKind::timestamp:
      return "timestamp";
    case TypeKind::duration:
      return "duration";
    case TypeKind::list:
      return cel::part(type, 0).kind == TypeKind::dyn ? "list" : fmt::format("list({})", element(0));
    case TypeKind::map:
      if (cel::part(type, 0).kind == TypeKind::dyn && cel::part(type, 1).kind == TypeKind::dyn) return "map";
      return fmt::format("map({}, {})", element(0), element(1));
    case TypeKind::type:
      return "type";
  }
  return {};
}

}  // namespace lotse

namespace lotse::cel {

Type list_of(Type element) { return {TypeKind::list, {std::move(element)}}; }
Type map_of(Type key, Type value) { return {TypeKind::map, {std::move(key), std::move(value)}}; }

Type part(const Type& type, std::size_t i) { return i < type.of.size() ? type.of[i] : Type{}; }

bool is_number(const Type& type) {
  return type.kind == TypeKind::integer || type.kind == TypeKind::unsigned_integer ||
         type.kind == TypeKind::floating;
}

bool assignable(const Type& from, const Type& to) {
  if (is(from, TypeKind::dyn) || is(to, TypeKind::dyn)) return true;
  if (from.kind != to.kind) return false;
  return assignable(part(from, 0), part(to, 0)) && assignable(part(from, 1), part(to, 1));
}

Type join(const Type& a, const Type& b) {
  if (a.kind != b.kind) return dynamic();
  if (a.kind == TypeKind::list) return list_of(join(part(a, 0), part(b, 0)));
  if (a.kind == TypeKind::map) return map_of(join(part(a, 0), part(b, 0)), join(part(a, 1), part(b, 1)));
  return a;
}

bool comparable(const Type& a, const Type& b) {
  if (is(a, TypeKind::dyn) || is(b, TypeKind::dyn) || is(a, TypeKind::null) || is(b, TypeKind::null))
    return true;
  return a.kind == b.kind || (is_number(a) && is_number(b));
}

bool ordered(const Type& a, const Type& b) {
  const auto has_order = [](const Type& type) {
    return type.kind != TypeKind::list && type.kind != TypeKind::map && type.kind != TypeKind::null &&
           type.kind != TypeKind::type;
  };
  return has_order(a) && has_order(b) && comparable(a, b);
}

namespace {

std::optional<Type> sum_type(const Type& a, const Type& b) {
  const Type& known = is(a, TypeKind::dyn) ? b : a;
  const Type& other = is(a, TypeKind::dyn) ? a : b;
  switch (known.kind) {
    case TypeKind::string:
    case TypeKind::bytes:
      if (may_be(other, known.kind)) return known;
      return std::nullopt;
    case TypeKind::list:
      if (is(other, TypeKind::dyn)) return list_of(dynamic());
      if (is(other, TypeKind::list)) return join(known, other);
      return std::nullopt;
    case TypeKind::timestamp:
      if (may_be(other, TypeKind::duration)) return known;
      return std::nullopt;
    case TypeKind::duration:
      if (is(other, TypeKind::dyn)) return dynamic();
      if (is(other, TypeKind::duration) || is(other, TypeKind::timestamp)) return other;
      return std::nullopt;
    default:
      return std::nullopt;
  }
}

std::optional<Type> difference_type(const Type& a, const Type& b) {
  if (is(a, TypeKind::duration) && may_be(b, TypeKind::duration)) return a;
  if (is(a, TypeKind::timestamp) && is(b, TypeKind::timestamp)) return type_of(TypeKind::duration);
  if (is(a, TypeKind::timestamp) && is(b, TypeKind::duration)) return a;
  const bool open = is(a, TypeKind::dyn) || is(b, TypeKind::dyn);
  const auto may_subtract = [](const Type& type) {
    return is(type, TypeKind::dyn) || is(type, TypeKind::timestamp) || is(type, TypeKind::duration);
  };
  if (open && may_subtract(a) && may_subtract(b)) return dynamic();
  return std::nullopt;
}

}  // namespace

std::optional<Type> arithmetic_type(Op op, const Type& a, const Type& b) {
  const auto may_be_number = [](const Type& type) { return is(type, TypeKind::dyn) || is_number(type); };
  const bool floats = is(a, TypeKind::floating) || is(b, TypeKind::floating);
  if (op == Op::modulo && floats) return std::nullopt;
  if (is_number(a) && is_number(b)) {
    if (floats) return type_of(TypeKind::floating);
    return a.kind == b.kind ? a : type_of(TypeKind::integer);
  }
  if (may_be_number(a) && may_be_number(b)) {
    return floats ? type_of(TypeKind::floating) : dynamic();
  }
  if (op == Op::add) return sum_type(a, b);
  if (op == Op::subtract) return difference_type(a, b);
  return std::nullopt;
}

std::string with_article(const Type& type) {
  const bool vowel = type.kind == TypeKind::integer;
  if (is(type, TypeKind::null)) return "null";
  return fmt::format("{} {}", vowel ? "an" : "a", describe(type));
}

}  // namespace lotse::cel
