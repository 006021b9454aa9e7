#pragma once

#include <optional>
#include <string>

#include "engine/expression/expression.hpp"
#include "engine/expression/program.hpp"

/// The rules of the static types.
namespace lotse::cel {

[[nodiscard]] inline Type type_of(TypeKind kind) { return {kind, {}}; }
[[nodiscard]] inline Type dynamic() { return {}; }
[[nodiscard]] Type list_of(Type element);
[[nodiscard]] Type map_of(Type key, Type value);

/// Type argument `i` of a list or map; dyn where it is unknown.
[[nodiscard]] Type part(const Type& type, std::size_t i);
[[nodiscard]] bool is_number(const Type& type);
[[nodiscard]] inline bool is(const Type& type, TypeKind kind) { return type.kind == kind; }
/// The kind, or dyn that may turn out to be.
[[nodiscard]] inline bool may_be(const Type& type, TypeKind kind) {
  return type.kind == kind || type.kind == TypeKind::dyn;
}
/// A value of type `from` may be used where `to` is wanted.
[[nodiscard]] bool assignable(const Type& from, const Type& to);
/// The type of what is one or the other: itself where they agree, else dyn.
[[nodiscard]] Type join(const Type& a, const Type& b);
/// False where `==` of the two can never be true; null is allowed with everything.
[[nodiscard]] bool comparable(const Type& a, const Type& b);
[[nodiscard]] bool ordered(const Type& a, const Type& b);
/// The result of `+ - * / %`; nothing where no overload fits.
[[nodiscard]] std::optional<Type> arithmetic_type(Op op, const Type& a, const Type& b);
/// "a string", "an int", "a list(int)"
[[nodiscard]] std::string with_article(const Type& type);

}  // namespace lotse::cel
