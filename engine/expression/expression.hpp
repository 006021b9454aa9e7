#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>
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
    std::string name;  ///< may be dotted: `event.meta` beside `event`; the longest name that fits a path wins
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
  std::string container;  ///< CEL's namespace: in `a.b`, the name `x` means `a.b.x`, else `a.x`, else `x`
  /// Off: everything is `dyn`, and unknown names and mistaken types fail when they are reached, as CEL
  /// without its type check demands. For its conformance tests.
  bool checked = true;
};

/// Where a run finds its values. Slots are those of the Environment it was compiled with.
///
/// An answer must stay as it is, at its address, until the evaluation ends; nullptr says that there is no
/// value, and the expression then fails (has() is false). A value that must first be made is put into `made`
/// and `&made` returned.
class Activation {
 public:
  virtual ~Activation() = default;
  /// A whole variable; a record is wanted as a map with string keys.
  [[nodiscard]] virtual const Value* variable(std::uint32_t variable, Value& made) const = 0;
  /// A field of a record variable, without building the record.
  [[nodiscard]] virtual const Value* field(std::uint32_t variable, std::uint32_t field,
                                           Value& made) const = 0;
  /// `event.amount`: what an open variable holds under a key. As it is, looks into variable().
  [[nodiscard]] virtual const Value* member(std::uint32_t variable, std::string_view key, Value& made) const;
};

/// A mistake in an expression's text.
struct ExpressionError {
  std::uint32_t offset = 0;  ///< byte offset into the source, for the caret
  std::string message;       ///< "`appointmnt` is no field of `context`"
  std::string hint;          ///< "did you mean `appointment`?", or empty
  bool unfinished =
      false;  ///< the text ended where more was expected, as when YAML's flow style split it at a comma
  friend bool operator==(const ExpressionError&, const ExpressionError&) = default;
};

/// Why a run gave no value; a condition then counts as false.
struct EvaluationError {
  std::string message;  ///< "no such key: amount", "division by zero", "step limit reached"
  std::uint32_t offset = 0;
  friend bool operator==(const EvaluationError&, const EvaluationError&) = default;
};

/// Bounds of one expression; beyond them compile() or evaluate() fails with a message that names the bound.
struct ExpressionLimits {
  std::uint32_t source_bytes = 8192;
  std::uint32_t depth = 64;  ///< nesting of the syntax tree
  std::uint32_t nodes = 2048;
  std::uint32_t steps = 100'000;       ///< of one evaluation; comprehensions and copied bytes count
  std::uint32_t fold_steps = 100'000;  ///< of compiling, for what depends on no input; 0: nothing is folded
};

/// A compiled, type-checked CEL expression (https://cel.dev, language definition v0.x; what is left out is
/// listed in docs/expressions.md). Immutable and cheap to copy; evaluation is safe from several threads.
class Expression {
 public:
  /// All mistakes at once, in order of their offset. int, uint and double mix in arithmetic and comparison.
  [[nodiscard]] static tl::expected<Expression, std::vector<ExpressionError>> compile(
      std::string_view source, const Environment& environment, const ExpressionLimits& limits = {});

  [[nodiscard]] tl::expected<Value, EvaluationError> evaluate(const Activation& activation) const;

  /// Whether it holds as a condition; nothing where it fails or gives no boolean (evaluate() says why). Makes
  /// no text of the failure and copies no result: for the hot path.
  [[nodiscard]] std::optional<bool> holds(const Activation& activation) const;

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
    bool only_asked = false;  ///< by has(): its absence is no failure
    friend bool operator==(const Reference&, const Reference&) = default;
  };
  [[nodiscard]] const std::vector<Reference>& references() const;
  /// The value when it is the same for every activation: a literal, folded arithmetic, `x || true`. A
  /// condition with a constant is always true or always false. Nothing otherwise.
  [[nodiscard]] const std::optional<Value>& constant() const;

  struct Program;  ///< the implementation's

 private:
  explicit Expression(std::shared_ptr<const Program> program) : program_(std::move(program)) {}
  std::shared_ptr<const Program> program_;
};

}  // namespace lotse
