#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "engine/expression/value.hpp"

namespace lotse {

/// The static types of CEL, as far as journeys need them. `dyn` is known only at run time.
enum class TypeKind : std::uint8_t {
  dyn,
  null,
  boolean,
  integer,
  unsigned_integer,
  floating,
  string,
  bytes,
  timestamp,
  duration,
  list,
  map,
  type,
};
struct Type {
  TypeKind kind = TypeKind::dyn;
  std::vector<Type> of;  ///< list: {element}; map: {key, value}; else empty (unknown parts are dyn)
  friend bool operator==(const Type&, const Type&) = default;
};
[[nodiscard]] std::string describe(const Type& type);  ///< `list(string)`

/// What an expression may name.
struct Environment {
  struct Field {
    std::string name;
    Type type;
  };
  struct Variable {
    std::string name;
    Type type;
    /// Of a record: its fields by slot. `context.plan` then compiles to a slot, an unknown field is an error
    /// with the nearest name. Left empty for anything else; a `dyn` variable without fields is open
    /// (`event`).
    std::vector<Field> fields;
    bool record = false;
  };
  std::vector<Variable> variables;
  /// Put before the message when a variable that is known but not offered here is used: {"event", "a delay
  /// has no event"}.
  std::vector<std::pair<std::string, std::string>> absent;
};

/// Where a run finds its values. Slots are those of the Environment it was compiled with.
class Activation {
 public:
  virtual ~Activation() = default;
  /// The whole variable; nothing if it has no value (the expression then fails).
  [[nodiscard]] virtual std::optional<Value> variable(std::uint32_t variable) const = 0;
  /// A field of a record variable, without building the record.
  [[nodiscard]] virtual std::optional<Value> field(std::uint32_t variable, std::uint32_t field) const = 0;
};

/// A mistake in an expression's text.
struct ExpressionError {
  std::uint32_t offset = 0;  ///< byte offset into the source, for the caret
  std::string message;       ///< "`appointmnt` is no field of `context`"
  std::string hint;          ///< "did you mean `appointment`?", or empty
  friend bool operator==(const ExpressionError&, const ExpressionError&) = default;
};

/// Why a run gave no value; a condition then counts as false.
struct EvaluationError {
  std::string message;  ///< "no such key: amount", "division by zero", "step limit reached"
  std::uint32_t offset = 0;
};

/// Bounds of one expression; beyond them compile() or evaluate() fails with a message that names the bound.
struct ExpressionLimits {
  std::uint32_t source_bytes = 8192;
  std::uint32_t depth = 64;  ///< nesting of the syntax tree
  std::uint32_t nodes = 2048;
  std::uint32_t steps = 100'000;  ///< of one evaluation; comprehensions and copied bytes count
};

/// A compiled, type-checked CEL expression (https://cel.dev, language definition v0.x; what is left out is
/// listed in docs/expressions.md). Immutable and cheap to copy; evaluation is safe from several threads.
class Expression {
 public:
  /// All mistakes at once, in order of their offset. int, uint and double mix in arithmetic and comparison.
  [[nodiscard]] static tl::expected<Expression, std::vector<ExpressionError>> compile(
      std::string_view source, const Environment& environment, const ExpressionLimits& limits = {});

  [[nodiscard]] tl::expected<Value, EvaluationError> evaluate(const Activation& activation) const;

  [[nodiscard]] const std::string& source() const;
  [[nodiscard]] const Type& type() const;  ///< the checker's result

  /// Each variable, or field of a record or open variable, that the text reads: `context.plan`,
  /// `event.amount`. For an open variable `field` is empty and `name` holds the selected key (empty when the
  /// variable is used whole).
  struct Reference {
    std::uint32_t variable;
    std::optional<std::uint32_t> field;
    std::string name;
    std::uint32_t offset;
    friend bool operator==(const Reference&, const Reference&) = default;
  };
  [[nodiscard]] const std::vector<Reference>& references() const;
  /// The value when it is the same for every activation (a literal, folded arithmetic); nothing otherwise.
  [[nodiscard]] const std::optional<Value>& constant() const;

  struct Program;  ///< the implementation's

 private:
  explicit Expression(std::shared_ptr<const Program> program) : program_(std::move(program)) {}
  std::shared_ptr<const Program> program_;
};

}  // namespace lotse
